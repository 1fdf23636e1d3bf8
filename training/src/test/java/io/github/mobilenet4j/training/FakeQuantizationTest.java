package io.github.mobilenet4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.Formula;
import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.KernelsHere;
import io.github.mobilenet4j.kernels.TrainingKernels.Channelwise;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PyTorch rounds the same in training (src/test/python/fake_quantization.py). */
class FakeQuantizationTest {
  private static final int N = 11;
  private static final double EPSILON = 0x1p-10;
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder()
          .widthMultiplier(0.3)
          .input(32, 32)
          .classes(7)
          .padding(Padding.SAME)
          .activation(Activation.RELU6)
          .epsilon(EPSILON)
          .build();

  private static float[] golden(String name) throws IOException {
    String file = "/golden/fake-quantization.safetensors";
    try (InputStream in = FakeQuantizationTest.class.getResourceAsStream(file)) {
      return Safetensors.read(file, in.readAllBytes()).tensors().get(name).floats();
    }
  }

  @Test
  void activations() throws IOException {
    float[] values = Formula.uniform("activations", -1.8, 4.5, List.of(500)).floats();
    boolean[] passes = new boolean[values.length];
    new RoundedActivation(new float[] {-1, 3.5f}, true).round(values, passes, 0);
    assertThat(values).containsExactly(golden("tensor/y"), within(1e-6f));
    float[] dx = golden("tensor/dx");
    for (int i = 0; i < dx.length; i++) {
      assertThat(passes[i] ? 1f : 0f).isEqualTo(dx[i]);
    }
  }

  static List<Kernels> kernels() {
    return KernelsHere.all();
  }

  /** Strips are rounded by kernels, the head's values one by one: alike. */
  @ParameterizedTest
  @MethodSource("kernels")
  void strips(Kernels kernels) {
    int pixels = 40;
    int channels = 20;
    int pixel = Channels.padded(channels);
    RoundedActivation rounding = new RoundedActivation(new float[] {0, 3.5f}, true);
    rounding.allocate(kernels, channels);
    rounding.pack();
    Buffer strip = kernels.allocate(pixels * pixel);
    float[] values = Formula.uniform("strip", 0, 4.5, List.of(channels)).floats();
    boolean[] passes = new boolean[channels];
    for (int p = 0; p < pixels; p++) {
      strip.set(p * pixel, values, 0, channels);
    }
    for (Channelwise step : rounding.steps(Channels.groups(channels), pixel)) {
      kernels.training().scaleShift(step, pixels, strip, 0, strip, 0);
    }
    float[] expected = values.clone();
    rounding.round(expected, passes, 0);
    float[] found = new float[channels];
    for (int p = 0; p < pixels; p++) {
      strip.get(p * pixel, found, 0, channels);
      assertThat(found).containsExactly(expected, within(1e-6f));
    }
    for (int c = 0; c < channels; c++) {
      assertThat(values[c] < rounding.end()).isEqualTo(passes[c]);
    }
  }

  @Test
  void kernelsOfSeveralScales() throws IOException {
    float[] kernel = Formula.uniform("kernel", -1, 1, List.of(72, 5)).floats();
    assertThat(new RoundedKernel(kernel, 5, null).rounded())
        .containsExactly(golden("channel/y"), within(1e-7f));
  }

  @Test
  void kernelsOfOneScale() throws IOException {
    float[] kernel = Formula.uniform("kernel", -1, 1, List.of(72, 5)).floats();
    double[] factors = {1, 0.02, 3, 0.4, 0.1};
    assertThat(new RoundedKernel(kernel, 5, k -> factors[k]).rounded())
        .containsExactly(golden("factor/y"), within(1e-6f));
  }

  @Test
  void channelsOfNothing() {
    assertThat(new RoundedKernel(new float[] {7, 127, 0, 2}, 2, k -> k).rounded())
        .containsExactly(7, 127, 0, 2);
    assertThat(new RoundedKernel(new float[] {3, 0}, 2, k -> k).rounded()).containsExactly(3, 0);
  }

  private static final float STEP = 1 / 64f;

  /** All values are multiples of powers of two, and all sums exact, as in fake_quantization.py. */
  private static Weights.Trained grid() {
    Map<String, Tensor> tensors =
        Dialect.TUTORIAL.tensors(NETWORK, Formula.weights(NETWORK), DataType.F32);
    Map<String, Tensor> grid = new LinkedHashMap<>(tensors);
    grid.replaceAll((name, tensor) -> {
      List<Integer> shape = tensor.shape();
      if (tensor.type() != DataType.F32) {
        return tensor; // num_batches_tracked
      }
      float[] values =
          switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "running_var" -> filled(tensor.size(), _ -> 1 - EPSILON);
            case "running_mean" -> filled(tensor.size(), _ -> 0);
            case "weight" ->
                shape.size() > 1
                    ? kernel(tensor)
                    : filled(tensor.size(), k -> k % 2 == 0 ? 1 : 0.5f);
            default -> {
              double low = name.startsWith("fc.") ? -64 : -16;
              float[] bias = Formula.uniform(name, low, 16, shape).floats();
              yield filled(bias.length, i -> (float) Math.rint(bias[i]) * STEP);
            }
          };
      return Tensor.of(DataType.F32, shape, values);
    });
    return Dialect.read("grid", grid).weights().withBatchNorm(NETWORK);
  }

  private static float[] kernel(Tensor tensor) {
    float[] values = tensor.floats();
    int each = values.length / tensor.shape().getFirst();
    return filled(
        values.length,
        i -> i % each == 0 ? 127 / 128f : Math.clamp(Math.rint(values[i] * 45.0), -126, 126) / 128);
  }

  private interface Value {
    double at(int i);
  }

  private static float[] filled(int length, Value value) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) value.at(i);
    }
    return values;
  }

  private static Map<String, float[]> ranges() {
    Map<String, float[]> ranges = new HashMap<>();
    for (Layer layer : NETWORK.layers()) {
      ranges.put(layer.name(), new float[] {0, 255 * STEP});
    }
    ranges.put(NETWORK.classifier().name(), new float[] {-4, 127 / 32f});
    return ranges;
  }

  private static float[] images() {
    float[] x = Nhwc.batch(Formula.uniform("x", -128, 128, List.of(N, 3, 32, 32)));
    return filled(x.length, i -> Math.rint(x[i]) * STEP);
  }

  private static TrainingGraph graph(String scales, boolean settled) {
    FakeQuantization quantization =
        new FakeQuantization(scales.equals("tensor"), settled, ranges());
    return new TrainingGraph(NETWORK, grid(), N, 2, 0, 1, Arithmetic.rounding(quantization));
  }

  private static float[] step(TrainingGraph graph) {
    float[] targets = Formula.uniform("targets", 0, 0.5, List.of(N, 7)).floats();
    float[] logits = new float[N * 7];
    graph.step(images(), targets, N, 0, logits);
    return logits;
  }

  /** Logits and gradients of the whole network. */
  @ParameterizedTest
  @ValueSource(strings = {"channel", "tensor"})
  void settledNetwork(String scales) throws IOException {
    try (TrainingGraph graph = graph(scales, true)) {
      assertThat(step(graph)).containsExactly(golden(scales + "/settled/logits"));
      float[] expected = golden(scales + "/settled/gradients");
      Map<String, float[]> rows =
          GoldenTrainingTest.rows(NETWORK, GoldenTrainingTest.gradients(graph), 7, true);
      assertThat(7 * rows.size()).isEqualTo(expected.length);
      int row = 0;
      for (Map.Entry<String, float[]> found : rows.entrySet()) {
        float[] here = Arrays.copyOfRange(expected, row, row + 7);
        // Of a bias that the next BatchNorm takes away again nothing but rounding is left.
        float least = here[0] < 1e-15 ? 1e-7f : 0;
        assertThat(found.getValue())
            .as(found.getKey())
            .containsExactly(here, within(1e-4f * here[0] + least));
        row += 7;
      }
      assertThat(graph.weights().values())
          .allSatisfy((name, values) -> assertThat(values).isEqualTo(grid().values().get(name)));
      graph.ranges().forEach((name, range) -> assertThat(range).isEqualTo(ranges().get(name)));
    }
  }

  /**
   * Ranges move to what a batch has. Its statistics are no powers of two: a value near the middle
   * between two integers is rounded up here and down there and lets others follow, the more the
   * further down the network.
   */
  @ParameterizedTest
  @ValueSource(strings = {"channel", "tensor"})
  void followingNetwork(String scales) throws IOException {
    try (TrainingGraph graph = graph(scales, false)) {
      step(graph);
      float[] ends = golden(scales + "/ranges");
      Map<String, float[]> ranges = graph.ranges();
      List<Layer> layers = NETWORK.layers();
      assertThat(ends).hasSameSizeAs(layers);
      for (int i = 0; i < layers.size(); i++) {
        float tolerance = i < 5 ? 1e-5f : 0.01f;
        assertThat(ranges.get(layers.get(i).name())[1])
            .as(layers.get(i).name())
            .isCloseTo(ends[i], within(tolerance));
      }
    }
  }

  /**
   * A range that is not known yet is that of the first batch; and whatever comes of it is finite.
   */
  @Test
  void firstRange() {
    FakeQuantization quantization = new FakeQuantization(false, false, Map.of());
    Weights.Trained weights = Formula.weights(NETWORK);
    try (TrainingGraph graph =
        new TrainingGraph(NETWORK, weights, N, 1, 0, 0.1, Arithmetic.rounding(quantization))) {
      assertThat(step(graph)).doesNotContain(Float.NaN);
      graph.ranges().forEach((name, range) -> assertThat(range[1]).as(name).isBetween(0.1f, 6f));
    }
  }
}
