package io.github.mobilenet4j.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WidthRoundingTest {
  @ParameterizedTest
  @CsvFileSource(resources = "/golden/widths.csv", useHeadersInDisplayName = true)
  void nearest8IsTimms(int channels, double alpha, int width) {
    assertThat(WidthRounding.NEAREST_8.apply(channels, alpha)).isEqualTo(width);
  }

  @ParameterizedTest
  @CsvSource({"32, 0.1, 8", "32, 0.3, 9", "128, 0.3, 38", "1024, 0.3, 307", "64, 1.3, 83"})
  void floorMin8(int channels, double alpha, int width) {
    assertThat(WidthRounding.FLOOR_MIN_8.apply(channels, alpha)).isEqualTo(width);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.25, 0.5, 0.75, 1})
  void bothAgreeAtThePapersMultipliers(double alpha) {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(alpha).build();
    assertThat(network.toBuilder().rounding(WidthRounding.NEAREST_8).build().layers())
        .isEqualTo(network.layers());
  }
}
