package io.github.mobilenet4j.server.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.ClassSelection;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelOutputTest {
  /**
   * Probabilities are those of the classes, logits those of all outputs, as the network has them.
   */
  @Test
  void outputsForOthersAreLogitsOnly() {
    Model some = ClassSelection.of(ModelFile.bundled(), List.of(4, 1), List.of(3));
    MobileNetV1 network = some.network();
    assertThat(ModelOutput.PROBABILITIES.size(network)).isEqualTo(2);
    assertThat(ModelOutput.LOGITS.size(network)).isEqualTo(3);
    float[] two = {1, 1, 8, 3, 3, -8};
    assertThat(ModelOutput.PROBABILITIES.of(some, two, 2)).containsExactly(.5f, .5f, .5f, .5f);
    assertThat(ModelOutput.LOGITS.of(some, two, 2)).isEqualTo(two);
  }
}
