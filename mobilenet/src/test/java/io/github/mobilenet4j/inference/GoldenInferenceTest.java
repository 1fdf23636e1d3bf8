package io.github.mobilenet4j.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.TutorialGolden;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
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
    Weights weights = WEIGHTS.computeIfAbsent(network.widthMultiplier(), _ -> weights(network));
    List<Integer> input = List.of(2, 3, network.height(), network.width());
    float[] x = Nhwc.batch(uniform("x", -2, 2, input));

    Outputs outputs = Outputs.of(network, weights, x, 2);

    outputs
        .values()
        .forEach((name, values) -> {
          float[] expected = expected(network, name);
          float[] found = new float[expected.length];
          found[0] = largest(values);
          for (int i = 1; i < found.length; i++) {
            int place = (int) (number("places." + name, i - 1) * values.length);
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

  private static Weights weights(MobileNetV1 network) {
    Map<String, Tensor> tensors =
        Dialect.TUTORIAL.tensors(network, RandomWeights.of(network, 1), DataType.F32);
    tensors = new LinkedHashMap<>(tensors);
    tensors.replaceAll(GoldenInferenceTest::tensor);
    return Dialect.read("formula", tensors).weights();
  }

  private static Tensor tensor(String name, Tensor tensor) {
    List<Integer> shape = tensor.shape();
    if (tensor.type() != DataType.F32) {
      return tensor; // num_batches_tracked
    }
    if (shape.size() > 1) {
      double bound =
          Math.sqrt(6 / shape.stream().skip(1).mapToDouble(d -> d).reduce(1, (a, b) -> a * b));
      return uniform(name, -bound, bound, shape);
    }
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "weight" -> uniform(name, 0.7, 1.3, shape);
      case "running_var" -> uniform(name, 0.6, 1.4, shape);
      default -> uniform(name, -0.2, 0.2, shape);
    };
  }

  private static Tensor uniform(String name, double low, double high, List<Integer> shape) {
    float[] values = new float[shape.stream().reduce(1, (a, b) -> a * b)];
    int seed = seed(name);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (low + (high - low) * number(seed, i));
    }
    return Tensor.of(DataType.F32, shape, values);
  }

  private static double number(String name, int index) {
    return number(seed(name), index);
  }

  /** Returns a number in [0, 1). */
  private static double number(int seed, int index) {
    int h = index * 0x9E3779B9 + seed;
    h = (h ^ h >>> 16) * 0x85EBCA6B;
    h = (h ^ h >>> 13) * 0xC2B2AE35;
    return Integer.toUnsignedLong(h ^ h >>> 16) / 0x1p32;
  }

  private static int seed(String name) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    return (int) crc.getValue();
  }
}
