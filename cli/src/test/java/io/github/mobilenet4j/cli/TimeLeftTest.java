package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TimeLeftTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void isWhatTheStepsSoFarSuggest() {
    TimeLeft left = new TimeLeft(SECOND, 10);
    assertThat(left.words(11 * SECOND, 20, 80)).isEqualTo("  1:00 left in all");
    assertThat(left.words(101 * SECOND, 20, 1210)).isEqualTo("  3:18:20 left in all");
    assertThat(left.words(3 * SECOND, 20, 80)).as("too early to tell").isEmpty();
    assertThat(left.words(11 * SECOND, 10, 80)).isEmpty();
    assertThat(new TimeLeft(0, 0).words(11 * SECOND, 10, 80)).isEmpty();
  }
}
