package io.github.mobilenet4j.training;

/** In what numbers the products of pointwise convolutions are computed, forward and backward. */
public enum TrainingPrecision {
  /** All in float32. */
  FLOAT32,
  /**
   * Activations, gradients and kernels are rounded to bfloat16, which has 8 bits, for these
   * products; their sums, all else, and what is trained are float32.
   */
  BFLOAT16
}
