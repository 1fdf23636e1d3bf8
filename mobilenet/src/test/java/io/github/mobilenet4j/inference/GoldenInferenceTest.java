package io.github.mobilenet4j.inference;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.Formula;
import io.github.mobilenet4j.TutorialGolden;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The output of every layer is that of PyTorch. */
class GoldenInferenceTest {
  /** Of the largest magnitude of an output. */
  private static final double TOLERANCE = 1e-4;

  private static final double[] ALPHAS = {0.3, 0.5, 1.0};
  private static final int[][] SIZES = {{32, 32}, {97, 131}, {160, 160}};

  private static final Map<String, Map<String, Tensor>> GOLDEN = new HashMap<>();
  private static final Map<Double, Weights> WEIGHTS = new HashMap<>();

  /** Returns {@code [n, height, width, channels]} of each layer. */
  private static Map<Layer, float[]> outputs(
      MobileNetV1 network, Weights weights, float[] x, int n) {
    Map<Layer, float[]> outputs = new LinkedHashMap<>();
    int size = Math.toIntExact(network.input().size());
    try (Session session = new Session(InferencePlan.compile(network, weights), 1, 1)) {
      for (int i = 0; i < n; i++) {
        int image = i;
        session.trace(
            Arrays.copyOfRange(x, i * size, (i + 1) * size),
            (layer, values) ->
                System.arraycopy(
                    values,
                    0,
                    outputs.computeIfAbsent(layer, _ -> new float[n * values.length]),
                    image * values.length,
                    values.length));
      }
    }
    assertThat(outputs.keySet()).containsExactlyElementsOf(network.layers());
    return outputs;
  }

  @Test
  void tutorialsNetwork() {
    TutorialGolden tutorial = TutorialGolden.read();
    Map<String, Tensor> expected = tutorial.tensors();
    MobileNetV1 network = tutorial.model().network();
    Map<Layer, float[]> outputs =
        outputs(network, tutorial.model().weights(), Nhwc.batch(expected.get("x")), 4);
    int module = 0;
    for (Layer layer : network.layers()) {
      switch (layer) {
        case Layer.Standard _, Layer.Pointwise _, Layer.GlobalAveragePool _ -> {
          float[] values = Nhwc.batch(expected.get("eval.model." + module++));
          assertClose(layer.name(), outputs.get(layer), values, largest(values));
        }
        case Layer.Depthwise _, Layer.Dense _ -> {} // inside a module; not there
        case Layer.Classifier _ ->
            assertClose(layer.name(), outputs.get(layer), expected.get("eval.logits").floats(), 1);
      }
    }
  }

  static List<MobileNetV1> networks() {
    List<MobileNetV1> networks = new ArrayList<>();
    for (double alpha : ALPHAS) {
      for (int[] size : SIZES) {
        for (Padding padding : List.of(Padding.SYMMETRIC, Padding.SAME)) {
          for (Activation activation : Activation.values()) {
            networks.add(
                MobileNetV1.builder()
                    .widthMultiplier(alpha)
                    .input(size[0], size[1])
                    .classes(7)
                    .padding(padding)
                    .activation(activation)
                    .epsilon(1e-5)
                    .build());
          }
        }
      }
    }
    return networks;
  }

  /** The expected values are those of src/test/python/inference.py. */
  @ParameterizedTest
  @MethodSource("networks")
  void widthsSizesPaddingsAndActivations(MobileNetV1 network) throws IOException {
    assertOutputs(
        network, WEIGHTS.computeIfAbsent(network.widthMultiplier(), _ -> Formula.weights(network)));
  }

  static List<MobileNetV1> variants() {
    MobileNetV1 one =
        MobileNetV1.builder().widthMultiplier(0.3).classes(7).epsilon(1e-5).channels(1).build();
    MobileNetV1 keras = one.toBuilder().padding(Padding.ASYMMETRIC).build();
    MobileNetV1 grey = one.toBuilder().input(33, 47).build();
    return List.of(
        grey,
        grey.toBuilder().classes(0).build(),
        one.toBuilder()
            .input(32, 32)
            .channels(3)
            .stemStride(1)
            .padding(Padding.SYMMETRIC)
            .activation(Activation.RELU)
            .build(),
        one.toBuilder().input(32, 45).stemStride(1).build(),
        keras.toBuilder().input(97, 131).channels(3).build(),
        keras.toBuilder().input(100, 150).channels(3).activation(Activation.RELU).build(),
        keras.toBuilder().input(33, 63).stemStride(1).build());
  }

  @ParameterizedTest
  @MethodSource("variants")
  void channelsStemsAndHeads(MobileNetV1 network) throws IOException {
    assertOutputs(network, Formula.weights(network));
  }

  private static void assertOutputs(MobileNetV1 network, Weights weights) throws IOException {
    List<Integer> input = List.of(2, network.channels(), network.height(), network.width());
    float[] x = Nhwc.batch(Formula.uniform("x", -2, 2, input));

    outputs(network, weights, x, 2)
        .forEach((layer, values) -> {
          float[] expected = expected(network, layer.name());
          switch (layer) {
            case Layer.Convolution _ -> {
              float[] found = new float[expected.length];
              found[0] = largest(values);
              for (int i = 1; i < found.length; i++) {
                double number = Formula.number("places." + layer.name(), i - 1);
                found[i] = values[nhwc((int) (number * values.length), layer.out())];
              }
              assertClose(layer.name(), found, expected, expected[0]);
            }
            case Layer.GlobalAveragePool _ -> {
              float[] found = Arrays.copyOf(values, network.features());
              assertClose(layer.name(), found, expected, largest(expected));
            }
            case Layer.Dense _, Layer.Classifier _ ->
                assertClose(layer.name(), values, expected, largest(expected));
          }
        });
  }

  private static void assertClose(String what, float[] found, float[] expected, double unit) {
    assertThat(found).as(what).containsExactly(expected, within((float) (TOLERANCE * unit)));
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float v : values) {
      largest = Math.max(largest, Math.abs(v));
    }
    return largest;
  }

  private static float[] expected(MobileNetV1 network, String what) {
    List<Object> path = new ArrayList<>();
    path.add(network.widthMultiplier());
    path.add(network.height() + "x" + network.width());
    path.add(network.padding());
    path.add(network.activation());
    boolean variant =
        network.channels() != 3
            || network.stemStride() != 2
            || network.padding() == Padding.ASYMMETRIC;
    if (variant) {
      path.add(network.channels());
      path.add(network.stemStride());
    }
    path.add(what);
    return GOLDEN
        .computeIfAbsent(
            variant ? "/golden/variants.safetensors" : "/golden/inference.safetensors",
            GoldenInferenceTest::golden)
        .get(path.stream().map(Object::toString).collect(joining("/")).toLowerCase(Locale.ROOT))
        .floats();
  }

  private static Map<String, Tensor> golden(String name) {
    try (InputStream in = GoldenInferenceTest.class.getResourceAsStream(name)) {
      return Safetensors.read(name, in.readAllBytes()).tensors();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the index in [N,H,W,C] of an index in [N,C,H,W]. */
  private static int nhwc(int nchw, Shape shape) {
    int area = Math.toIntExact(shape.area());
    int c = shape.channels();
    int n = nchw / (area * c);
    return (n * area + nchw % area) * c + nchw / area % c;
  }
}
