package io.github.mobilenet4j.network;

/**
 * Rows, columns and channels of one picture's activation, stored as {@code [height, width,
 * channels]}.
 */
public record Shape(int height, int width, int channels) {
  /** Returns the number of values. */
  public long size() {
    return (long) height * width * channels;
  }

  /** Returns height × width. */
  public long area() {
    return (long) height * width;
  }

  @Override
  public String toString() {
    return height + "×" + width + "×" + channels;
  }
}
