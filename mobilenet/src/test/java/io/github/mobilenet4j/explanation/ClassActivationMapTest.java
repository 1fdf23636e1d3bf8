package io.github.mobilenet4j.explanation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.MobileNetV1.Backbone;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomIntegers;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClassActivationMapTest {
  private static final int HIDDEN = 6;

  /** PyTorch computes the classifier at each place, or the gradient times the activation. */
  @ParameterizedTest
  @ValueSource(strings = {"linear", "hidden"})
  void isWhatPyTorchComputes(String head) throws IOException {
    Model model = tutorial();
    MobileNetV1 network = model.network();
    Weights weights = model.weights();
    if (head.equals("hidden")) {
      network = network.toBuilder().hidden(HIDDEN).build();
      Map<String, float[]> values = new HashMap<>(weights.values());
      values.put("hidden.kernel", floats(8 * HIDDEN, i -> Math.sin(1.3 * i + 0.5)));
      values.put("hidden.bias", floats(HIDDEN, i -> 0.3 * Math.cos(i)));
      values.put("classifier.kernel", floats(HIDDEN * 3, i -> Math.cos(0.7 * i)));
      weights = new Weights.Trained(values);
    }
    double[] logits = golden(head, "logits");
    double[] expected = golden(head, "maps");
    FeatureMaps maps =
        maps(network, weights, floats(65 * 97 * 3, n -> Math.sin(0.37 * n * n % 6.28)));
    for (int c = 0; c < 3; c++) {
      ClassActivationMap map = ClassActivationMap.of(maps, weights, c);
      assertThat(map.height()).isEqualTo(3);
      assertThat(map.width()).isEqualTo(4);
      assertThat(map.values())
          .containsExactly(Arrays.copyOfRange(expected, c * 12, c * 12 + 12), within(2e-5));
      assertThat(map.logit()).isCloseTo(logits[c], within(2e-5));
      assertThat(map.linear()).isEqualTo(head.equals("linear"));
    }
  }

  static Stream<MobileNetV1> networks() {
    MobileNetV1.Builder small = MobileNetV1.builder().widthMultiplier(0.25).input(97, 64);
    return Stream.of(
        small.classes(7).build(),
        small.hidden(19).build(),
        small.hidden(0).backbone(Backbone.HEADED).build(),
        small.backbone(Backbone.SHALLOW).classifierActivation(ClassifierActivation.SIGMOID).build(),
        small.classes(2).classifierActivation(ClassifierActivation.BINARY).build(),
        small.hidden(5).build(),
        small.hidden(0).channels(1).stemStride(1).build());
  }

  /** Whatever the network is, the map adds up to the logit that an inference gives. */
  @ParameterizedTest
  @MethodSource("networks")
  void addsUpToTheLogit(MobileNetV1 network) {
    Weights weights = RandomWeights.of(network, 3);
    float[] x = noise(network);
    float[] logits = new float[network.outputs()];
    try (Session session = Session.of(network, weights, 1, 1)) {
      session.run(x, 1, logits);
    }
    float[] ofClasses = network.head().activation().ofClasses(logits, 1);
    FeatureMaps maps = maps(network, weights, x);
    for (int c = 0; c < network.classes(); c++) {
      ClassActivationMap map = ClassActivationMap.of(maps, weights, c);
      double scale = Arrays.stream(map.values()).map(Math::abs).max().orElseThrow();
      assertThat(map.rounding()).isCloseTo(0, within(1e-5 * Math.max(1, scale)));
      if (network.head().activation() == ClassifierActivation.BINARY) {
        assertThat(map.computed()).isEqualTo(c == 0 ? -logits[0] : logits[0]);
      } else {
        assertThat(map.computed()).isEqualTo(ofClasses[c]);
      }
    }
  }

  /**
   * Pooled features and logits are rounded to a step each, of what their integers reach, and
   * nothing else is lost.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ofIntegersIsOffByTheirSteps(boolean mean) {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.25).input(96, 64).classes(7).build();
    Weights.Quantized weights = RandomIntegers.of(network, DataType.I8, true, mean);
    FeatureMaps maps = maps(network, weights, noise(network));
    float[] logits = maps.output(network.classifier());
    float[] pooled = maps.output(network.pool());
    double[] means = new double[pooled.length];
    for (int k = 0; k < pooled.length; k++) {
      for (float value : maps.map(maps.layer("block13.pointwise"), k)) {
        means[k] += value / (double) network.pool().in().area();
      }
    }
    double logitStep = weights.after(network.classifier()).scale();
    double reach = 126 * logitStep; // beyond, integers end
    for (int c = 0; c < network.classes(); c++) {
      ClassActivationMap map = ClassActivationMap.of(maps, weights, c);
      assertThat(map.computed()).isEqualTo(logits[c]);
      double bound = 0.5 * logitStep;
      for (int k = 0; k < pooled.length; k++) {
        bound += Math.abs(map.weights()[k] * (means[k] - pooled[k]));
      }
      if (Math.abs(map.logit()) < reach) {
        assertThat(Math.abs(map.rounding())).isLessThan(1.0001 * bound);
      }
    }
  }

  @Test
  void needsAClassifierAndAClass() {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.25).resolution(32).build();
    Weights weights = RandomWeights.of(network, 3);
    float[] x = noise(network);
    FeatureMaps maps = maps(network, weights, x);
    assertThatThrownBy(() -> ClassActivationMap.of(maps, weights, 1000))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("class is 1000, expected 0 to 999");
    try (Session session = Session.of(network, weights, 1, 1)) {
      FeatureMaps some = FeatureMaps.of(session, x, List.of("block13.pointwise"));
      assertThatThrownBy(() -> ClassActivationMap.of(some, weights, 0))
          .isInstanceOf(MobileNetException.class)
          .hasMessage(
              "the output of layer classifier was not computed, those of [block13.pointwise] were");
    }
    MobileNetV1 without = network.toBuilder().classes(0).build();
    Weights features = RandomWeights.of(without, 3);
    FeatureMaps pooled = maps(without, features, x);
    assertThatThrownBy(() -> ClassActivationMap.of(pooled, features, 0))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("the network has no classifier");
  }

  static FeatureMaps maps(MobileNetV1 network, Weights weights, float[] x) {
    try (Session session = Session.of(network, weights, 1, 2)) {
      return FeatureMaps.of(session, x);
    }
  }

  static float[] noise(MobileNetV1 network) {
    Random random = new Random(5);
    return floats((int) network.input().size(), _ -> random.nextFloat(-1, 1));
  }

  private static Model tutorial() throws IOException {
    try (InputStream in =
        ClassActivationMapTest.class.getResourceAsStream("/weights/tutorial.safetensors")) {
      return Dialect.read(
              "tutorial.safetensors",
              Safetensors.read("tutorial.safetensors", in.readAllBytes()).tensors())
          .withInput(65, 97);
    }
  }

  private static float[] floats(int size, DoubleUnaryOperator formula) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) formula.applyAsDouble(i);
    }
    return values;
  }

  private static double[] golden(String head, String name) throws IOException {
    try (InputStream in =
        ClassActivationMapTest.class.getResourceAsStream("/golden/class-activation.csv")) {
      String row = head + "," + name + ",";
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith(row))
          .flatMap(line -> Stream.of(line.substring(row.length()).split(" ")))
          .mapToDouble(Double::parseDouble)
          .toArray();
    }
  }
}
