package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.OptionalDouble;

/**
 * What a model's logits say of how sure it is.
 *
 * @param temperature what logits are divided by before they become probabilities, 0.01 to 100; it
 *     changes no order (Guo et al., On Calibration of Modern Neural Networks, arXiv:1706.04599,
 *     section 4.2)
 * @param threshold the least {@linkplain MobileNetV1.Head#evidence evidence} of an image of one of
 *     the classes, which without outputs for others is the largest logit, not divided; with less it
 *     shows {@linkplain #isUnknown none of them}. Empty if every image is taken to show one.
 */
public record Confidence(double temperature, OptionalDouble threshold) {
  /** Of a model that says nothing about it: temperature 1, no threshold. */
  public static final Confidence NONE = new Confidence(1, OptionalDouble.empty());

  /** The least temperature. */
  public static final double COLDEST = 0.01;

  /** The largest temperature. */
  public static final double HOTTEST = 100;

  /**
   * Checks both.
   *
   * @throws MobileNetException if the temperature is out of its range or the threshold not finite
   */
  public Confidence {
    if (!(temperature >= COLDEST && temperature <= HOTTEST)) {
      throw new MobileNetException(
          "temperature is %s, expected %s to %s".formatted(temperature, COLDEST, HOTTEST));
    }
    if (threshold.isPresent() && !Double.isFinite(threshold.getAsDouble())) {
      throw new MobileNetException(
          "threshold is %s, expected a finite number".formatted(threshold.getAsDouble()));
    }
  }

  /**
   * Returns the logits divided by the temperature; the same array where it is 1.
   *
   * @param logits of any number of images; not modified
   */
  public float[] tempered(float[] logits) {
    if (temperature == 1) {
      return logits;
    }
    float[] divided = new float[logits.length];
    for (int i = 0; i < divided.length; i++) {
      divided[i] = (float) (logits[i] / temperature);
    }
    return divided;
  }

  /**
   * Returns the probability of each class of one image, {@code [classes]}. Outputs for others take
   * no part: these are the probabilities among the classes, of an image of one of them.
   *
   * @param head of the network
   * @param outputs the logits of the image, {@code [outputs]}
   */
  public float[] probabilities(MobileNetV1.Head head, float[] outputs) {
    float[] logits = head.others() == 0 ? outputs : head.ofClasses(outputs, 1);
    return head.activation().probabilities(tempered(logits));
  }

  /**
   * Returns whether an image shows none of the classes: whether the {@linkplain
   * MobileNetV1.Head#evidence evidence} lies below the threshold. False without one.
   *
   * @param head of the network
   * @param outputs {@code [n, outputs]}, not divided by the temperature
   * @param image which of the n
   */
  public boolean isUnknown(MobileNetV1.Head head, float[] outputs, int image) {
    return threshold.isPresent() && head.evidence(outputs, image) < threshold.getAsDouble();
  }
}
