package io.github.mobilenet4j.data;

import static io.github.mobilenet4j.random.SplitMix64.GOLDEN_GAMMA;
import static io.github.mobilenet4j.random.SplitMix64.fraction;
import static io.github.mobilenet4j.random.SplitMix64.mix;

/** Random numbers that are the same everywhere and for ever: a function of a key. */
final class RandomStream {
  private long state;

  /**
   * @param key what the numbers are a function of; the order counts
   */
  RandomStream(long... key) {
    for (long part : key) {
      state = mix(state + GOLDEN_GAMMA) ^ part;
    }
    state = mix(state + GOLDEN_GAMMA);
  }

  private long next() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** Returns a number in [low, high). */
  double uniform(double low, double high) {
    return low + (high - low) * fraction(next());
  }

  /** Returns true as often as {@code probability} says. */
  boolean chance(double probability) {
    return uniform(0, 1) < probability;
  }

  /** Returns a whole number from 0 to {@code bound − 1}. */
  int below(int bound) {
    return (int) ((next() >>> 32) * bound >>> 32);
  }

  /** Puts the numbers into any order, each as likely as the others. */
  void shuffle(int[] values) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = below(i + 1);
      int value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  /**
   * Returns a number of the distribution Beta(alpha, alpha), in [0, 1], by Jöhnk's method.
   *
   * @param alpha in [0.05, 8]: below, powers underflow; above, few tries succeed
   */
  double beta(double alpha) {
    while (true) {
      double x = StrictMath.pow(uniform(0, 1), 1 / alpha);
      double y = StrictMath.pow(uniform(0, 1), 1 / alpha);
      if (x + y > 0 && x + y <= 1) {
        return x / (x + y);
      }
    }
  }
}
