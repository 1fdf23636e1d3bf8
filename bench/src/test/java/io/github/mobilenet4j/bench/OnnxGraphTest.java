package io.github.mobilenet4j.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** PyTorch judges the ONNX file that ONNX Runtime, the other tests' judge, is given. */
class OnnxGraphTest {
  private static final Path GOLDEN = Path.of("../shared/oracle/golden-0.25-64.safetensors");

  @Test
  void sameLogitsAsPyTorch() {
    Path file = Path.of(System.getProperty("mobilenet4j.root")).resolve(GOLDEN);
    assumeTrue(Files.exists(file), "skipped: " + GOLDEN + " is not there");
    Map<String, Tensor> golden = Safetensors.read(file).tensors();
    Map<String, Tensor> weights = new HashMap<>();
    golden.forEach((name, tensor) -> {
      if (name.startsWith("weights.")) {
        weights.put(name.substring("weights.".length()), tensor);
      }
    });
    MobileNetV1 network =
        MobileNetV1.builder()
            .widthMultiplier(0.25)
            .resolution(64)
            .classes(10)
            .activation(Activation.RELU)
            .padding(Padding.SYMMETRIC)
            .epsilon(1e-5)
            .build();
    Engine.Job job =
        new Engine.Job(
            network,
            Dialect.TUTORIAL.weights(GOLDEN.toString(), network, weights),
            interleaved(golden.get("x").floats(), 4),
            4,
            1);
    try (Engine engine = Contender.ONNXRUNTIME.prepare(job)) {
      engine.run();
      assertThat(Engine.difference(golden.get("eval.logits").floats(), engine.logits()))
          .isLessThan(1e-5);
    }
  }

  /** Returns NHWC for NCHW with three channels. */
  private static float[] interleaved(float[] planes, int batch) {
    int area = planes.length / batch / 3;
    float[] x = new float[planes.length];
    for (int i = 0; i < x.length; i++) {
      int pixel = i / 3 % area;
      x[i] = planes[(i / 3 / area * 3 + i % 3) * area + pixel];
    }
    return x;
  }
}
