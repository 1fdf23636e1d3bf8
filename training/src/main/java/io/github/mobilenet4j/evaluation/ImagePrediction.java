package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Confidence;
import java.util.Arrays;

/**
 * What a model predicted for one labelled image.
 *
 * @param image its index in the data set
 * @param truth the class it belongs to
 * @param predicted the class of the largest logit; of equal ones the lowest index
 * @param rank how many classes come before the true one when they are sorted by logit, of equal
 *     ones the lower index first; 0 if the prediction is correct
 * @param confidence the probability of the predicted class
 * @param loss the cross-entropy: −ln of the true class's probability, ≥ 0, in nats
 * @param unknown whether the model says that it shows none of its classes
 */
public record ImagePrediction(
    int image,
    int truth,
    int predicted,
    int rank,
    double confidence,
    double loss,
    boolean unknown) {

  /**
   * As the other, of a model that says {@linkplain Confidence#NONE nothing} of how sure it is, and
   * has outputs for its classes only.
   */
  public static ImagePrediction of(
      int image, int truth, float[] logits, int row, int classes, ClassifierActivation activation) {
    MobileNetV1.Head head = new MobileNetV1.Head(classes, 0, 0, activation, 0);
    return of(image, truth, logits, row, head, Confidence.NONE);
  }

  /**
   * Reads an answer from a row of logits. Everything is computed in double precision.
   *
   * @param image its index in the data set
   * @param truth the class it belongs to
   * @param outputs {@code [n, outputs]} of the network; not modified
   * @param row which of the n
   * @param head what they mean
   * @param confidence temperature and threshold
   * @throws MobileNetException if the true class is not one of them, or a logit is not finite
   */
  public static ImagePrediction of(
      int image,
      int truth,
      float[] outputs,
      int row,
      MobileNetV1.Head head,
      Confidence confidence) {
    int classes = head.classes();
    if (truth < 0 || truth >= classes) {
      throw new MobileNetException(
          "picture %s is of class %s, expected 0 to %s".formatted(image, truth, classes - 1));
    }
    float[] all = Arrays.copyOfRange(outputs, row * head.logits(), (row + 1) * head.logits());
    float[] own = head.ofClasses(all, 1);
    int rank = 0;
    for (int c = 0; c < classes; c++) {
      if (!Float.isFinite(own[c])) {
        throw new MobileNetException(
            "picture %s has the logit %s for class %s, expected a finite number"
                .formatted(image, own[c], c));
      }
      if (own[c] > own[truth] || (own[c] == own[truth] && c < truth)) {
        rank++;
      }
    }
    if (head.others() > 0 && Double.isNaN(head.evidence(all, 0))) {
      throw new MobileNetException(
          "picture %s has a logit for other things that is no finite number".formatted(image));
    }
    int predicted = Logits.argmax(own, 0, classes);
    boolean unknown = confidence.isUnknown(head, all, 0);
    float[] z = confidence.tempered(own);
    return switch (head.activation()) {
      case SOFTMAX, BINARY -> {
        double sum = Arrays.stream(Logits.powers(z, 0, classes)).reduce(0, Double::sum);
        double loss = Math.max(0, Math.log(sum) + z[predicted] - z[truth]);
        yield new ImagePrediction(image, truth, predicted, rank, 1 / sum, loss, unknown);
      }
      case SIGMOID -> {
        double probability = Math.exp(-minusLogSigmoid(z[predicted]));
        double loss = minusLogSigmoid(z[truth]);
        yield new ImagePrediction(image, truth, predicted, rank, probability, loss, unknown);
      }
    };
  }

  /** Returns −ln σ(z), without overflow. */
  private static double minusLogSigmoid(double z) {
    return Math.log1p(Math.exp(-Math.abs(z))) + Math.max(-z, 0);
  }

  /** Returns whether the predicted class is the true one. */
  public boolean correct() {
    return rank == 0;
  }

  /** Returns the probability of the true class. */
  public double probabilityOfTruth() {
    return Math.exp(-loss);
  }
}
