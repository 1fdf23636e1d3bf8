package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against the float arithmetic itself. */
class FloatStepsTest {
  private static final int COLUMNS = 2000;

  private static int expected(int sum, float factor, int zeroPoint) {
    return Math.clamp((long) Math.rint((float) sum * factor) + zeroPoint, 0, 255);
  }

  /**
   * A sum at which the floats are halfway, but for their rounding, goes where the last bit of the
   * whole number says: no multiplier does that for all. Such sums are few, and the value is the
   * next.
   */
  @Test
  void stepsAreTheFloats() {
    Random random = new Random(1);
    float[] factors = new float[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
      factors[i] = (float) Math.exp(-9 * random.nextDouble() - 0.1);
    }
    for (int zeroPoint : new int[] {0, 96, 255}) {
      Requantization floats = Requantization.ofFloats(factors, zeroPoint, 0, 255);
      Requantization nearest = Requantization.of(doubles(factors), zeroPoint, 0, 255).singly();
      int others = 0;
      int nearestOthers = 0;
      for (int i = 0; i < COLUMNS; i++) {
        for (int n = -zeroPoint; n < 255 - zeroPoint; n++) {
          int near = (int) Math.round((n + 0.5) / factors[i]);
          for (int sum = near - 2; sum <= near + 2; sum++) {
            int value = expected(sum, factors[i], zeroPoint);
            assertThat(floats.apply(sum, i)).isBetween(value - 1, value + 1);
            others += value == floats.apply(sum, i) ? 0 : 1;
            nearestOthers += value == nearest.apply(sum, i) ? 0 : 1;
          }
        }
      }
      assertThat(others).isLessThan(nearestOthers).isLessThan(COLUMNS);
    }
  }

  private static double[] doubles(float[] floats) {
    double[] doubles = new double[floats.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }
}
