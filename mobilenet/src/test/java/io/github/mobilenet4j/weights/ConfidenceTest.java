package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.network.ClassifierActivation;
import java.nio.file.Path;
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
    assertThat(SURE.probabilities(ClassifierActivation.SOFTMAX, logits))
        .containsExactly(
            new float[] {0.5627416968345642f, 0.2889212369918823f, 0.14833709597587585f},
            within(1e-7f));
    assertThat(SURE.probabilities(ClassifierActivation.SIGMOID, logits))
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
