package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InitializationTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).classes(7).build();

  @ParameterizedTest
  @EnumSource
  void batchNormBeginsAsTheIdentity(Initialization initialization) {
    Weights weights = initialization.weights(NETWORK, 1);
    for (Parameter p : NETWORK.parameters()) {
      if (p.role() != Role.KERNEL) {
        float value = p.role() == Role.GAMMA || p.role() == Role.VARIANCE ? 1 : 0;
        assertThat(weights.get(p)).containsOnly(value);
      }
    }
  }

  @Test
  void aParameterDependsOnSeedNameAndShapeOnly() {
    Parameter block = NETWORK.blocks().get(12).pointwise().parameters().getFirst();
    MobileNetV1 other = NETWORK.toBuilder().classes(100).build();
    assertThat(Initialization.HE.weights(other, 1).get(block))
        .isEqualTo(Initialization.HE.values(block, 1))
        .isNotEqualTo(Initialization.HE.values(block, 2));
    Parameter before = NETWORK.blocks().get(11).pointwise().parameters().getFirst();
    assertThat(Initialization.HE.values(before, 1)[0])
        .isNotEqualTo(Initialization.HE.values(block, 1)[0]);
  }

  /** 65,536 values: a sample's deviation is off by less than 1 % with all but certainty. */
  @Test
  void stds() {
    Parameter kernel = NETWORK.blocks().get(12).pointwise().parameters().getFirst();
    assertThat(std(Initialization.HE.values(kernel, 1)))
        .isCloseTo(Math.sqrt(2.0 / 256), within(1e-3));
    float[] truncated = Initialization.TRUNCATED_NORMAL.values(kernel, 1);
    for (float value : truncated) {
      assertThat(Math.abs(value)).isLessThanOrEqualTo(0.18f);
    }
    // A normal distribution cut at two deviations keeps 0.8796 of its deviation.
    assertThat(std(truncated)).isCloseTo(0.09 * 0.8796, within(1e-3));
  }

  private static double std(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += value * value;
    }
    return Math.sqrt(squares / values.length);
  }
}
