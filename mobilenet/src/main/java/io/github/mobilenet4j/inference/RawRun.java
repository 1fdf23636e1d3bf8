package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Weights;

/** What a run on bytes needs: signed ones moved to unsigned ones and back, and probabilities. */
final class RawRun {
  /** Makes probabilities of the logits of an image, in their place. */
  private interface Probabilities {
    void apply(byte[] values, int from, int count);
  }

  private final byte[] images;
  private final byte[] outputs;
  private final int each;

  /** Between what an input or an output has in its file and unsigned bytes. */
  private final int flipInput;

  private final int flipOutput;

  /** Null where the logits are the output. */
  private final Probabilities probabilities;

  RawRun(Weights.Quantized weights, MobileNetV1 network, int batch) {
    this.images = new byte[Math.toIntExact(batch * network.input().size())];
    this.each = network.outputs();
    this.outputs = new byte[Math.multiplyExact(batch, each)];
    this.flipInput = flip(weights.ends().inputType());
    this.flipOutput = flip(weights.ends().outputType());
    this.probabilities =
        weights.ends().probabilities().isPresent() ? probabilities(weights, network) : null;
  }

  private static Probabilities probabilities(Weights.Quantized weights, MobileNetV1 network) {
    Layer last = network.layers().getLast();
    return switch (network.head().activation()) {
      case SOFTMAX -> {
        QuantizedSoftmax softmax = new QuantizedSoftmax(weights.after(last));
        yield (values, from, count) -> softmax.apply(values, values, from, count);
      }
      case SIGMOID, BINARY -> {
        byte[] table =
            QuantizedSigmoid.table(
                weights.type(), weights.after(last), weights.ends().probabilities().orElseThrow());
        yield (values, from, count) -> {
          for (int i = from; i < from + count; i++) {
            values[i] = table[values[i] & 0xff];
          }
        };
      }
    };
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
    for (int image = 0; probabilities != null && image < n; image++) {
      probabilities.apply(outputs, image * each, each);
    }
    for (int i = 0; i < n * each; i++) {
      result[i] = (byte) (outputs[i] ^ flipOutput);
    }
  }
}
