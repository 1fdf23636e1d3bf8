package io.github.mobilenet4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Confidence;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfidenceFitTest {
  private static final int IMAGES = 40;
  private static final int CLASSES = 4;

  private static LabelledLogits known(ClassifierActivation activation) {
    float[] logits = new float[IMAGES * CLASSES];
    int[] labels = new int[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      for (int c = 0; c < CLASSES; c++) {
        logits[i * CLASSES + c] = (float) (4 * Math.sin(7 * i + 3 * c));
      }
      labels[i] = i % 3 == 0 ? Logits.argmax(logits, i, CLASSES) : 5 * i % 4;
    }
    return new LabelledLogits(logits, labels, head(CLASSES, activation));
  }

  private static MobileNetV1.Head head(int classes, ClassifierActivation activation) {
    return new MobileNetV1.Head(classes, 0, 0, activation, 0);
  }

  /** From confidence.py. */
  @ParameterizedTest
  @CsvSource({"SOFTMAX, 7.612926", "SIGMOID, 8.079999"})
  void theTemperatureIsPyTorchs(ClassifierActivation activation, double temperature) {
    assertThat(ConfidenceFit.of(known(activation), 0).temperature())
        .isCloseTo(temperature, within(1e-5));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0.02, 0", "0.05, 2", "0.5, 20", "1, 39"})
  void noMoreThanThePartIsBelowTheThreshold(double part, long expected) {
    LabelledLogits known = known(ClassifierActivation.SOFTMAX);
    Confidence confidence = ConfidenceFit.of(known, part);
    assertThat(
            IntStream.range(0, IMAGES)
                .filter(i ->
                    ImagePrediction.of(i, 0, known.outputs(), i, known.head(), confidence)
                        .unknown())
                .count())
        .isEqualTo(expected);
  }

  /** From confidence.py: the temperature is that among the classes, the threshold knows all. */
  @Test
  void outputsForOthersTakePartInTheThresholdOnly() {
    int outputs = 5;
    float[] values = new float[IMAGES * outputs];
    int[] labels = new int[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      for (int c = 0; c < outputs; c++) {
        values[i * outputs + c] = (float) (4 * Math.sin(7 * i + 3 * c));
      }
      float[] own = Arrays.copyOfRange(values, i * outputs, i * outputs + 3);
      labels[i] = i % 3 == 0 ? Logits.argmax(own, 0, 3) : i % 3;
    }
    MobileNetV1.Head head = new MobileNetV1.Head(3, 2, 0, ClassifierActivation.SOFTMAX, 0);
    LabelledLogits known = new LabelledLogits(values, labels, head);
    Confidence confidence = ConfidenceFit.of(known, 0.05);
    assertThat(confidence.temperature()).isCloseTo(7.580093, within(1e-5));
    assertThat(confidence.threshold().getAsDouble()).isCloseTo(-1.0854007, within(1e-6));
    List<ImagePrediction> all =
        IntStream.range(0, IMAGES)
            .mapToObj(i -> ImagePrediction.of(i, labels[i], values, i, head, confidence))
            .toList();
    assertThat(all.stream().filter(ImagePrediction::unknown)).hasSize(2);
    assertThat(all).allMatch(p -> p.predicted() < 3 && p.rank() < 3);
    assertThat(all.stream().filter(p -> !p.correct())).hasSize(known.mistakes());
    values[4] = Float.NaN;
    assertThatThrownBy(() -> ImagePrediction.of(0, 0, values, 0, head, confidence))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("other things");
  }

  @Test
  void twoClassesOfOneLogitHaveNoThreshold() {
    LabelledLogits known =
        new LabelledLogits(
            new float[] {1, -1}, new int[] {1, 1}, head(2, ClassifierActivation.BINARY));
    assertThat(ConfidenceFit.of(known, 0.5).threshold()).isEmpty();
  }

  @Test
  void badArgumentsAreNamed() {
    assertThatThrownBy(() -> ConfidenceFit.of(known(ClassifierActivation.SOFTMAX), 1.5))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("the part is 1.5, expected 0 to 1");
    LabelledLogits none =
        new LabelledLogits(new float[0], new int[0], head(3, ClassifierActivation.SOFTMAX));
    assertThatThrownBy(() -> ConfidenceFit.of(none, 0.05))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("there are no pictures to measure on");
  }
}
