package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.network.Shape;

/**
 * How the activations of a picture lie in memory: {@code [height + 2, width + 2, pixel]},
 * surrounded by a halo that nobody writes to, of what stands for 0. Padding is then an ordinary
 * read.
 *
 * @param shape without the halo
 * @param pixel values from a pixel to its right neighbour, ≥ channels
 * @param valueBytes the bytes of a value
 * @param border what all bytes of the halo are
 */
record Halo(Shape shape, int pixel, int valueBytes, int border) {
  /** Returns the layout of an operator's output in floats: channels in whole groups. */
  static Halo of(Shape shape) {
    return new Halo(shape, Channels.pixelStride(shape.channels()), Float.BYTES, 0);
  }

  /**
   * Returns the layout of an operator's output in bytes: channels in whole groups.
   *
   * @param zeroPoint the byte that stands for 0
   */
  static Halo ofBytes(Shape shape, int zeroPoint) {
    return new Halo(shape, bytePixel(shape.channels()), Byte.BYTES, zeroPoint);
  }

  /** Returns the distance of pixels of bytes; as {@link Channels#pixelStride} for floats. */
  static int bytePixel(int channels) {
    int padded = Channels.padded(channels);
    return padded % 1024 == 0 ? padded + 64 : padded;
  }

  /** Returns values from a pixel to the one below. */
  int row() {
    return (shape.width() + 2) * pixel;
  }

  /** Returns the floats that have as many bytes as all values. */
  long floats() {
    long bytes = (shape.height() + 2L) * (shape.width() + 2L) * pixel * valueBytes;
    return (bytes + Float.BYTES - 1) / Float.BYTES;
  }

  /** Returns where a pixel's first channel is; row and column may be −1 or one past the end. */
  int at(int row, int column) {
    return (row + 1) * row() + (column + 1) * pixel;
  }

  /** Returns the same for kernels. */
  Layout layout() {
    return new Layout(pixel, row(), shape.width());
  }

  int groups() {
    return Channels.groups(shape.channels());
  }
}
