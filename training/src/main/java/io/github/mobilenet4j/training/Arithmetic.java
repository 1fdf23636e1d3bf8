package io.github.mobilenet4j.training;

import java.util.Optional;

/**
 * With what numbers a network is trained.
 *
 * @param precision of the products
 * @param quantization what rounds kernels and activations to integers of 8 bits, if anything
 */
public record Arithmetic(TrainingPrecision precision, Optional<FakeQuantization> quantization) {
  /** Float32 without rounding. */
  public static final Arithmetic FLOAT32 =
      new Arithmetic(TrainingPrecision.FLOAT32, Optional.empty());

  /** Returns float32 with rounding. */
  public static Arithmetic rounding(FakeQuantization quantization) {
    return new Arithmetic(TrainingPrecision.FLOAT32, Optional.of(quantization));
  }
}
