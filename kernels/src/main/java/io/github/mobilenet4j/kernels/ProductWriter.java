package io.github.mobilenet4j.kernels;

/**
 * Writes products of pixels and the panels of a matrix as functions of one instruction set. All
 * their integers have 64 bits; distances are in bytes.
 */
interface ProductWriter {
  /** Returns the bits of a vector. */
  int vectorBits();

  /** Returns the most groups of 16 columns in a panel: what leaves room for rows enough. */
  int mostPanelGroups();

  /** Returns the groups in a panel of a matrix of so many. */
  int panelGroups(int groups);

  /** Returns the most rows of a product's tile by a panel of so many groups of columns. */
  int tileRows(int groups);

  /** Returns the steps of a product's innermost loop that are written out. */
  int unroll();

  /** Returns how many steps of a segment a turn of a product's innermost loop takes: a divisor. */
  int stepsAtOnce(int steps);

  /**
   * Writes the product of tiles of so many pixels and a panel of so many groups of columns.
   *
   * <p>Arguments: a, its distance of pixels, turns of the innermost loop in a segment, segments,
   * what leads from the end of a segment to the next, b, y, its distance of pixels, what leads from
   * the end of an output row to the next, columns, columns left in the first output row, tiles,
   * bias, what to prefetch, how much of it in a turn, steps in a turn; and what the type of the
   * values needs.
   *
   * @param rows pixels, 1 to {@link #tileRows}
   */
  int multiply(int rows, int groups);

  /** Returns all code that was written. */
  byte[] code();
}
