package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PeakTest {
  @Test
  void isThatOfAProcessor() {
    // A processor of the year 2000 without vectors, and four times the widest of 2026.
    assertThat(Peak.gigaflops(1)).isBetween(0.1, 4000.0);
    assertThat(Peak.gigaflops(2)).isBetween(0.1, 8000.0);
  }

  @Test
  void needsAThread() {
    assertThatThrownBy(() -> Peak.gigaflops(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
