package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.WidthRounding;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class WidthMultiplierTest {
  @ParameterizedTest
  @CsvSource({"1, 1", "0.75, 0.75", "0.5, 0.5", "0.25, 0.25", "0.3, 0.3", "1.4, 1.4", "2, 2"})
  void findsTheUsualOnes(double alpha, double expected) {
    assertThat(fit(alpha, WidthRounding.FLOOR_MIN_8).widthMultiplier()).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource
  void findsTheSameChannelsForAny(WidthRounding rounding) {
    for (double alpha = 0.013; alpha < 2; alpha += 0.0371) {
      MobileNetV1 network = MobileNetV1.builder().widthMultiplier(alpha).rounding(rounding).build();
      assertThat(channels(fit(alpha, rounding))).as("%s", alpha).isEqualTo(channels(network));
    }
  }

  private static MobileNetV1 fit(double alpha, WidthRounding rounding) {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(alpha).rounding(rounding).build();
    return WidthMultiplier.fit(MobileNetV1.builder(), channels(network), network.features());
  }

  private static List<Integer> channels(MobileNetV1 network) {
    return WidthMultiplier.layers(network).stream().map(l -> l.out().channels()).toList();
  }
}
