package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BarTest {
  @ParameterizedTest
  @CsvSource({"0, ''", "1, ████", "2, ████", "-1, ''", "0.5, ██", "0.03125, ▏", "0.46875, █▉"})
  void isAnEighthOfACharacterFine(double share, String bar) {
    assertThat(Bar.of(share, 4)).isEqualTo(bar);
  }
}
