package io.github.mobilenet4j.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Parameter;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifierTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(5).build();

  private static Model model(Weights weights) {
    return new Model(
        NETWORK,
        weights,
        Preprocessing.TENSORFLOW,
        new Labels(List.of("ant", "bee", "cat", "dog", "eel")),
        Map.of());
  }

  private static Classifier random() {
    return Classifier.of(model(RandomWeights.of(NETWORK, 1)), 2);
  }

  /** Returns a classifier whose logits are these numbers, whatever the picture. */
  private static Classifier constant(float... logits) {
    Weights random = RandomWeights.of(NETWORK, 1);
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : NETWORK.parameters()) {
      values.put(p.name(), random.get(p));
    }
    values.put("classifier.kernel", new float[NETWORK.features() * NETWORK.classes()]);
    values.put("classifier.bias", logits);
    return Classifier.of(model(new Weights("test", NETWORK, values)), 1);
  }

  private static RgbImage picture(int seed) {
    byte[] rgb = new byte[40 * 50 * 3];
    new Random(seed).nextBytes(rgb);
    return new RgbImage(40, 50, rgb);
  }

  @Test
  void mostProbableFirstAndOfEqualOnesTheLowerIndex() {
    try (Classifier classifier = constant(1, 3, 1, 3, 2)) {
      List<Prediction> all = classifier.classify(picture(1), 100);
      assertThat(all).extracting(Prediction::index).containsExactly(1, 3, 4, 0, 2);
      assertThat(all)
          .extracting(Prediction::label)
          .containsExactly("bee", "dog", "eel", "ant", "cat");
      double sum = 2 * Math.exp(1) + Math.exp(2) + 2 * Math.exp(3);
      assertThat(all.get(0).probability()).isEqualTo((float) (Math.exp(3) / sum));
      assertThat(all.get(4).probability()).isEqualTo((float) (Math.exp(1) / sum));
      assertThat(classifier.classify(picture(1), 2)).isEqualTo(all.subList(0, 2));
    }
  }

  @Test
  void largeLogitsDoNotOverflow() {
    assertThat(Classifier.softmax(new float[] {1e4f, 1e4f, -1e4f})).containsExactly(.5f, .5f, 0);
  }

  @Test
  void embeddingIsThePooledFeatures() {
    try (Classifier classifier = random()) {
      float[] embedding = classifier.embedding(picture(1));
      assertThat(embedding).hasSize(256).isNotEqualTo(classifier.embedding(picture(2)));
      float[] x = new float[32 * 32 * 3];
      classifier.model().preprocessing().apply(picture(1), 32, 32, x, 0);
      float[] features = new float[256];
      try (Session session = new Session(classifier.plan(), 1, 1)) {
        session.run(x, 1, new float[5]);
        session.features(1, features);
      }
      assertThat(embedding).isEqualTo(features);
    }
  }

  @Test
  void manyThreadsGetTheBitsOfOne() throws Exception {
    int pictures = 8;
    try (Classifier classifier = random();
        ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<float[]> expected = new ArrayList<>();
      List<Callable<float[]>> calls = new ArrayList<>();
      for (int i = 0; i < pictures; i++) {
        RgbImage picture = picture(i);
        expected.add(classifier.logits(picture));
        calls.add(() -> classifier.logits(picture));
      }
      for (int time = 0; time < 20; time++) {
        List<Future<float[]>> logits = pool.invokeAll(calls);
        for (int i = 0; i < pictures; i++) {
          assertThat(logits.get(i).get()).isEqualTo(expected.get(i));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1})
  void refusesToReturnNothing(int top) {
    try (Classifier classifier = random()) {
      assertThatThrownBy(() -> classifier.classify(picture(1), top))
          .isInstanceOf(MobileNetException.class)
          .hasMessage("top is %d, expected >= 1", top);
    }
  }

  @Test
  void refusesNoThreads() {
    Model model = model(RandomWeights.of(NETWORK, 1));
    assertThatThrownBy(() -> Classifier.of(model, 0))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("threads is 0, expected >= 1");
  }

  @Test
  void aClosedOneSaysSo() {
    Classifier classifier = random();
    classifier.logits(picture(1));
    classifier.close();
    classifier.close();
    assertThatThrownBy(() -> classifier.logits(picture(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the classifier is closed");
  }
}
