package io.github.mobilenet4j.image;

/**
 * What happens along one side of a picture: {@code length} of its pixels from {@code start} on are
 * resized to {@code size} pixels, of which {@code count} from {@code from} on are kept. Only these
 * are computed.
 *
 * @param size may be larger than any array, as long as {@code count} is not
 */
record Axis(int start, int length, long size, long from, int count) {
  /** All of the side to {@code size} pixels. */
  static Axis whole(int length, int size) {
    return new Axis(0, length, size, 0, size);
  }

  /** All of the side to {@code size} pixels, of which the middle {@code count} are kept. */
  static Axis centred(int length, long size, int count) {
    return new Axis(0, length, size, (size - count) / 2, count);
  }

  /** Input pixels an output pixel. */
  double scale() {
    return (double) length / size;
  }
}
