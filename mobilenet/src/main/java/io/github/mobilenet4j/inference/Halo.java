package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.network.Shape;

/**
 * How the activations of a batch lie in memory: {@code [n, height + 2, width + 2, pixel]}, pictures
 * surrounded by a halo of zeros that nobody writes to. Padding is then an ordinary read.
 *
 * @param shape of one picture, without the halo
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

  /** Returns floats of one picture. */
  int image() {
    return (shape.height() + 2) * row();
  }

  /** Returns where a pixel's first channel is; row and column may be −1 or one past the end. */
  int at(int n, int row, int column) {
    return n * image() + (row + 1) * row() + (column + 1) * pixel;
  }

  int groups() {
    return Channels.groups(shape.channels());
  }
}
