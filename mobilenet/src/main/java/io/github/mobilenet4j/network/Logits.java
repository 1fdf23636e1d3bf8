package io.github.mobilenet4j.network;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a network's logits mean: softmax and the largest ones, computed in double precision. For
 * names beside them there is {@code Prediction} in package {@code inference}.
 */
public final class Logits {
  private Logits() {}

  /**
   * Returns the class of the largest logit of an image; of equal ones the lowest index.
   *
   * @param logits {@code [n, classes]}
   * @param image which of the n
   */
  public static int argmax(float[] logits, int image, int classes) {
    int from = image * classes;
    int best = 0;
    for (int c = 1; c < classes; c++) {
      if (logits[from + c] > logits[from + best]) {
        best = c;
      }
    }
    return best;
  }

  /**
   * Returns {@code exp(x − max)} of each logit x of an image: what softmax divides by the sum.
   *
   * @param logits {@code [n, classes]}
   * @param image which of the n
   */
  public static double[] powers(float[] logits, int image, int classes) {
    int from = image * classes;
    double max = logits[from + argmax(logits, image, classes)];
    double[] powers = new double[classes];
    for (int c = 0; c < classes; c++) {
      powers[c] = Math.exp(logits[from + c] - max);
    }
    return powers;
  }

  /**
   * Returns the softmax of the logits of one image, {@code [classes]}: the probability of each
   * class.
   */
  public static float[] softmax(float[] logits) {
    double[] powers = powers(logits, 0, logits.length);
    double sum = Arrays.stream(powers).reduce(0, Double::sum);
    float[] probabilities = new float[powers.length];
    for (int c = 0; c < powers.length; c++) {
      probabilities[c] = (float) (powers[c] / sum);
    }
    return probabilities;
  }

  /** Returns the indices of the k largest values, largest first; of equal ones the lower first. */
  public static List<Integer> top(float[] values, int k) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -values[i]))
        .limit(k)
        .toList();
  }
}
