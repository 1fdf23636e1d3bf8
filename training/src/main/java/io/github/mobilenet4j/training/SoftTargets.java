package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;

/**
 * What a teacher says of the images of a step: the loss becomes {@code (1 − weight) · cross-entropy
 * + weight · T² · KL(softmax(teacher / T) ‖ softmax(student / T))} (Hinton, Vinyals and Dean,
 * arXiv:1503.02531, section 2), the latter a mean over the images that nothing weights.
 *
 * @param logits {@code [n, classes]} of the teacher; not copied, read by each step
 * @param temperature T, &gt; 0
 * @param weight in [0, 1]
 */
@SuppressWarnings("ArrayRecordComponent")
public record SoftTargets(float[] logits, double temperature, double weight) {
  /**
   * Checks the numbers.
   *
   * @throws MobileNetException if one is out of its range
   */
  public SoftTargets {
    if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw new MobileNetException(
          "distillation temperature is %s, expected > 0".formatted(temperature));
    }
    if (!(weight >= 0 && weight <= 1)) {
      throw new MobileNetException("distillation weight is %s, expected 0 to 1".formatted(weight));
    }
  }

  /**
   * Adds the gradient of an image's part of the loss to what stands there for the targets.
   *
   * @param first where the image's logits begin in the teacher's
   * @param student the image's logits
   * @param gradients by the logits, {@code [classes]}; multiplied by {@code 1 − weight} first
   * @return the image's part of the loss, without that of the targets
   */
  double add(int first, float[] student, double[] gradients) {
    int classes = gradients.length;
    double ofStudent = logSum(student, 0, classes);
    double ofTeacher = logSum(logits, first, classes);
    double divergence = 0;
    for (int k = 0; k < classes; k++) {
      double log = logits[first + k] / temperature - ofTeacher;
      double studentLog = student[k] / temperature - ofStudent;
      double probability = Math.exp(log);
      divergence += probability * (log - studentLog);
      gradients[k] =
          (1 - weight) * gradients[k] + weight * temperature * (Math.exp(studentLog) - probability);
    }
    return weight * temperature * temperature * divergence;
  }

  /** Returns the logarithm of the sum of {@code exp(z / T)}. */
  private double logSum(float[] z, int from, int count) {
    double highest = Double.NEGATIVE_INFINITY;
    for (int k = from; k < from + count; k++) {
      highest = Math.max(highest, z[k]);
    }
    double sum = 0;
    for (int k = from; k < from + count; k++) {
      sum += Math.exp((z[k] - highest) / temperature);
    }
    return highest / temperature + Math.log(sum);
  }
}
