package io.github.mobilenet4j.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.Formula;
import io.github.mobilenet4j.TutorialGolden;
import io.github.mobilenet4j.network.Activation;
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

/** Stem, blocks, pooled features and logits are those of PyTorch. */
class GoldenInferenceTest {
  /** Of the largest magnitude of an output. */
  private static final double TOLERANCE = 1e-4;

  private static final double[] ALPHAS = {0.3, 0.5, 1.0};
  private static final int[][] SIZES = {{32, 32}, {97, 131}, {160, 160}};

  private static Map<String, Tensor> golden;
  private static final Map<Double, Weights> WEIGHTS = new HashMap<>();

  /** What one run computes, by the name of the operator. */
  private record Outputs(
      Map<String, Shape> shapes, Map<String, float[]> values, float[] features, float[] logits) {
    static Outputs of(MobileNetV1 network, Weights weights, float[] x, int n) {
      Map<String, Shape> shapes = new LinkedHashMap<>();
      Map<String, float[]> values = new LinkedHashMap<>();
      float[] features = new float[n * network.features()];
      float[] logits = new float[n * network.classes()];
      InferencePlan plan = InferencePlan.compile(network, weights);
      try (Session session = new Session(plan, n, 1)) {
        session.trace(
            x,
            n,
            logits,
            (operator, shape, output) -> {
              shapes.put(operator, shape);
              values.put(operator, output);
            });
        session.features(n, features);
      }
      assertThat(values.keySet()).containsExactlyElementsOf(plan.operators().subList(0, 14));
      return new Outputs(shapes, values, features, logits);
    }
  }

  @Test
  void tutorialsNetwork() {
    TutorialGolden tutorial = TutorialGolden.read();
    Map<String, Tensor> expected = tutorial.tensors();
    Outputs outputs =
        Outputs.of(
            tutorial.model().network(),
            tutorial.model().weights(),
            Nhwc.batch(expected.get("x")),
            4);
    int module = 0;
    for (Map.Entry<String, float[]> output : outputs.values().entrySet()) {
      float[] values = Nhwc.batch(expected.get("eval.model." + module++));
      assertClose(output.getKey(), output.getValue(), values, largest(values));
    }
    float[] features = Nhwc.batch(expected.get("eval.model.14"));
    assertClose("features", outputs.features(), features, largest(features));
    assertClose("logits", outputs.logits(), expected.get("eval.logits").floats(), 1);
  }

  static List<MobileNetV1> networks() {
    List<MobileNetV1> networks = new ArrayList<>();
    for (double alpha : ALPHAS) {
      for (int[] size : SIZES) {
        for (Padding padding : Padding.values()) {
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
    Weights weights =
        WEIGHTS.computeIfAbsent(network.widthMultiplier(), _ -> Formula.weights(network));
    List<Integer> input = List.of(2, 3, network.height(), network.width());
    float[] x = Nhwc.batch(Formula.uniform("x", -2, 2, input));

    Outputs outputs = Outputs.of(network, weights, x, 2);

    outputs
        .values()
        .forEach((name, values) -> {
          float[] expected = expected(network, name);
          float[] found = new float[expected.length];
          found[0] = largest(values);
          for (int i = 1; i < found.length; i++) {
            int place = (int) (Formula.number("places." + name, i - 1) * values.length);
            found[i] = values[nhwc(place, outputs.shapes().get(name))];
          }
          assertClose(name, found, expected, expected[0]);
        });
    float[] features = Arrays.copyOf(outputs.features(), network.features());
    float[] expected = expected(network, "features");
    assertClose("features", features, expected, largest(expected));
    expected = expected(network, "logits");
    assertClose("logits", outputs.logits(), expected, largest(expected));
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
    if (golden == null) {
      String name = "/golden/inference.safetensors";
      try (InputStream in = GoldenInferenceTest.class.getResourceAsStream(name)) {
        golden = Safetensors.read(name, in.readAllBytes()).tensors();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    String[] path = {
      Double.toString(network.widthMultiplier()),
      network.height() + "x" + network.width(),
      network.padding().name(),
      network.activation().name(),
      what
    };
    return golden.get(String.join("/", path).toLowerCase(Locale.ROOT)).floats();
  }

  /** Returns the index in [N,H,W,C] of an index in [N,C,H,W]. */
  private static int nhwc(int nchw, Shape shape) {
    int area = Math.toIntExact(shape.area());
    int c = shape.channels();
    int n = nchw / (area * c);
    return (n * area + nchw % area) * c + nchw / area % c;
  }
}
