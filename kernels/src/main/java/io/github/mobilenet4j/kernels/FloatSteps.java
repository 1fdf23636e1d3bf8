package io.github.mobilenet4j.kernels;

/**
 * At which sums the product with a float32, rounded with halves to even, goes from a whole number
 * to the next; and the multipliers whose products go there too.
 *
 * @param factor &gt; 0
 * @param count bits behind the point of {@code sum · multiplier}
 */
record FloatSteps(float factor, int count) {
  /**
   * Returns a multiplier for which all steps are the float's, or most if there is none.
   *
   * @param nearest the factor's, from which it is not far
   * @param low the least whole number that counts
   * @param high the greatest
   */
  int multiplier(int nearest, int low, int high) {
    long least = 1;
    long most = Integer.MAX_VALUE;
    for (int below = low; below < high; below++) {
      long sum = first(below);
      if (Math.abs(sum) >= Integer.MAX_VALUE) {
        continue;
      }
      // The product with this sum has to reach it, and that with the one before may not.
      double half = Math.scalb(below + 0.5, count);
      long atLeast = least;
      long atMost = most;
      if (sum > 0) {
        atLeast = Math.max(least, ceil(half, sum));
        atMost = sum == 1 ? most : Math.min(most, ceil(half, sum - 1) - 1);
      } else {
        atLeast = Math.max(least, (long) Math.floor(half / (sum - 1)) + 1);
        atMost = sum == 0 ? most : Math.min(most, (long) Math.floor(half / sum));
      }
      if (atLeast <= atMost) {
        least = atLeast;
        most = atMost;
      }
    }
    return (int) Math.clamp(nearest, least, most);
  }

  private static long ceil(double dividend, long divisor) {
    return (long) Math.ceil(dividend / divisor);
  }

  /** Returns the least sum of which the product is rounded to more than a whole number. */
  private long first(int below) {
    double estimate = Math.ceil((below + 0.5) / factor);
    if (Math.abs(estimate) >= Integer.MAX_VALUE) {
      return (long) estimate;
    }
    long sum = (long) estimate;
    while (Math.rint((float) (int) sum * factor) <= below) {
      sum++;
    }
    while (Math.rint((float) (int) (sum - 1) * factor) > below) {
      sum--;
    }
    return sum;
  }
}
