package io.github.mobilenet4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.network.ClassifierActivation;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The measures against NumPy, SciPy and scikit-learn; {@code evaluation.py} has made the golden.
 */
class EvaluationTest {
  private static final double CLOSE = 1e-12;

  private final Map<?, ?> golden = golden();
  private final Evaluation evaluation = evaluation();

  private static Map<?, ?> golden() {
    try (InputStream in = EvaluationTest.class.getResourceAsStream("/golden/evaluation.json")) {
      return (Map<?, ?>) Json.parse("evaluation.json", new String(in.readAllBytes()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Evaluation evaluation() {
    List<?> rows = (List<?>) golden.get("logits");
    int classes = numbers(rows.getFirst()).length;
    double[] values = rows.stream().flatMapToDouble(row -> Arrays.stream(numbers(row))).toArray();
    float[] logits = new float[values.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) values[i];
    }
    int[] labels = Arrays.stream(numbers(golden.get("labels"))).mapToInt(v -> (int) v).toArray();
    return Evaluation.of(names(classes), logits, labels);
  }

  private static List<String> names(int classes) {
    return IntStream.range(0, classes).mapToObj(c -> "class " + c).toList();
  }

  private static double[] numbers(Object list) {
    return ((List<?>) list).stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray();
  }

  private double number(String name) {
    return ((Number) golden.get(name)).doubleValue();
  }

  @Test
  void sharesAndMeans() {
    double[] interval = numbers(golden.get("top1Interval"));
    double[] macro = numbers(golden.get("macro"));
    assertThat(evaluation.images()).isEqualTo(150);
    assertThat(evaluation.top1()).isCloseTo(number("top1"), within(CLOSE));
    assertThat(evaluation.top1Interval().low()).isCloseTo(interval[0], within(CLOSE));
    assertThat(evaluation.top1Interval().high()).isCloseTo(interval[1], within(CLOSE));
    assertThat(evaluation.top5()).isCloseTo(number("top5"), within(CLOSE));
    assertThat(evaluation.loss()).isCloseTo(number("loss"), within(CLOSE));
    assertThat(evaluation.meanConfidence()).isCloseTo(number("meanConfidence"), within(CLOSE));
    assertThat(evaluation.macroPrecision()).isCloseTo(macro[0], within(CLOSE));
    assertThat(evaluation.macroRecall()).isCloseTo(macro[1], within(CLOSE));
    assertThat(evaluation.macroF1()).isCloseTo(macro[2], within(CLOSE));
    assertThat(evaluation.imagesPerSecond()).isNaN();
  }

  @Test
  void everyClass() {
    List<?> expected = (List<?>) golden.get("classes");
    assertThat(evaluation.scores()).hasSameSizeAs(expected);
    for (int c = 0; c < expected.size(); c++) {
      ClassScores scores = evaluation.scores().get(c);
      double[] found = {scores.precision(), scores.recall(), scores.f1(), scores.support()};
      assertThat(found).containsExactly(numbers(expected.get(c)), within(CLOSE));
    }
  }

  @Test
  void confusions() {
    double[][] matrix =
        ((List<?>) golden.get("confusion"))
            .stream().map(EvaluationTest::numbers).toArray(double[][]::new);
    int[][] found = evaluation.confusionMatrix();
    assertThat(found).hasDimensions(matrix.length, matrix.length);
    int[][] fromPairs = new int[matrix.length][matrix.length];
    evaluation.confusions().forEach(c -> fromPairs[c.truth()][c.predicted()] = c.images());
    for (int truth = 0; truth < matrix.length; truth++) {
      for (int predicted = 0; predicted < matrix.length; predicted++) {
        assertThat(found[truth][predicted]).isEqualTo((int) matrix[truth][predicted]);
        assertThat(fromPairs[truth][predicted])
            .isEqualTo(truth == predicted ? 0 : (int) matrix[truth][predicted]);
      }
    }
    assertThat(evaluation.confusions())
        .isSortedAccordingTo((a, b) -> Integer.compare(b.images(), a.images()));
  }

  @Test
  void calibration() {
    List<?> expected = (List<?>) golden.get("reliability");
    assertThat(evaluation.reliability()).hasSize(Evaluation.RELIABILITY_BINS);
    for (int b = 0; b < expected.size(); b++) {
      ReliabilityBin bin = evaluation.reliability().get(b);
      double[] found = {bin.images(), bin.confidence(), bin.accuracy()};
      assertThat(found).containsExactly(numbers(expected.get(b)), within(CLOSE));
    }
    assertThat(evaluation.expectedCalibrationError())
        .isCloseTo(number("expectedCalibrationError"), within(CLOSE));
  }

  @Test
  void mistakesBeginWithTheMostConfident() {
    List<ImagePrediction> mistakes = evaluation.mistakes();
    assertThat(mistakes).hasSize((int) Math.round((1 - evaluation.top1()) * 150));
    assertThat(mistakes).noneMatch(ImagePrediction::correct);
    assertThat(mistakes)
        .isSortedAccordingTo((a, b) -> Double.compare(b.confidence(), a.confidence()));
  }

  @Test
  void ofEqualLogitsTheLowestIndexComesFirst() {
    float[] equal = {1, 1, 1, 0};
    assertThat(ImagePrediction.of(9, 0, equal, 0, 4, ClassifierActivation.SOFTMAX).correct())
        .isTrue();
    ImagePrediction last = ImagePrediction.of(9, 2, equal, 0, 4, ClassifierActivation.SOFTMAX);
    assertThat(last.predicted()).isZero();
    assertThat(last.rank()).isEqualTo(2);
    assertThat(last.probabilityOfTruth()).isCloseTo(last.confidence(), within(CLOSE));
  }

  @Test
  void sigmoidsAreProbabilitiesOfTheirOwn() {
    ImagePrediction one =
        ImagePrediction.of(0, 1, new float[] {2, -1}, 0, 2, ClassifierActivation.SIGMOID);
    assertThat(one.confidence()).isCloseTo(1 / (1 + Math.exp(-2)), within(CLOSE));
    assertThat(one.probabilityOfTruth()).isCloseTo(1 / (1 + Math.exp(1)), within(CLOSE));
    ImagePrediction large =
        ImagePrediction.of(0, 1, new float[] {3e38f, -3e38f}, 0, 2, ClassifierActivation.SIGMOID);
    assertThat(large.confidence()).isEqualTo(1);
    assertThat(large.loss()).isCloseTo(3e38, within(1e32));
  }

  @Test
  void largeLogitsDoNotOverflow() {
    ImagePrediction prediction =
        ImagePrediction.of(0, 1, new float[] {3e38f, -3e38f}, 0, 2, ClassifierActivation.SOFTMAX);
    assertThat(prediction.confidence()).isEqualTo(1);
    assertThat(prediction.loss()).isCloseTo(6e38, within(1e32));
    assertThat(
            ImagePrediction.of(
                    0, 0, new float[] {3e38f, -3e38f}, 0, 2, ClassifierActivation.SOFTMAX)
                .loss())
        .isZero();
  }

  @Test
  void refusesWhatCannotBeMeasured() {
    refuses("no pictures to evaluate", List.of("a", "b"), new float[0]);
    refuses(
        "3 logits for 1 pictures and 2 classes, expected 2", List.of("a", "b"), new float[3], 0);
    refuses("picture 0 is of class 2, expected 0 to 1", List.of("a", "b"), new float[2], 2);
    refuses("picture 0 is of class -1", List.of("a", "b"), new float[2], -1);
    refuses(
        "picture 0 has the logit NaN for class 1", List.of("a", "b"), new float[] {0, 0f / 0}, 0);
  }

  private static void refuses(String message, List<String> classes, float[] logits, int... labels) {
    assertThatExceptionOfType(MobileNetException.class)
        .isThrownBy(() -> Evaluation.of(classes, logits, labels))
        .withMessageContaining(message);
  }
}
