package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Confidence;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** Finds the {@link Confidence} of a model on labelled images that it has not learned from. */
public final class ConfidenceFit {
  /** Halvings of the range of the temperature's logarithm, until it is as narrow as a float. */
  private static final int STEPS = 40;

  private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

  private ConfidenceFit() {}

  /**
   * Returns the temperature of the least cross-entropy, and the threshold below which so large a
   * part of these images has its {@linkplain MobileNetV1.Head#evidence evidence}. Two classes of
   * one logit get no threshold: an image of neither looks like one between both.
   *
   * @param unknown the part of images of the classes that may be taken for none of them, 0 to 1
   * @throws MobileNetException if there is no image or the part is out of its range
   */
  public static Confidence of(LabelledLogits known, double unknown) {
    Confidence threshold = thresholdOf(known, unknown); // checks both
    return new Confidence(temperature(known), threshold.threshold());
  }

  /**
   * The same without a temperature, which stays 1.
   *
   * @throws MobileNetException as {@link #of}
   */
  public static Confidence thresholdOf(LabelledLogits known, double unknown) {
    if (known.labels().length == 0) {
      throw new MobileNetException("there are no pictures to measure on");
    }
    if (!(unknown >= 0 && unknown <= 1)) {
      throw new MobileNetException("the part is %s, expected 0 to 1".formatted(unknown));
    }
    return new Confidence(
        1,
        known.head().activation() == ClassifierActivation.BINARY
            ? OptionalDouble.empty()
            : OptionalDouble.of(threshold(known, unknown)));
  }

  private static double threshold(LabelledLogits known, double unknown) {
    double[] evidence = new double[known.labels().length];
    for (int i = 0; i < evidence.length; i++) {
      evidence[i] = known.head().evidence(known.outputs(), i);
    }
    Arrays.sort(evidence);
    return evidence[Math.min((int) (unknown * evidence.length), evidence.length - 1)];
  }

  /** The cross-entropy is convex in 1/T, so that it has one minimum; golden-section search. */
  private static double temperature(LabelledLogits known) {
    float[] logits = known.logits();
    double low = Math.log(Confidence.COLDEST);
    double high = Math.log(Confidence.HOTTEST);
    double left = high - GOLDEN * (high - low);
    double right = low + GOLDEN * (high - low);
    double ofLeft = loss(known, logits, Math.exp(left));
    double ofRight = loss(known, logits, Math.exp(right));
    for (int i = 0; i < STEPS; i++) {
      if (ofLeft <= ofRight) {
        high = right;
        right = left;
        ofRight = ofLeft;
        left = high - GOLDEN * (high - low);
        ofLeft = loss(known, logits, Math.exp(left));
      } else {
        low = left;
        left = right;
        ofLeft = ofRight;
        right = low + GOLDEN * (high - low);
        ofRight = loss(known, logits, Math.exp(right));
      }
    }
    return Math.exp((low + high) / 2);
  }

  /**
   * @param logits {@code [n, classes]}
   */
  private static double loss(LabelledLogits known, float[] logits, double temperature) {
    // In any order of threads the same bits: each loss is stored, and they are added in order.
    double[] losses = new double[known.labels().length];
    IntStream.range(0, losses.length)
        .parallel()
        .forEach(i -> losses[i] = loss(known, logits, i, temperature));
    return Arrays.stream(losses).reduce(0, Double::sum);
  }

  private static double loss(LabelledLogits known, float[] logits, int image, double temperature) {
    int classes = known.head().classes();
    int from = image * classes;
    int truth = known.labels()[image];
    if (known.head().activation() == ClassifierActivation.SIGMOID) {
      double loss = 0;
      for (int c = 0; c < classes; c++) {
        double z = logits[from + c] / temperature;
        loss += Math.log1p(Math.exp(-Math.abs(z))) + Math.max(c == truth ? -z : z, 0);
      }
      return loss;
    }
    double max = logits[from + Logits.argmax(logits, image, classes)];
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp((logits[from + c] - max) / temperature);
    }
    return Math.log(sum) + (max - logits[from + truth]) / temperature;
  }
}
