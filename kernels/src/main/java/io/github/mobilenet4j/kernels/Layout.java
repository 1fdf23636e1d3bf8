package io.github.mobilenet4j.kernels;

/**
 * How pixels lie in memory, row by row; the values of a pixel are neighbours. A description of an
 * operator, made once: where its first pixel is comes with each call.
 *
 * @param pixel distance of neighbouring pixels in a row, in values; may be 0 for what is only read
 * @param row distance of neighbouring rows, in values
 * @param columns pixels in a row, ≥ 1
 */
public record Layout(int pixel, int row, int columns) {
  /** Returns the layout of pixels that are all in one row, however many. */
  public static Layout line(int pixel) {
    return new Layout(pixel, 0, Integer.MAX_VALUE);
  }

  /** Returns the distance of a pixel, counted through the rows, from the first. */
  int at(int index) {
    return index / columns * row + index % columns * pixel;
  }

  /** Returns the distance from the end of a row to the beginning of the next. */
  long nextRow() {
    return row - (long) columns * pixel;
  }
}
