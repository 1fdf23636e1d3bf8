package io.github.mobilenet4j.formats.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What src/test/python/tflite_integers.py wrote: Keras' networks as TensorFlow 2.21 quantises them,
 * and the bytes of TensorFlow Lite's reference kernels.
 */
class IntegerConversionTest {
  private static final Map<String, Tensor> EXPECTED =
      Safetensors.read(Fixtures.path("tflite", "integers.safetensors")).tensors();

  private static byte[] bytes(String name, DataType type) {
    Tensor tensor = EXPECTED.get(name);
    byte[] bytes = new byte[tensor.size()];
    tensor.data().get(bytes);
    // A float has no bytes of its own: unsigned ones stand for it.
    for (int i = 0; type == DataType.F32 && i < bytes.length; i++) {
      bytes[i] ^= (byte) 0x80;
    }
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "integers_top",
        "integers_dense",
        "integers_logits",
        "integers_sigmoid",
        "integers_tensor"
      })
  void bytesAreTensorFlowLites(String name) {
    Model model = Models.read(Fixtures.path("tflite", name + ".tflite"));
    MobileNetV1 network = model.network();
    Weights.Quantized weights = (Weights.Quantized) model.weights();
    byte[] x = bytes(name + ".x", weights.ends().inputType());
    byte[] expected = bytes(name + ".y", weights.ends().outputType());
    int n = EXPECTED.get(name + ".x").shape().getFirst();
    byte[] y = new byte[expected.length];
    float[] features = new float[n * network.features()];
    try (Session session = new Session(InferencePlan.compile(network, model.weights()), n, 2)) {
      session.run(x, n, y);
      session.features(n, features);
      assertThat(features).isEqualTo(pooled(name, weights.ends().pooled()));
      assertThat(y).isEqualTo(expected);
      if (EXPECTED.containsKey(name + ".floats")) {
        float[] floats = EXPECTED.get(name + ".floats").floats();
        session.run(floats, n, new float[n * network.outputs()]);
        session.features(n, features);
        assertThat(features).isEqualTo(pooled(name, weights.ends().pooled()));
      }
    }
  }

  private static float[] pooled(String name, Quantization of) {
    float[] values = EXPECTED.get(name + ".pooled").floats();
    for (int i = 0; i < values.length; i++) {
      values[i] = of.real((int) values[i]);
    }
    return values;
  }
}
