package io.github.mobilenet4j.evaluation;

/** The range that a share lies in with 95 % confidence, after what was counted. */
public record Interval(double low, double high) {
  private static final double Z = 1.959963984540054;

  /**
   * Returns Wilson's score interval (E. B. Wilson, Probable inference, the law of succession, and
   * statistical inference, 1927), which is sound for few pictures and for shares near 0 and 1 too.
   *
   * @param hits how many of n, 0 to n
   * @param n ≥ 1
   */
  public static Interval wilson(int hits, int n) {
    double share = (double) hits / n;
    double scale = 1 + Z * Z / n;
    double centre = (share + Z * Z / (2.0 * n)) / scale;
    double half = Z / scale * Math.sqrt(share * (1 - share) / n + Z * Z / (4.0 * n * n));
    return new Interval(Math.max(0, centre - half), Math.min(1, centre + half));
  }
}
