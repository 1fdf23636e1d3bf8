package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;

/** The sigmoid of 8-bit logits: TensorFlow Lite has a table of it, made in float32. */
final class QuantizedSigmoid {
  private static final int VALUES = 256;

  private QuantizedSigmoid() {}

  /**
   * Returns what each unsigned byte becomes, an unsigned byte too.
   *
   * @param type of logits and probabilities: signed ones are moved by 128
   */
  static byte[] table(DataType type, Quantization logits, Quantization probabilities) {
    int shift = type == DataType.I8 ? VALUES / 2 : 0;
    float inverse = 1 / probabilities.scale();
    byte[] table = new byte[VALUES];
    for (int i = 0; i < VALUES; i++) {
      float sigmoid = 1 / (1 + (float) Math.exp(-logits.real(i - shift)));
      int rounded = (int) Math.floor(sigmoid * inverse + 0.5);
      table[i] =
          (byte) Math.clamp((long) rounded + probabilities.zeroPoint() + shift, 0, VALUES - 1);
    }
    return table;
  }
}
