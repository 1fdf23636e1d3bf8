package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
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
  void goesBackWithItsArena() {
    NativeMemory root = new NativeMemory(budget, Arena::ofAuto);
    try (Arena arena = Arena.ofShared()) {
      NativeMemory memory = root.in(arena);
      memory.allocate(100);
      memory.allocate(3 * MB + 1);
      memory.allocate(40 * MB);
      assertThat(budget.taken()).isEqualTo(128 + 3 * MB + 64 + 40 * MB);
    }
    assertThat(budget.taken()).isZero();
  }

  @Test
  void refusesAClosedArenaAndTakesNothing() {
    Arena arena = Arena.ofShared();
    arena.close();
    NativeMemory memory = new NativeMemory(budget, () -> arena);
    assertThatThrownBy(() -> memory.allocate(100)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> memory.allocate(40 * MB)).isInstanceOf(IllegalStateException.class);
    assertThat(budget.taken()).isZero();
  }

  @Test
  void refusesMoreThanTheMachineHas() {
    try (Arena arena = Arena.ofShared()) {
      NativeMemory memory = new NativeMemory(budget, () -> arena);
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
    NativeMemory memory = new NativeMemory(budget, Arena::ofAuto);
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
