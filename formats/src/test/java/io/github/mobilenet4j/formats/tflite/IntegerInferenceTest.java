package io.github.mobilenet4j.formats.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Quantised files give the bytes of TensorFlow Lite's reference kernels. */
class IntegerInferenceTest {
  @ParameterizedTest
  @CsvSource({
    "mobilenet_v1_0.25_128_quant, mobilenet_v1_0.25_128_quant, input, output",
    "mobilenet_v1_0.5_160_quant, mobilenet_v1_0.5_160_quant, input, output",
    "mobilenet_v1_0.75_192_quant, mobilenet_v1_0.75_192_quant, input, output",
    "vww_96_int8, vww_96, input, output_int8"
  })
  void outputsAreTensorFlowLites(String file, String golden, String input, String output) {
    Model model = Models.read(SharedFiles.require("data/weights/" + file + ".tflite"));
    Map<String, Tensor> tensors = goldens(golden);
    InferencePlan plan = InferencePlan.compile(model.network(), model.weights());
    assertThat(plan.precision()).isEqualTo(Precision.INT8);
    int flip = ((Weights.Quantized) model.weights()).ends().inputType() == DataType.I8 ? 0x80 : 0;
    for (int threads : new int[] {1, 2, 3, 8}) {
      try (Session session = new Session(plan, 8, threads)) {
        int size = (int) model.network().input().size();
        int outputs = model.network().outputs();
        byte[] x = new byte[8 * size];
        byte[] expected = new byte[8 * outputs];
        for (int i = 0; i < 8; i++) {
          tensors.get(input + "." + i).data().get(0, x, i * size, size);
          tensors.get(output + "." + i).data().get(0, expected, i * outputs, outputs);
        }
        for (int i = 0; i < x.length; i++) {
          x[i] ^= (byte) flip;
        }
        byte[] y = new byte[expected.length];
        session.run(x, 8, y);
        assertThat(y).isEqualTo(expected);
      }
    }
  }

  @Test
  void everyLayerIsTensorFlowLites() {
    String name = "mobilenet_v1_0.25_128_quant";
    Model model = Models.read(SharedFiles.require("data/weights/" + name + ".tflite"));
    Map<String, Tensor> tensors = goldens(name + ".layers");
    MobileNetV1 network = model.network();
    Weights.Quantized weights = (Weights.Quantized) model.weights();
    float[] x = new float[(int) network.input().size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = weights.input().real(tensors.get("input").data().get(i) & 0xff);
    }
    Map<Layer, float[]> found = new HashMap<>();
    try (Session session = Session.of(network, weights, 1, 1)) {
      session.trace(x, (layer, values) -> found.put(layer, values));
    }
    List<Layer> layers = network.layers();
    for (int i = 0; i < layers.size(); i++) {
      Quantization q = weights.after(layers.get(i));
      byte[] expected = new byte[(int) layers.get(i).out().size()];
      tensors.get((i < 10 ? "op.0" : "op.") + i).data().get(0, expected);
      byte[] bytes = new byte[expected.length];
      for (int k = 0; k < bytes.length; k++) {
        bytes[k] = (byte) q.quantized(found.get(layers.get(i))[k], weights.type());
      }
      assertThat(bytes).as(layers.get(i).name()).isEqualTo(expected);
    }
  }

  private static Map<String, Tensor> goldens(String name) {
    Path path = SharedFiles.require("oracle/tflite/" + name + ".safetensors");
    return Safetensors.read(path).tensors();
  }
}
