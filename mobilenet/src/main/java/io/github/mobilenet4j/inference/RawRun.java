package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Weights;

/** What a run on bytes needs: signed ones moved to unsigned ones and back, and softmax. */
final class RawRun {
  private final byte[] images;
  private final byte[] outputs;
  private final int each;

  /** Between what an input or an output has in its file and unsigned bytes. */
  private final int flipInput;

  private final int flipOutput;

  /** Null where the logits are the output. */
  private final QuantizedSoftmax softmax;

  RawRun(Weights.Quantized weights, MobileNetV1 network, int batch) {
    this.images = new byte[Math.toIntExact(batch * network.input().size())];
    this.each = network.outputs();
    this.outputs = new byte[Math.multiplyExact(batch, each)];
    this.flipInput = flip(weights.ends().inputType());
    this.flipOutput = flip(weights.ends().outputType());
    if (network.hasClassifier()
        && weights.ends().probabilities().isPresent()
        && network.head().activation() != ClassifierActivation.SOFTMAX) {
      throw new MobileNetException(
          "the network ends with %s, its output as it stands in the file is for softmax only"
              .formatted(network.head().activation()));
    }
    this.softmax =
        weights.ends().probabilities().isPresent()
            ? new QuantizedSoftmax(weights.after(network.layers().getLast()))
            : null;
  }

  private static int flip(DataType type) {
    return type == DataType.I8 ? 0x80 : 0;
  }

  /** Takes so many values of images. */
  void begin(byte[] x, int count) {
    for (int i = 0; i < count; i++) {
      images[i] = (byte) (x[i] ^ flipInput);
    }
  }

  /** Returns the images, unsigned. */
  byte[] images() {
    return images;
  }

  /** Returns where the network's output goes, unsigned. */
  byte[] outputs() {
    return outputs;
  }

  /** Gives the outputs of n images. */
  void end(int n, byte[] result) {
    for (int image = 0; softmax != null && image < n; image++) {
      softmax.apply(outputs, outputs, image * each, each);
    }
    for (int i = 0; i < n * each; i++) {
      result[i] = (byte) (outputs[i] ^ flipOutput);
    }
  }
}
