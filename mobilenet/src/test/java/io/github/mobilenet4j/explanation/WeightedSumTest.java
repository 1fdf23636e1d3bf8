package io.github.mobilenet4j.explanation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.RandomIntegers;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WeightedSumTest {
  private static final int UNITS_A_LAYER = 60;

  static Stream<MobileNetV1> networks() {
    MobileNetV1.Builder small =
        MobileNetV1.builder().widthMultiplier(0.25).input(97, 65).classes(7);
    return Stream.of(
        small.build(),
        small.padding(Padding.SYMMETRIC).hidden(11).build(),
        small.padding(Padding.ASYMMETRIC).hidden(0).channels(1).build());
  }

  /** The sum that is written out is the value that an inference, tested by itself, computes. */
  @ParameterizedTest
  @MethodSource("networks")
  void isTheValue(MobileNetV1 network) {
    Weights weights = RandomWeights.of(network, 3);
    FeatureMaps maps = ClassActivationMapTest.maps(network, weights, noise(network));
    Weights.Folded folded = weights.folded(network);
    for (Unit unit : units(network)) {
      WeightedSum sum = WeightedSum.of(maps, folded, unit);
      assertThat(sum.activated())
          .as("%s", unit)
          .isCloseTo(sum.output(), within(1e-5 * Math.max(1, Math.abs(sum.output()))));
      assertThat(sum.inputs()).hasSameSizeAs(sum.weights());
    }
  }

  /** Of integers, the value is the sum rounded to the next step, or that is a tie. */
  @Test
  void ofIntegersIsTheValueBeforeRounding() {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.25).input(96, 64).classes(7).build();
    Weights.Quantized weights = RandomIntegers.of(network, DataType.I8, true, false);
    float[] x = noise(network);
    // What the integers of the image stand for: 2 / 255 a step, and 0 is one.
    for (int i = 0; i < x.length; i++) {
      x[i] = weights.input().real(weights.input().quantized(x[i], DataType.I8));
    }
    FeatureMaps maps = ClassActivationMapTest.maps(network, weights, x);
    Weights.Folded folded = weights.folded(network);
    for (Unit unit : units(network)) {
      WeightedSum sum = WeightedSum.of(maps, folded, unit);
      Quantization steps = weights.after(unit.layer());
      double most = steps.real(127);
      double least = steps.real(-128);
      assertThat((double) sum.output())
          .as("%s", unit)
          .isCloseTo(Math.clamp(sum.activated(), least, most), within(0.501 * steps.scale()));
    }
  }

  @Test
  void needsBothLayers() {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.25).resolution(32).build();
    Weights.Folded weights = RandomWeights.of(network, 3).folded(network);
    try (Session session = Session.of(network, weights, 1, 1)) {
      FeatureMaps maps = FeatureMaps.of(session, noise(network), List.of("block2.depthwise"));
      Layer layer = maps.layer("block2.depthwise");
      assertThat(maps.map(layer, 3)).hasSize((int) layer.out().area());
      assertThatThrownBy(() -> WeightedSum.of(maps, weights, new Unit(layer, 0, 0, 0)))
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("the output of layer block1.pointwise was not computed");
      assertThatThrownBy(() -> maps.layer("block2.pointy"))
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("no layer block2.pointy");
      assertThatThrownBy(() -> maps.map(layer, 16))
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("channel 16");
    }
  }

  private static float[] noise(MobileNetV1 network) {
    return ClassActivationMapTest.noise(network);
  }

  private static List<Unit> units(MobileNetV1 network) {
    Random random = new Random(9);
    return network.layers().stream()
        .flatMap(layer ->
            random
                .ints(UNITS_A_LAYER, 0, Integer.MAX_VALUE)
                .mapToObj(i ->
                    new Unit(
                        layer,
                        i % layer.out().height(),
                        random.nextInt(layer.out().width()),
                        random.nextInt(layer.out().channels()))))
        .toList();
  }
}
