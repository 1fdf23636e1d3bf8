package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Prediction;
import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfidenceTest {
  private static final Confidence SURE = new Confidence(1.5, OptionalDouble.of(2));

  /** As PyTorch's softmax and sigmoid of {@code tensor([2, 1, 0]) / 1.5}. */
  @Test
  void probabilitiesAreThoseOfDividedLogits() {
    float[] logits = {2, 1, 0};
    assertThat(SURE.probabilities(head(3, 0, ClassifierActivation.SOFTMAX), logits))
        .containsExactly(
            new float[] {0.5627416968345642f, 0.2889212369918823f, 0.14833709597587585f},
            within(1e-7f));
    assertThat(SURE.probabilities(head(3, 0, ClassifierActivation.SIGMOID), logits))
        .containsExactly(
            new float[] {0.7913914918899536f, 0.6607563495635986f, 0.5f}, within(1e-7f));
    assertThat(logits).containsExactly(2, 1, 0);
    assertThat(Confidence.NONE.tempered(logits)).isSameAs(logits);
  }

  @Test
  void anImageOfWhichNoLogitReachesTheThresholdShowsNone() {
    Model model = Fixtures.model().withConfidence(SURE);
    assertThat(Predictions.of(model, new float[] {1, 2, 0}, 3).unknown()).isFalse();
    assertThat(Predictions.of(model, new float[] {1, 1.99f, 0}, 3).unknown()).isTrue();
    assertThat(Predictions.of(Fixtures.model(), new float[] {1, -9, 0}, 3).unknown()).isFalse();
  }

  private static MobileNetV1.Head head(int classes, int others, ClassifierActivation activation) {
    return new MobileNetV1.Head(classes, others, 0, activation, 0);
  }

  /** As PyTorch has it: {@code tensor([2, 1, 0]).max() - tensor([1.5, -1]).logsumexp(0)}. */
  @Test
  void outputsForOthersSpeakAgainstTheClasses() {
    MobileNetV1.Head head = head(3, 2, ClassifierActivation.SOFTMAX);
    float[] two = {9, 9, 9, 9, 9, 2, 1, 0, 1.5f, -1};
    assertThat(head.evidence(two, 1)).isCloseTo(0.4211102, within(1e-6));
    assertThat(head(5, 0, ClassifierActivation.SOFTMAX).evidence(two, 1)).isEqualTo(2);
    assertThat(head.ofClasses(two, 2)).containsExactly(9, 9, 9, 2, 1, 0);
    assertThat(SURE.probabilities(head, new float[] {2, 1, 0, 1.5f, -1}))
        .isEqualTo(
            SURE.probabilities(head(3, 0, ClassifierActivation.SOFTMAX), new float[] {2, 1, 0}));
    assertThat(SURE.isUnknown(head, two, 1)).isTrue();
    assertThat(new Confidence(1, OptionalDouble.of(0.42)).isUnknown(head, two, 1)).isFalse();
  }

  @Test
  void outputsForOthersAreNeverNamed() {
    Model all = Fixtures.model();
    Model some = ClassSelection.of(all, List.of(2, 0), List.of(1)).withConfidence(SURE);
    Predictions predictions = Predictions.of(some, new float[] {1, 3, 8}, 9);
    assertThat(predictions)
        .extracting(Prediction::label)
        .containsExactly(all.labels().name(0), all.labels().name(2));
    assertThat(predictions.unknown()).isTrue();
    assertThat(Predictions.of(some, new float[] {1, 3, 0}, 1).unknown()).isFalse();
    Model read = ModelFile.read("a", Fixtures.bytesOf(some));
    assertThat(read.network()).isEqualTo(some.network());
    assertThat(read.network().head().others()).isOne();
    assertThat(read.confidence()).isEqualTo(SURE);
    assertThat(ModelFile.metadata(all)).doesNotContainKey("others");
  }

  @Test
  void outputsForOthersStandBesideClassesThatExcludeEachOther() {
    for (ClassifierActivation activation :
        List.of(ClassifierActivation.SIGMOID, ClassifierActivation.BINARY)) {
      assertThatThrownBy(() -> head(2, 1, activation))
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("outputs for other things is 1 beside 2 classes under");
    }
    for (int others : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> MobileNetV1.builder().others(others).build())
          .isInstanceOf(MobileNetException.class);
    }
    assertThatThrownBy(() -> head(0, 3, ClassifierActivation.SOFTMAX))
        .isInstanceOf(MobileNetException.class);
  }

  @Test
  void aModelFileKeepsIt(@TempDir Path folder) {
    Path file = folder.resolve("a.safetensors");
    ModelFile.write(file, Fixtures.model().withConfidence(SURE));
    Model read = ModelFile.read(file);
    assertThat(read.confidence()).isEqualTo(SURE);
    assertThat(read.withInput(64, 64).confidence()).isEqualTo(SURE);
    assertThat(read.withLabels(read.labels()).confidence()).isEqualTo(SURE);
    assertThat(Fixtures.model().confidence()).isEqualTo(Confidence.NONE);
    assertThat(ModelFile.metadata(Fixtures.model())).doesNotContainKeys("temperature", "threshold");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, 0.001, 101, Double.NaN, Double.POSITIVE_INFINITY})
  void aTemperatureIsPositiveAndNotExtreme(double temperature) {
    assertThatThrownBy(() -> new Confidence(temperature, OptionalDouble.empty()))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("temperature is %s, expected 0.01 to 100.0".formatted(temperature));
  }

  @Test
  void aThresholdIsFinite() {
    assertThatThrownBy(() -> new Confidence(1, OptionalDouble.of(Double.NaN)))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("threshold is NaN, expected a finite number");
  }
}
