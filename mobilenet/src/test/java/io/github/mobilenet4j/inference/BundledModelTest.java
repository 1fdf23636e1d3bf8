package io.github.mobilenet4j.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundledModelTest {
  @Test
  void isSmall() throws IOException {
    URL file = ModelFile.class.getResource("cifar10.safetensors");
    assertThat(file.openConnection().getContentLength()).isLessThan(2_000_000);
  }

  @Test
  void saysNothingOfTheMachineThatTrainedIt() {
    assertThat(ModelFile.bundled().metadata()).doesNotContainKey("data");
  }

  /** Of the five samples; the moose and the herd of horses it takes for something else. */
  @ParameterizedTest
  @ValueSource(strings = {"bird.webp", "cat.png", "dog.webp"})
  void knowsWhatTheSamplesShow(String sample) {
    Model model = ModelFile.bundled();
    Path image = Path.of(System.getProperty("mobilenet4j.root"), "samples", sample);
    try (Classifier classifier = Classifier.of(model)) {
      assertThat(classifier.classify(image, 1).getFirst().label())
          .isEqualTo(sample.substring(0, sample.indexOf('.')));
    }
  }
}
