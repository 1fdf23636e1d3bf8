package io.github.mobilenet4j.data;

import java.util.Optional;

/** A rectangle of pixels within a picture. */
record Box(int top, int left, int height, int width) {
  private static final int TRIES = 10;

  /**
   * Returns a rectangle of any place, of an area between {@code minScale} and {@code maxScale} of
   * the picture's and of a width between 1/maxRatio and maxRatio of its height; nothing where ten
   * such did not fit.
   */
  static Optional<Box> random(
      int rows,
      int columns,
      double minScale,
      double maxScale,
      double maxRatio,
      RandomStream random) {
    double logRatio = StrictMath.log(maxRatio);
    for (int i = 0; i < TRIES; i++) {
      double area = (double) rows * columns * random.uniform(minScale, maxScale);
      double ratio = StrictMath.exp(random.uniform(-logRatio, logRatio));
      int width = (int) Math.rint(Math.sqrt(area * ratio));
      int height = (int) Math.rint(Math.sqrt(area / ratio));
      if (width >= 1 && width <= columns && height >= 1 && height <= rows) {
        int top = random.below(rows - height + 1);
        return Optional.of(new Box(top, random.below(columns - width + 1), height, width));
      }
    }
    return Optional.empty();
  }

  /** Returns the largest rectangle in the middle of a picture that is not flatter or slimmer. */
  static Box middle(int rows, int columns, double maxRatio) {
    int width = (int) Math.rint(Math.min(rows * maxRatio, columns));
    int height = (int) Math.rint(Math.min(columns * maxRatio, rows));
    return new Box((rows - height) / 2, (columns - width) / 2, height, width);
  }
}
