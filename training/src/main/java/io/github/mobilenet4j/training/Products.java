package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.PackedMatrix;

/** Matrix products over all panels of columns. */
record Products(Kernels kernels) {
  /** Pixels whose panel of columns stays in the first-level cache. */
  private static final int PIXELS_AT_ONCE = 128;

  /**
   * {@code y = a · b + bias}.
   *
   * @param segments runs of values that make up a pixel of a, {@code aSegment} apart
   */
  void multiply(
      Floats a,
      int aOffset,
      int aPixel,
      int segments,
      int aSegment,
      PackedMatrix b,
      Floats y,
      int yOffset,
      int yPixel,
      int pixels) {
    for (int panel = 0; panel < b.panels(); panel++) {
      multiply(a, aOffset, aPixel, segments, aSegment, b, panel, y, yOffset, yPixel, pixels);
    }
  }

  /** The same for one panel. */
  void multiply(
      Floats a,
      int aOffset,
      int aPixel,
      int segments,
      int aSegment,
      PackedMatrix b,
      int panel,
      Floats y,
      int yOffset,
      int yPixel,
      int pixels) {
    kernels.multiply(
        a,
        aOffset,
        aPixel,
        segments,
        aSegment,
        b,
        panel,
        y,
        yOffset,
        yPixel,
        0,
        pixels,
        pixels,
        Float.NEGATIVE_INFINITY,
        Float.POSITIVE_INFINITY);
  }

  /**
   * {@code y += aᵀ · b}.
   *
   * @param rows values of a pixel of a
   * @param columns values of a pixel of b and of a row of y, whole groups
   */
  void addTransposed(
      Floats a,
      int aOffset,
      int aPixel,
      int rows,
      Floats b,
      int bOffset,
      int bPixel,
      int columns,
      Floats y,
      int yOffset,
      int yRow,
      int pixels) {
    int most = kernels.panelColumns(columns);
    for (int column = 0; column < columns; column += most) {
      int groups = Channels.groups(Math.min(most, columns - column));
      for (int pixel = 0; pixel < pixels; pixel += PIXELS_AT_ONCE) {
        kernels
            .training()
            .multiplyTransposed(
                a,
                aOffset + pixel * aPixel,
                aPixel,
                rows,
                b,
                bOffset + pixel * bPixel + column,
                bPixel,
                groups,
                y,
                yOffset + column,
                yRow,
                Math.min(PIXELS_AT_ONCE, pixels - pixel));
      }
    }
  }
}
