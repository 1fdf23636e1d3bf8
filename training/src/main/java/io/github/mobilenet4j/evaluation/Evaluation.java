package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Unreadable;
import io.github.mobilenet4j.network.ClassifierActivation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The measures of a model on labelled pictures. Everything is counted from one {@link
 * ImagePrediction} a picture. Immutable.
 *
 * <p>Means over classes (macro averages) are over the classes that have pictures.
 */
public final class Evaluation {
  /** How many ranges of confidence the calibration error has, all of one width. */
  public static final int RELIABILITY_BINS = 15;

  private static final int MAX_MATRIX = 10_000;

  private final List<String> classes;
  private final List<ImagePrediction> predictions;
  private final List<Unreadable> unreadable;
  private final double seconds;
  private final List<ClassScores> scores;
  private final List<Confusion> confusions;
  private final List<ReliabilityBin> reliability;

  /**
   * @param classes the names of the model's classes
   * @param predictions one a picture
   * @param unreadable pictures that were left out
   * @param seconds what the answers took, pictures read and preprocessed; NaN if it was not
   *     measured
   * @throws MobileNetException if there is no answer, or one for a class that does not exist
   */
  public Evaluation(
      List<String> classes,
      List<ImagePrediction> predictions,
      List<Unreadable> unreadable,
      double seconds) {
    this.classes = List.copyOf(classes);
    this.predictions = List.copyOf(predictions);
    this.unreadable = List.copyOf(unreadable);
    this.seconds = seconds;
    if (predictions.isEmpty()) {
      throw new MobileNetException("there are no pictures to evaluate");
    }
    int[] support = new int[classes.size()];
    int[] predicted = new int[classes.size()];
    int[] correct = new int[classes.size()];
    for (ImagePrediction prediction : predictions) {
      if (Math.max(prediction.truth(), prediction.predicted()) >= classes.size()) {
        throw new MobileNetException("%s, but %s classes".formatted(prediction, classes.size()));
      }
      support[prediction.truth()]++;
      predicted[prediction.predicted()]++;
      correct[prediction.truth()] += prediction.correct() ? 1 : 0;
    }
    List<ClassScores> perClass = new ArrayList<>();
    for (int c = 0; c < support.length; c++) {
      perClass.add(new ClassScores(classes.get(c), support[c], predicted[c], correct[c]));
    }
    scores = List.copyOf(perClass);
    confusions = confusions(predictions);
    reliability = reliability(predictions);
  }

  /**
   * Returns the measures of a table of logits.
   *
   * @param classes the names of the model's classes, ≥ 2
   * @param logits {@code [n, classes]}
   * @param labels {@code [n]}
   * @throws MobileNetException if the sizes do not agree, there is no picture, a label is not a
   *     class, or a logit is not finite
   */
  public static Evaluation of(List<String> classes, float[] logits, int[] labels) {
    if (logits.length != (long) labels.length * classes.size()) {
      throw new MobileNetException(
          "%s logits for %s pictures and %s classes, expected %s"
              .formatted(
                  logits.length,
                  labels.length,
                  classes.size(),
                  (long) labels.length * classes.size()));
    }
    List<ImagePrediction> predictions = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      predictions.add(
          ImagePrediction.of(
              i, labels[i], logits, i, classes.size(), ClassifierActivation.SOFTMAX));
    }
    return new Evaluation(classes, predictions, List.of(), Double.NaN);
  }

  private static List<Confusion> confusions(List<ImagePrediction> predictions) {
    record Pair(int truth, int predicted) {}

    Map<Pair, Integer> counts = new HashMap<>();
    for (ImagePrediction prediction : predictions) {
      if (!prediction.correct()) {
        counts.merge(new Pair(prediction.truth(), prediction.predicted()), 1, Integer::sum);
      }
    }
    return counts.entrySet().stream()
        .map(e -> new Confusion(e.getKey().truth(), e.getKey().predicted(), e.getValue()))
        .sorted(
            Comparator.comparingInt(Confusion::images)
                .reversed()
                .thenComparingInt(Confusion::truth)
                .thenComparingInt(Confusion::predicted))
        .toList();
  }

  private static List<ReliabilityBin> reliability(List<ImagePrediction> predictions) {
    int[] images = new int[RELIABILITY_BINS];
    double[] confidence = new double[RELIABILITY_BINS];
    int[] correct = new int[RELIABILITY_BINS];
    for (ImagePrediction prediction : predictions) {
      int bin = (int) Math.ceil(prediction.confidence() * RELIABILITY_BINS) - 1;
      int b = Math.clamp(bin, 0, RELIABILITY_BINS - 1);
      images[b]++;
      confidence[b] += prediction.confidence();
      correct[b] += prediction.correct() ? 1 : 0;
    }
    List<ReliabilityBin> bins = new ArrayList<>();
    for (int b = 0; b < RELIABILITY_BINS; b++) {
      int n = Math.max(1, images[b]);
      bins.add(
          new ReliabilityBin(
              (double) b / RELIABILITY_BINS,
              (b + 1.0) / RELIABILITY_BINS,
              images[b],
              confidence[b] / n,
              (double) correct[b] / n));
    }
    return List.copyOf(bins);
  }

  /** Returns the names of the model's classes. */
  public List<String> classes() {
    return classes;
  }

  /** Returns the answers, in the order of the pictures. */
  public List<ImagePrediction> predictions() {
    return predictions;
  }

  /** Returns the pictures that could not be read and were left out. */
  public List<Unreadable> unreadable() {
    return unreadable;
  }

  /** Returns the number of answers, ≥ 1. */
  public int images() {
    return predictions.size();
  }

  /** Returns the part of the predictions that are correct, in [0, 1]. */
  public double top1() {
    return top(1);
  }

  /** Returns the part of the pictures whose class is among the five most probable, in [0, 1]. */
  public double top5() {
    return top(5);
  }

  /** Returns the part of the pictures whose class is among the k most probable, in [0, 1]. */
  public double top(int k) {
    return (double) hits(k) / images();
  }

  /** Returns the range that the accuracy on many more such pictures lies in (95 %). */
  public Interval top1Interval() {
    return Interval.wilson(hits(1), images());
  }

  private int hits(int k) {
    return (int) predictions.stream().filter(prediction -> prediction.rank() < k).count();
  }

  /** Returns the mean cross-entropy in nats. */
  public double loss() {
    return mean(ImagePrediction::loss);
  }

  /** Returns the mean confidence, in [0, 1]; above {@link #top1()} the model is too sure. */
  public double meanConfidence() {
    return mean(ImagePrediction::confidence);
  }

  /**
   * Returns the part of the pictures of which the model says that they show none of its classes.
   */
  public double unknown() {
    return mean(prediction -> prediction.unknown() ? 1 : 0);
  }

  private double mean(ToDoubleFunction<ImagePrediction> value) {
    return predictions.stream().mapToDouble(value).average().orElseThrow();
  }

  /** Returns the scores of each class, by index. */
  public List<ClassScores> scores() {
    return scores;
  }

  /** Returns the mean of the precision over the classes that have pictures, in [0, 1]. */
  public double macroPrecision() {
    return macro(ClassScores::precision);
  }

  /** Returns the mean of the recall over the classes that have pictures: balanced accuracy. */
  public double macroRecall() {
    return macro(ClassScores::recall);
  }

  /** Returns the mean of F1 over the classes that have pictures, in [0, 1]. */
  public double macroF1() {
    return macro(ClassScores::f1);
  }

  private double macro(ToDoubleFunction<ClassScores> value) {
    return scores.stream().filter(s -> s.support() > 0).mapToDouble(value).average().orElseThrow();
  }

  /** Returns the pairs of classes that are confused, the most frequent first. */
  public List<Confusion> confusions() {
    return confusions;
  }

  /**
   * Returns the confusion matrix, pictures by {@code [truth][predicted]}; a new one each time.
   *
   * @throws MobileNetException if there are more than 10,000 classes; {@link #confusions} has no
   *     such limit
   */
  public int[][] confusionMatrix() {
    if (classes.size() > MAX_MATRIX) {
      throw new MobileNetException(
          "a confusion matrix of %s classes, expected at most %s"
              .formatted(classes.size(), MAX_MATRIX));
    }
    int[][] matrix = new int[classes.size()][classes.size()];
    for (ImagePrediction prediction : predictions) {
      matrix[prediction.truth()][prediction.predicted()]++;
    }
    return matrix;
  }

  /** Returns the answers by confidence, in {@link #RELIABILITY_BINS} ranges of one width. */
  public List<ReliabilityBin> reliability() {
    return reliability;
  }

  /**
   * Returns the expected calibration error, in [0, 1]: the mean over all answers of |accuracy −
   * confidence| of their bin (Guo et al., On Calibration of Modern Neural Networks,
   * arXiv:1706.04599, equation 3).
   */
  public double expectedCalibrationError() {
    return reliability.stream()
        .mapToDouble(b -> Math.abs(b.accuracy() - b.confidence()) * b.images() / images())
        .sum();
  }

  /** Returns the wrong answers, the most confident first. */
  public List<ImagePrediction> mistakes() {
    return predictions.stream()
        .filter(prediction -> !prediction.correct())
        .sorted(Comparator.comparingDouble(ImagePrediction::confidence).reversed())
        .toList();
  }

  /** Returns pictures a second, reading and preprocessing included; NaN if not measured. */
  public double imagesPerSecond() {
    return images() / seconds;
  }
}
