package io.github.mobilenet4j.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Integers between QuantizeLinear and DequantizeLinear, against ONNX Runtime. */
class OnnxIntegersTest {
  private static final Map<String, Tensor> EXPECTED =
      Safetensors.read(Fixtures.path("onnx", "integers.safetensors")).tensors();

  @TempDir private Path folder;

  private static float[] logits(Model model, float[] x, int n) {
    MobileNetV1 network = model.network();
    float[] y = new float[n * network.outputs()];
    try (Session session = Session.of(network, model.weights(), n, 2)) {
      session.run(x, n, y);
    }
    return y;
  }

  private static float step(Model model) {
    Weights.Quantized weights = (Weights.Quantized) model.weights();
    return weights.after(model.network().layers().getLast()).scale();
  }

  private static double[] softmax(float[] logits, int from, int count) {
    double sum = 0;
    double[] exp = new double[count];
    for (int i = 0; i < count; i++) {
      exp[i] = Math.exp(logits[from + i]);
      sum += exp[i];
    }
    for (int i = 0; i < count; i++) {
      exp[i] /= sum;
    }
    return exp;
  }

  /** What src/test/python/onnx_integers.py wrote. */
  @ParameterizedTest
  @CsvSource({
    "channel, true",
    "tensor, false",
    "signed, true",
    "reduced, false",
  })
  void quantizedByOnnxRuntime(String name, boolean probabilities) {
    Model model = Models.read(Fixtures.path("onnx", "integers_" + name + ".onnx"));
    Tensor x = EXPECTED.get("x");
    float[] found = logits(model.withInput(64, 32), Nhwc.batch(x), 4);
    float[] expected = EXPECTED.get(name + ".y").floats();
    assertThat(model.metadata()).doesNotContainKey(Model.INTEGERS);
    float step = step(model);
    for (int i = 0; i < expected.length; i++) {
      if (probabilities) {
        // No probability changes by more than a fourth of what logits are apart.
        double p = softmax(found, i / 5 * 5, 5)[i % 5];
        assertThat(p).as("%s", i).isCloseTo(expected[i], within(step / 2.0 + 1 / 256.0));
      } else {
        assertThat(found[i]).as("%s", i).isCloseTo(expected[i], within(1.01f * step));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ends | (Gemm /model/model.83/Gemm) gives floats",
        "bias | (Conv /model/model.0/Conv) has a bias of floats"
      })
  void saysWhyTheyAreFloats(String name, String why) {
    Model model = Models.read(Fixtures.path("onnx", "integers_" + name + ".onnx"));
    assertThat(model.weights()).isInstanceOf(Weights.Folded.class);
    assertThat(model.metadata().get(Model.INTEGERS))
        .startsWith("read as the floats that they stand for: node ")
        .endsWith(why);
    assertThatThrownBy(() -> Classifier.builder(model).precision(Precision.INT8).build())
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(why);
    Path path = folder.resolve("model.safetensors");
    new SafetensorsExport(Dialect.CANONICAL, DataType.F32).write(path, model);
    assertThat(Models.read(path).metadata()).doesNotContainKey(Model.INTEGERS);
  }

  @ParameterizedTest
  @CsvSource({
    "integers_top, U8", "integers_dense, U8", "integers_logits, I8",
    "integers_sigmoid, I8", "integers_tensor, U8", "integers_tensor, I8",
  })
  void exportRunsInOnnxRuntimeAsHere(String name, DataType kernels) throws OrtException {
    Model model = Models.read(Fixtures.path("tflite", name + ".tflite"));
    Path path = folder.resolve("model.onnx");
    new OnnxExport(BatchNormStyle.FOLDED, kernels).write(path, model);
    Model read = Models.read(path);
    MobileNetV1 network = model.network();
    assertThat(read.network()).isEqualTo(network);
    assertThat(read.preprocessing()).isEqualTo(model.preprocessing());
    Weights.Quantized written = (Weights.Quantized) model.weights();
    Weights.Quantized found = (Weights.Quantized) read.weights();
    for (Layer layer : network.layers()) {
      QuantizedLayer integers = written.layer(layer);
      if (integers != null) {
        assertThat(found.layer(layer).centered()).isEqualTo(integers.centered());
        assertThat(found.layer(layer).scales()).isEqualTo(integers.scales());
        assertThat(found.layer(layer).bias()).isEqualTo(integers.bias());
        assertThat(found.after(layer).scale()).isEqualTo(written.after(layer).scale());
      }
    }
    Path back = folder.resolve("back.tflite");
    new TfliteExport().write(back, read);
    Weights.Quantized again = (Weights.Quantized) Models.read(back).weights();
    for (Layer layer : network.layers()) {
      // A classifier may have been a convolution, which rounds otherwise.
      String[] ignored =
          layer instanceof Layer.Convolution ? new String[0] : new String[] {"product", "rounding"};
      assertThat(again.layer(layer))
          .usingRecursiveComparison()
          .ignoringFields(ignored)
          .isEqualTo(written.layer(layer));
    }
    int n = 3;
    int size = (int) network.input().size();
    float[] planes = new float[n * size];
    Random random = new Random(1);
    for (int i = 0; i < planes.length; i++) {
      planes[i] = written.input().real(written.input().zeroPoint() + random.nextInt(-100, 100));
    }
    long[] shape = {n, network.channels(), network.height(), network.width()};
    float[] expected = OnnxRuntime.run(path, planes, shape);
    float[] y = logits(read, nhwc(network, planes, n), n);
    for (int i = 0; i < y.length; i++) {
      assertThat(y[i]).as("%s", i).isCloseTo(expected[i], within(1.01f * step(read)));
    }
  }

  private static float[] nhwc(MobileNetV1 network, float[] planes, int n) {
    int area = (int) network.input().area();
    int channels = network.channels();
    float[] x = new float[planes.length];
    for (int i = 0; i < x.length; i++) {
      int c = i % channels;
      int pixel = i / channels % area;
      x[i] = planes[(i / (area * channels) * channels + c) * area + pixel];
    }
    assertThat(n * area * channels).isEqualTo(x.length);
    return x;
  }
}
