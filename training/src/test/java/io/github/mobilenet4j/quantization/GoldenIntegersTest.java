package io.github.mobilenet4j.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.QuantizedLayer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** PyTorch's observers choose the same scales and integers (quantization.py). */
class GoldenIntegersTest {
  private static final Layer STEM =
      new Layer.Standard("stem", 0, 2, new Shape(32, 32, 2), new Shape(16, 16, 4));
  private static final Quantization INPUT = new Quantization(0.02f, 3);
  private static final Quantization OUTPUT = new Quantization(0.05f, -128);

  @ParameterizedTest
  @CsvSource({"perChannel, PER_CHANNEL", "perTensor, PER_TENSOR"})
  void kernelsAreQuantizedAsByPyTorch(String name, Granularity granularity) throws IOException {
    Map<?, ?> golden = golden();
    Map<?, ?> expected = (Map<?, ?>) golden.get(name);
    float[] bias = {1, -2, 0.3f, 0};
    QuantizedLayer found =
        new KernelIntegers(granularity, false)
            .of(
                STEM,
                new KernelIntegers.Floats(floats(golden.get("kernel")), bias, new double[2]),
                INPUT,
                OUTPUT);
    float[] scales = floats(expected.get("scales"));
    float[] integers = floats(expected.get("integers"));
    assertThat(found.scales()).hasSameSizeAs(scales);
    for (int k = 0; k < scales.length; k++) {
      assertThat(found.scales()[k]).isCloseTo(scales[k], within(Math.ulp(scales[k])));
    }
    for (int i = 0; i < integers.length; i++) {
      assertThat((float) found.kernel()[i]).isEqualTo(integers[i]);
    }
    assertThat(found.zeroPoint()).isZero();
    for (int k = 0; k < bias.length; k++) {
      // The definition: units of the input's scale times the kernel's.
      double unit = (double) INPUT.scale() * found.scale(k);
      assertThat(found.bias()[k] * unit).isCloseTo(bias[k], within(0.51 * unit));
    }
  }

  @Test
  void rangesBecomeScalesAndZeroPointsAsInPyTorch() throws IOException {
    for (Object each : (List<?>) golden().get("ranges")) {
      Map<?, ?> range = (Map<?, ?>) each;
      Quantization q = new Range(number(range, "low"), number(range, "high")).int8();
      float scale = (float) number(range, "scale");
      // PyTorch rounds both ends to float32 first, and their distance.
      assertThat(q.scale()).isCloseTo(scale, within(2 * Math.ulp(scale)));
      assertThat((double) q.zeroPoint()).isEqualTo(number(range, "zeroPoint"));
    }
  }

  @Test
  void rangeOfNothingIsUsable() {
    assertThat(new Range(0, 0).int8()).isEqualTo(new Quantization(1 / 255f, -128));
  }

  @Test
  void biasesThatNoInt32HoldsGetAScaleThatHoldsThem() {
    float[] kernel = new float[3 * 3 * 2 * 4];
    kernel[0] = 1e-30f;
    float[] bias = {5, -7, 0, 1e-20f};
    for (Granularity granularity : Granularity.values()) {
      QuantizedLayer found =
          new KernelIntegers(granularity, false)
              .of(STEM, new KernelIntegers.Floats(kernel, bias, new double[2]), INPUT, OUTPUT);
      for (int k = 0; k < bias.length; k++) {
        double unit = (double) INPUT.scale() * found.scale(k);
        assertThat(found.bias()[k] * unit).isCloseTo(bias[k], within(1e-6));
        assertThat(Math.abs(found.bias()[k])).isLessThanOrEqualTo(1 << 29);
      }
    }
  }

  static List<Layer> layers() {
    Shape shape = new Shape(8, 8, 4);
    return List.of(
        new Layer.Pointwise("pointwise", 1, shape, shape),
        new Layer.Depthwise("depthwise", 1, 1, shape, shape),
        STEM);
  }

  /**
   * By definition: the kernel's rounding errors times the means are no longer in the mean output.
   */
  @ParameterizedTest
  @MethodSource("layers")
  void correctedBiasesGiveTheMeanOutputOfTheFloats(Layer layer) {
    SplittableRandom random = new SplittableRandom(4);
    int channels = layer.out().channels();
    float[] kernel = new float[(int) layer.kernelValues()];
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] = (float) (random.nextGaussian() * (1 + 40 * (i % channels)));
    }
    float[] bias = new float[channels];
    double[] means = random.doubles(layer.in().channels(), -1, 3).toArray();
    for (Granularity granularity : Granularity.values()) {
      QuantizedLayer found =
          new KernelIntegers(granularity, true)
              .of(layer, new KernelIntegers.Floats(kernel, bias, means), INPUT, OUTPUT);
      double[] expected = new double[channels];
      double[] actual = new double[channels];
      for (int i = 0; i < kernel.length; i++) {
        int k = i % channels;
        int c = layer instanceof Layer.Depthwise ? k : i / channels % means.length;
        expected[k] += kernel[i] * means[c];
        actual[k] += (double) found.scale(k) * found.kernel()[i] * means[c];
      }
      for (int k = 0; k < channels; k++) {
        double unit = (double) INPUT.scale() * found.scale(k);
        assertThat(actual[k] + found.bias()[k] * unit).isCloseTo(expected[k], within(0.51 * unit));
      }
    }
  }

  private static double number(Map<?, ?> map, String name) {
    return ((Number) map.get(name)).doubleValue();
  }

  private static Map<?, ?> golden() throws IOException {
    try (InputStream in =
        GoldenIntegersTest.class.getResourceAsStream("/golden/quantization.json")) {
      return (Map<?, ?>)
          Json.parse("golden", new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static float[] floats(Object list) {
    List<?> values = (List<?>) list;
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = ((Number) values.get(i)).floatValue();
    }
    return floats;
  }
}
