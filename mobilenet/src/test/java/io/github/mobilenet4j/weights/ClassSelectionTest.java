package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ClassSelectionTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.1).resolution(32).classes(7).build();

  static Stream<Weights> weights() {
    Weights.Trained trained = RandomWeights.of(NETWORK, 3);
    return Stream.of(
        trained,
        trained.folded(NETWORK),
        RandomIntegers.of(NETWORK, DataType.I8, true, true),
        RandomIntegers.of(NETWORK, DataType.U8, false, false));
  }

  @ParameterizedTest
  @MethodSource("weights")
  void logitsAreThoseOfAllClassesToTheBit(Weights weights) {
    Model all = model(weights);
    Model some = ClassSelection.of(all, List.of(5, 0, 6));
    assertThat(some.labels().names()).containsExactly("class 5", "class 0", "class 6");
    byte[] pixels = new byte[32 * 32 * 3];
    new Random(1).nextBytes(pixels);
    RgbImage image = new RgbImage(32, 32, pixels);
    try (Classifier before = Classifier.of(all, 1);
        Classifier after = Classifier.of(some, 1)) {
      float[] logits = before.logits(image);
      assertThat(after.logits(image)).containsExactly(logits[5], logits[0], logits[6]);
    }
  }

  @ParameterizedTest
  @MethodSource("weights")
  void outputsForOthersAreThoseOfTheirClassesAndHaveNoName(Weights weights) {
    Model all = model(weights);
    Model some = ClassSelection.of(all, List.of(5, 0), List.of(6, 1, 3));
    assertThat(some.labels().names()).containsExactly("class 5", "class 0");
    assertThat(some.network().head().others()).isEqualTo(3);
    RgbImage image = new RgbImage(32, 32, new byte[32 * 32 * 3]);
    try (Classifier before = Classifier.of(all, 1);
        Classifier after = Classifier.of(some, 1)) {
      float[] logits = before.logits(image);
      assertThat(after.logits(image))
          .containsExactly(logits[5], logits[0], logits[6], logits[1], logits[3]);
      assertThat(after.probabilities(image)).hasSize(2);
      assertThat(after.classify(image, 9)).hasSize(2);
    }
    assertThatThrownBy(() -> ClassSelection.of(all, List.of(5, 0), List.of(0)))
        .isInstanceOf(MobileNetException.class);
  }

  @Test
  void whatIsNoClassIsRefused() {
    Model model = model(RandomWeights.of(NETWORK, 3));
    for (List<Integer> wrong : List.of(List.of(1, 7), List.of(1, -1), List.of(1, 1))) {
      assertThatThrownBy(() -> ClassSelection.of(model, wrong))
          .isInstanceOf(MobileNetException.class)
          .hasMessage("class %s, expected different ones from 0 to 6".formatted(wrong.get(1)));
    }
  }

  private static Model model(Weights weights) {
    return new Model(
        NETWORK, weights, Preprocessing.TENSORFLOW, Labels.numbered(7), Map.of("origin", "here"));
  }
}
