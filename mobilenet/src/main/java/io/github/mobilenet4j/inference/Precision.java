package io.github.mobilenet4j.inference;

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

  /** Returns what weights are made for: integers run as such, all others in float32. */
  public static Precision of(Weights weights) {
    return switch (weights) {
      case Weights.Quantized _ -> INT8;
      case Weights.Trained _, Weights.Folded _ -> FLOAT32;
    };
  }
}
