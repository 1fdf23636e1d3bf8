package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.network.Shape;

/**
 * How the activations of a picture lie in memory: {@code [height + 2, width + 2, pixel]},
 * surrounded by a halo of zeros that nobody writes to. Padding is then an ordinary read.
 *
 * @param shape without the halo
 * @param pixel floats from a pixel to its right neighbour, ≥ channels
 */
record Halo(Shape shape, int pixel) {
  /** Returns the layout of an operator's output: channels in whole groups. */
  static Halo of(Shape shape) {
    return new Halo(shape, Channels.pixelStride(shape.channels()));
  }

  /** Returns floats from a pixel to the one below. */
  int row() {
    return (shape.width() + 2) * pixel;
  }

  /** Returns floats of all. */
  long size() {
    return (shape.height() + 2L) * (shape.width() + 2L) * pixel;
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
