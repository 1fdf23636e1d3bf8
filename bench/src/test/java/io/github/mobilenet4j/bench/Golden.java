package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** What PyTorch computed for α 0.25, 64×64, ten classes and four pictures. */
record Golden(Map<String, Tensor> tensors) {
  private static final String FILE = "oracle/golden-0.25-64.safetensors";
  private static final int BATCH = 4;

  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder()
          .widthMultiplier(0.25)
          .resolution(64)
          .classes(10)
          .activation(Activation.RELU)
          .padding(Padding.SYMMETRIC)
          .epsilon(1e-5)
          .build();

  /** Reads the file, or skips the test if it is not there. */
  static Golden require() {
    return new Golden(Safetensors.read(SharedFiles.require(FILE)).tensors());
  }

  /** Returns the job that PyTorch did. */
  Engine.Job job() {
    return Engine.Job.of(
        NETWORK, weights("weights."), interleaved(tensors.get("x").floats(), BATCH), BATCH, 1);
  }

  /** Returns the class of each picture. */
  int[] labels() {
    float[] labels = tensors.get("labels").floats();
    return IntStream.range(0, labels.length).map(i -> (int) labels[i]).toArray();
  }

  /** Returns the gradients of a training step; what has none is as before it. */
  Weights gradients() {
    return weights("weights.", "grad.");
  }

  /** Returns the weights whose names begin with one of the prefixes; the last one wins. */
  private Weights.Trained weights(String... prefixes) {
    Map<String, Tensor> weights = new HashMap<>();
    for (String prefix : prefixes) {
      tensors.forEach((name, tensor) -> {
        if (name.startsWith(prefix)) {
          weights.put(name.substring(prefix.length()), tensor);
        }
      });
    }
    return Dialect.TUTORIAL.model(FILE, weights).weights().withBatchNorm(NETWORK);
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
