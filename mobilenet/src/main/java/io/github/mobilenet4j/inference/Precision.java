package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;

/** What a network computes in. */
public enum Precision {
  /** Floats of 32 bits. */
  FLOAT32,
  /**
   * Pointwise convolutions, nearly all of the arithmetic, multiply floats of 16 bits, which have
   * the range of float32 and 8 bits of precision; sums and all else are float32.
   */
  BFLOAT16,
  /** Kernels and activations in integers of 8 bits; sums in int32, exact. */
  INT8;

  /** Why floats do not run as integers. */
  static final String FLOATS =
      "the weights are floats, int8 needs a quantised model: quantize makes one";

  /**
   * Returns this, if a model can be computed in it.
   *
   * @throws MobileNetException if it is {@link #INT8} and the weights are floats, also where those
   *     of the file are not
   */
  public Precision requireFor(Model model) {
    if (this == INT8 && of(model.weights()) != INT8) {
      String integers = model.metadata().get(Model.INTEGERS);
      throw new MobileNetException(
          integers == null
              ? FLOATS
              : "the file's integers do not run as such, they are %s; quantize makes others of them"
                  .formatted(integers));
    }
    return this;
  }

  /** Returns what weights are made for: integers run as such, all others in float32. */
  public static Precision of(Weights weights) {
    return switch (weights) {
      case Weights.Quantized _ -> INT8;
      case Weights.Trained _, Weights.Folded _ -> FLOAT32;
    };
  }
}
