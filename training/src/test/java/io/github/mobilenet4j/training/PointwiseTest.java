package io.github.mobilenet4j.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.Formula;
import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.KernelsHere;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One layer in bfloat16, forward and backward, beside PyTorch's. */
class PointwiseTest {
  /** Of the largest magnitude; float32 is off by 2⁻⁹ at most and by 2⁻¹² on the average. */
  private static final double TOLERANCE = 2e-4;

  private static final String FILE = "/golden/bfloat16_layer.safetensors";
  private static final int PIXELS = 256;

  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.5).resolution(32).epsilon(1e-5).build();

  static List<Kernels> kernels() {
    return KernelsHere.all();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void productsOfBfloat16(Kernels kernels) throws IOException {
    double far = difference(kernels, TrainingPrecision.FLOAT32);
    double near = difference(kernels, TrainingPrecision.BFLOAT16);
    assertThat(near).as(kernels.name()).isLessThan(TOLERANCE);
    assertThat(far).as(kernels.name()).isGreaterThan(3 * TOLERANCE);
  }

  private static double difference(Kernels kernels, TrainingPrecision precision)
      throws IOException {
    Values values =
        new Values(NETWORK, GoldenTrainingTest.shifted(NETWORK), Set.of(), Optional.empty());
    MobileNetV1.Block block = NETWORK.blocks().getFirst();
    BatchNorm in = norm(kernels, values, block.depthwise());
    BatchNorm out = norm(kernels, values, block.pointwise());
    Buffer none = kernels.allocate(0);
    Pointwise layer = new Pointwise(kernels, precision, block.pointwise(), values, in, out, none);
    Scratch scratch = new Scratch(kernels, layer.scratch(), 2 * out.pixel(), 1);
    Chunk chunk = Chunk.of(1, 0);
    float[] z = Nhwc.batch(Formula.uniform("z", -2, 2, List.of(1, 16, 16, 16)));
    in.z().set(0, z, 0, z.length);
    in.gather(chunk, in.z(), 0, 0, PIXELS, scratch);
    in.finishStatistics(1);
    layer.pack();
    layer.forward(chunk, scratch);
    out.finishStatistics(1);
    float[] gradient = Nhwc.batch(Formula.uniform("dy", -1, 1, List.of(1, 32, 16, 16)));
    Buffer dy = kernels.allocate(gradient.length);
    dy.set(0, gradient, 0, gradient.length);
    out.gatherGradient(chunk, dy, 0, dy, 0, PIXELS, scratch);
    out.finishGradient(1);
    Buffer da = kernels.allocate(z.length);
    Buffer dw = kernels.allocate(layer.kernelRows() * layer.gradientRow());
    layer.backward(chunk, dy, da, dw, scratch);
    Map<String, Tensor> golden = golden();
    return Math.max(
        difference(golden, "z", values(out.z(), PIXELS, 32)),
        Math.max(
            difference(golden, "da", values(da, PIXELS, 16)),
            difference(golden, "dw", values(dw, layer.kernelRows(), layer.gradientRow()))));
  }

  private static BatchNorm norm(Kernels kernels, Values values, Layer.Convolution layer) {
    Buffer z = kernels.allocate(PIXELS * BatchNorm.pixel(layer));
    return new BatchNorm(kernels, NETWORK, layer, values, 0.1, false, z, 1);
  }

  private static float[] values(Buffer buffer, int rows, int columns) {
    float[] values = new float[rows * columns];
    buffer.get(0, values, 0, values.length);
    return values;
  }

  private static Map<String, Tensor> golden() throws IOException {
    try (InputStream in = PointwiseTest.class.getResourceAsStream(FILE)) {
      return Safetensors.read(FILE, in.readAllBytes()).tensors();
    }
  }

  /** Returns the largest difference of some values, of the largest magnitude. */
  private static double difference(Map<String, Tensor> golden, String name, float[] found) {
    float[] expected = golden.get(name).floats();
    double largest = 0;
    for (int i = 1; i < expected.length; i++) {
      int at = (int) (Formula.number("places." + name, i - 1) * found.length);
      largest = Math.max(largest, Math.abs(found[at] - expected[i]));
    }
    return largest / expected[0];
  }
}
