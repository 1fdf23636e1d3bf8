package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;
import java.util.Arrays;
import java.util.List;

/**
 * How much a picture counts in the loss, by its class. Weights are scaled so that their mean over
 * the training pictures is 1; learning rates then keep their meaning.
 */
public sealed interface ClassWeights {
  /** Each picture counts the same. */
  record Equal() implements ClassWeights {}

  /** Each class counts the same, however many pictures it has. */
  record Balanced() implements ClassWeights {}

  /**
   * Given weights.
   *
   * @param weights one a class, ≥ 0, not all 0
   */
  record Listed(List<Double> weights) implements ClassWeights {
    /**
     * Checks the weights.
     *
     * @throws MobileNetException if one is below 0, or all are 0
     */
    public Listed {
      weights = List.copyOf(weights);
      if (!weights.stream().allMatch(w -> w >= 0 && Double.isFinite(w))
          || weights.stream().noneMatch(w -> w > 0)) {
        throw new MobileNetException(
            "class weights are " + weights + ", expected numbers >= 0, not all 0");
      }
    }
  }

  /**
   * Returns the factor of each class.
   *
   * @param counts training pictures of each class
   * @throws MobileNetException if there is not one weight a class
   */
  default float[] factors(int[] counts) {
    double[] weights = new double[counts.length];
    switch (this) {
      case Equal _ -> Arrays.fill(weights, 1);
      case Balanced _ -> Arrays.setAll(weights, k -> 1.0 / Math.max(counts[k], 1));
      case Listed listed -> {
        if (listed.weights.size() != counts.length) {
          throw new MobileNetException(
              "%s class weights for %s classes".formatted(listed.weights.size(), counts.length));
        }
        Arrays.setAll(weights, listed.weights::get);
      }
    }
    double sum = 0;
    double images = 0;
    for (int k = 0; k < counts.length; k++) {
      sum += weights[k] * counts[k];
      images += counts[k];
    }
    float[] factors = new float[counts.length];
    for (int k = 0; k < counts.length; k++) {
      factors[k] = sum == 0 ? 1 : (float) (weights[k] * images / sum);
    }
    return factors;
  }
}
