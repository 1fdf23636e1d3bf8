package io.github.mobilenet4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Unreadable;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluatorTest {
  private static final int PICTURES = 23;
  private static final List<String> CLASSES = List.of("a", "b", "c", "d", "e", "f");
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(6).build();
  private static final Model MODEL =
      new Model(
          NETWORK,
          RandomWeights.of(NETWORK, 7),
          Preprocessing.TENSORFLOW,
          new Labels(CLASSES),
          Map.of());

  /** Pictures of noise, of the classes of the model in another order; number 5 is damaged. */
  private static final Dataset DATA =
      Dataset.of(
          List.of("d", "b", "a"),
          IntStream.range(0, PICTURES).mapToObj(i -> i + ".png").toList(),
          IntStream.range(0, PICTURES).map(i -> i % 3).toArray(),
          EvaluatorTest::image);

  private static RgbImage image(int i) {
    if (i == 5) {
      throw new ImageException("5.png: damaged");
    }
    byte[] rgb = new byte[40 * 50 * 3];
    new SplittableRandom(i).nextBytes(rgb);
    return new RgbImage(40, 50, rgb);
  }

  @ParameterizedTest
  @CsvSource({"1,1", "4,2", "32,3"})
  void predictionsAreTheClassifiers(int batch, int threads) {
    List<Integer> done = new ArrayList<>();
    Evaluation evaluation;
    try (Evaluator evaluator = new Evaluator(MODEL, DATA, batch, threads, 0, false)) {
      assertThat(evaluator.classesByOrder()).isFalse();
      evaluation = evaluator.evaluate(MODEL.weights(), done::add);
      assertThat(evaluator.evaluate(MODEL.weights(), _ -> {}).predictions())
          .isEqualTo(evaluation.predictions());
    }
    List<ImagePrediction> expected = new ArrayList<>();
    try (Classifier classifier = Classifier.of(MODEL, 1)) {
      for (int i = 0; i < PICTURES; i++) {
        if (i != 5) {
          int truth = CLASSES.indexOf(DATA.classes().get(DATA.label(i)));
          expected.add(
              ImagePrediction.of(
                  i,
                  truth,
                  classifier.logits(image(i)),
                  0,
                  CLASSES.size(),
                  ClassifierActivation.SOFTMAX));
        }
      }
    }
    assertThat(evaluation.predictions()).isEqualTo(expected);
    assertThat(evaluation.classes()).isEqualTo(CLASSES);
    assertThat(evaluation.unreadable()).extracting(Unreadable::name).containsExactly("5.png");
    assertThat(evaluation.imagesPerSecond()).isPositive();
    assertThat(done).isSorted().endsWith(PICTURES - 1);
  }

  /** One logit is the second class's: the same as the softmax of (0, z). */
  @Test
  void binaryIsTheSoftmaxOfZeroAndItsLogit() {
    MobileNetV1 network =
        NETWORK.toBuilder().classes(2).classifierActivation(ClassifierActivation.BINARY).build();
    Labels labels = new Labels(List.of("b", "a"));
    Model binary =
        new Model(
            network, RandomWeights.of(network, 7), Preprocessing.TENSORFLOW, labels, Map.of());
    MobileNetV1 plain = NETWORK.toBuilder().classes(2).build();
    Map<String, float[]> values = new HashMap<>(binary.weights().values());
    values.replaceAll((name, v) ->
        name.startsWith("classifier.")
            ? name.endsWith("bias") ? new float[] {0, v[0]} : behindZeros(v)
            : v);
    Model softmax =
        new Model(plain, new Weights.Trained(values), Preprocessing.TENSORFLOW, labels, Map.of());
    Dataset data =
        Dataset.of(
            List.of("a", "b"),
            List.of("0.png", "1.png", "2.png", "3.png"),
            new int[] {0, 1, 0, 1},
            EvaluatorTest::image);
    try (Evaluator one = new Evaluator(binary, data, 3, 1, 0, false);
        Evaluator two = new Evaluator(softmax, data, 3, 1, 0, false)) {
      assertThat(one.evaluate(_ -> {}).predictions())
          .isEqualTo(two.evaluate(_ -> {}).predictions());
    }
  }

  private static float[] behindZeros(float[] values) {
    float[] both = new float[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      both[2 * i + 1] = values[i];
    }
    return both;
  }

  @Test
  void withoutClassifierThereIsNothingToMeasure() {
    MobileNetV1 network = NETWORK.toBuilder().classes(0).build();
    Model model =
        new Model(
            network,
            RandomWeights.of(network, 7),
            Preprocessing.TENSORFLOW,
            new Labels(List.of()),
            Map.of());
    assertThatExceptionOfType(MobileNetException.class)
        .isThrownBy(() -> new Evaluator(model, DATA, 1, 1, 0, false))
        .withMessageContaining("the network has no classifier");
  }

  /** Else the figures would be those of fewer images, and nobody would know. */
  @Test
  void wantOfFilesIsAnError() {
    Dataset data =
        Dataset.of(
            DATA.classes(),
            List.of("1.png", "2.png"),
            new int[] {0, 1},
            i -> {
              if (i == 1) {
                throw new MobileNetException("cannot read 2.png: Too many open files");
              }
              return image(i);
            });
    try (Evaluator evaluator = new Evaluator(MODEL, data, 1, 1, 0, false)) {
      assertThatExceptionOfType(MobileNetException.class)
          .isThrownBy(() -> evaluator.evaluate(MODEL.weights(), _ -> {}))
          .withMessage("cannot read 2.png: Too many open files");
    }
  }

  @Test
  void givesUpAfterABatch() {
    List<Integer> done = new ArrayList<>();
    try (Evaluator evaluator = new Evaluator(MODEL, DATA, 4, 2, 0, false)) {
      evaluator.stopWhen(() -> done.size() >= 2);
      assertThatExceptionOfType(CancellationException.class)
          .isThrownBy(() -> evaluator.evaluate(MODEL.weights(), done::add));
      assertThat(done).hasSize(2);
    }
  }

  @Test
  void saysWhatIsWrong() {
    assertThatExceptionOfType(MobileNetException.class)
        .isThrownBy(() -> new Evaluator(MODEL, DATA, 0, 1, 0, false))
        .withMessage("batch is 0, expected at least 1");
    try (Evaluator evaluator = new Evaluator(MODEL, DATA.subset(5), 4, 1, 0, false)) {
      assertThatExceptionOfType(MobileNetException.class)
          .isThrownBy(() -> evaluator.evaluate(MODEL.weights(), _ -> {}))
          .withMessageContaining("5.png: damaged");
    }
    try (Evaluator evaluator = new Evaluator(MODEL, DATA.subset(), 4, 1, 0, false)) {
      assertThatExceptionOfType(MobileNetException.class)
          .isThrownBy(() -> evaluator.evaluate(MODEL.weights(), _ -> {}))
          .withMessage("there are no pictures to evaluate");
    }
  }
}
