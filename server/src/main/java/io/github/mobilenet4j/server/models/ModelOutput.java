package io.github.mobilenet4j.server.models;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.server.protocol.Tensor;
import io.github.mobilenet4j.server.protocol.TensorMetadata;
import io.github.mobilenet4j.weights.Model;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a model gives for each image. */
enum ModelOutput {
  /** The probability of each class, as the model's own temperature has it. */
  PROBABILITIES {
    @Override
    int size(MobileNetV1 network) {
      return network.classes();
    }

    @Override
    float[] of(Model model, float[] result) {
      return model.confidence().probabilities(model.network().head(), result);
    }
  },
  /** The outputs of the last layer. */
  LOGITS,
  /** The pooled features, of a network without a classifier. */
  EMBEDDING;

  /** Returns what a network gives, in the order in which it is given. */
  static List<ModelOutput> of(MobileNetV1 network) {
    return network.hasClassifier() ? List.of(PROBABILITIES, LOGITS) : List.of(EMBEDDING);
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the values of one image. */
  int size(MobileNetV1 network) {
    return network.outputs();
  }

  /** Returns the values of one image, of what the network computed of it. */
  float[] of(Model model, float[] result) {
    return result;
  }

  TensorMetadata metadata(MobileNetV1 network) {
    return new TensorMetadata(label(), Tensor.FP32, List.of(-1L, (long) size(network)));
  }

  /** Returns the values of images, {@code [n, size]}. */
  float[] of(Model model, float[] results, int n) {
    int each = results.length / n;
    int size = size(model.network());
    float[] values = new float[n * size];
    for (int i = 0; i < n; i++) {
      float[] own = of(model, Arrays.copyOfRange(results, i * each, (i + 1) * each));
      System.arraycopy(own, 0, values, i * size, size);
    }
    return values;
  }
}
