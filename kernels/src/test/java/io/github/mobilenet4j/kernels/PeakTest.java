package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeakTest {
  /** More than any processor has: units that multiply and add, and cycles in a nanosecond. */
  private static final int UNITS = 4;

  private static final int GIGAHERTZ = 7;

  private static final int MULTIPLY_ADDS = 1_000_000;

  /**
   * The processor that runs the test is the measure: each lane of a vector does more than one sum
   * does whose every addition waits for the one before, and no more than all units together.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void isBetweenASumThatWaitsAndAllThatUnitsCanDo(int threads) {
    int bits = KernelChoice.current().kernels().vectorBits();
    // The JIT compiler may put plain loops on vectors, of 512 bits at most.
    int fewest = Math.max(1, bits / Float.SIZE);
    int most = bits == 0 ? 512 / Float.SIZE : fewest;
    double least = fewest * waiting();
    double peak = Peak.gigaflops(threads);
    // On a busy machine the JIT compiler may come to the Vector API's loop late.
    for (int more = 0; peak < least && more < 40; more++) {
      peak = Peak.gigaflops(threads);
    }
    assertThat(peak).isBetween(least, 2.0 * most * UNITS * GIGAHERTZ * threads);
  }

  /** Returns 10⁹ floating point operations a second of one sum: the best of some rounds. */
  private static double waiting() {
    double best = 0;
    for (int round = 0; round < 40; round++) {
      long start = System.nanoTime();
      float sum = 0;
      for (int i = 0; i < MULTIPLY_ADDS; i++) {
        sum = Math.fma(1e-3f, sum, 1e-3f);
      }
      long nanos = System.nanoTime() - start;
      // Without a use of the sum C2 would leave out the loop.
      best = Math.max(best, sum > 0 ? 2.0 * MULTIPLY_ADDS / nanos : Double.NaN);
    }
    return best;
  }

  @Test
  void needsAThread() {
    assertThatThrownBy(() -> Peak.gigaflops(0)).isInstanceOf(IllegalArgumentException.class);
  }

  /** No instruction for small values does more than 64 times what a vector of floats does. */
  @Test
  void smallValuesHaveTheirOwn() {
    assumeTrue(
        KernelChoice.current().kernels() instanceof MachineCodeKernels,
        "skipped: no machine code here");
    double floats = Peak.gigaflops(1);
    assertThat(Peak.int8(1)).isBetween(0.2 * floats, 64 * floats);
    assertThat(Peak.bfloat16(1)).isBetween(0.2 * floats, 64 * floats);
  }
}
