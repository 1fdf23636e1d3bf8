package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {
  private static final long MB = 1L << 20;

  private final NativeMemory.Budget budget = new NativeMemory.Budget();

  @BeforeEach
  void onLinuxOnly() {
    boolean here =
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64");
    assumeTrue(here, "skipped: only Linux on x86-64 has machine code");
  }

  @Test
  void goesBackWithItsRegion() {
    NativeMemory root = new NativeMemory(budget);
    try (Region region = new Region()) {
      NativeMemory memory = root.in(region);
      memory.allocate(100);
      memory.allocate(3 * MB + 1);
      memory.allocate(40 * MB);
      assertThat(budget.taken()).isEqualTo(128 + 3 * MB + 64 + 40 * MB);
    }
    assertThat(budget.taken()).isZero();
  }

  @Test
  void refusesAClosedRegionAndTakesNothing() {
    Region region = new Region();
    NativeMemory memory = new NativeMemory(budget).in(region);
    Buffer floats = Buffer.in(memory, 16);
    floats.set(0, new float[16], 0, 16);
    region.close();
    region.close();
    assertThat(region.isOpen()).isFalse();
    assertThatThrownBy(() -> memory.allocate(40 * MB)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> memory.allocate(8)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> floats.set(0, new float[16], 0, 16))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> floats.get(0, new float[16], 0, 16))
        .isInstanceOf(IllegalStateException.class);
    assertThat(budget.taken()).isZero();
  }

  @Test
  void refusesMoreThanTheMachineHas() {
    try (Region region = new Region()) {
      NativeMemory memory = new NativeMemory(budget).in(region);
      memory.allocate(MB);
      assertThatThrownBy(() -> memory.allocate(1L << 46))
          .isInstanceOf(OutOfMemoryError.class)
          .hasMessageMatching("native memory: 67108864 MB asked for, 1 of [0-9]+ MB taken");
      assertThat(budget.taken()).isEqualTo(MB);
    }
  }

  /** The garbage collector sees two objects of some bytes each time, and would never run. */
  @Test
  void whatNobodyCanReachIsCollectedBeforeItIsMuch() throws InterruptedException {
    NativeMemory memory = new NativeMemory(budget);
    long most = 0;
    for (int i = 0; i < 40; i++) {
      memory.allocate(100 * MB);
      for (int wait = 0; wait < 100 && budget.taken() > 1000 * MB; wait++) {
        Thread.sleep(20); // what was found is given back by another thread
      }
      most = Math.max(most, budget.taken());
    }
    assertThat(most).isLessThan(1500 * MB);
  }
}
