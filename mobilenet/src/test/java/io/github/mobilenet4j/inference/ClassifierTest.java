package io.github.mobilenet4j.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.BusyException;
import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
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
    return Classifier.of(model(new Weights.Trained(values)), 1);
  }

  private static RgbImage image(int seed) {
    byte[] rgb = new byte[40 * 50 * 3];
    new Random(seed).nextBytes(rgb);
    return new RgbImage(40, 50, rgb);
  }

  @Test
  void mostProbableFirstAndOfEqualOnesTheLowerIndex() {
    try (Classifier classifier = constant(1, 3, 1, 3, 2)) {
      List<Prediction> all = classifier.classify(image(1), 100);
      assertThat(all).extracting(Prediction::index).containsExactly(1, 3, 4, 0, 2);
      assertThat(all)
          .extracting(Prediction::label)
          .containsExactly("bee", "dog", "eel", "ant", "cat");
      double sum = 2 * Math.exp(1) + Math.exp(2) + 2 * Math.exp(3);
      assertThat(all.get(0).probability()).isEqualTo((float) (Math.exp(3) / sum));
      assertThat(all.get(4).probability()).isEqualTo((float) (Math.exp(1) / sum));
      assertThat(classifier.classify(image(1), 2)).isEqualTo(all.subList(0, 2));
    }
  }

  @Test
  void embeddingIsThePooledFeatures() {
    try (Classifier classifier = random()) {
      float[] embedding = classifier.embedding(image(1));
      assertThat(embedding).hasSize(256).isNotEqualTo(classifier.embedding(image(2)));
      float[] x = new float[32 * 32 * 3];
      classifier.model().preprocessing().apply(image(1), 32, 32, x, 0);
      float[] features = new float[256];
      try (Session session = new Session(classifier.plan(), 1, 1)) {
        session.run(x, 1, new float[5]);
        session.features(1, features);
      }
      assertThat(embedding).isEqualTo(features);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void severalImagesAreClassifiedAsEachAlone(int batch) {
    List<RgbImage> images = IntStream.range(0, 7).mapToObj(ClassifierTest::image).toList();
    Model model = model(RandomWeights.of(NETWORK, 1));
    try (Classifier one = Classifier.of(model);
        Classifier several = Classifier.builder(model).threads(2).batch(batch).build()) {
      List<Predictions> expected = images.stream().map(i -> one.classify(i, 3)).toList();
      assertThat(several.classify(images, 3)).isEqualTo(expected).doesNotHaveDuplicates();
      assertThat(several.classify(List.of(), 3)).isEmpty();
      assertThat(several.classify(images.get(6), 3)).isEqualTo(expected.get(6));
      assertThat(several.logits(images.get(5))).isEqualTo(one.logits(images.get(5)));
      assertThat(several.embedding(images.get(4))).isEqualTo(one.embedding(images.get(4)));
      assertThatThrownBy(() -> several.classify(images, 0))
          .isInstanceOf(MobileNetException.class)
          .hasMessage("top is 0, expected >= 1");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 699_051, Integer.MAX_VALUE})
  void refusesABatchThatCannotBe(int batch) {
    Classifier.Builder builder =
        Classifier.builder(model(RandomWeights.of(NETWORK, 1))).batch(batch);
    assertThatThrownBy(builder::build)
        .isInstanceOf(MobileNetException.class)
        .hasMessage("batch is %s, expected >= 1 and images of fewer than 2^31 values", batch);
  }

  @Test
  void manyThreadsGetTheBitsOfOne() throws Exception {
    int images = 8;
    try (Classifier classifier = random();
        ExecutorService pool = Executors.newFixedThreadPool(4)) {
      List<float[]> expected = new ArrayList<>();
      List<Callable<float[]>> calls = new ArrayList<>();
      for (int i = 0; i < images; i++) {
        RgbImage image = image(i);
        expected.add(classifier.logits(image));
        calls.add(() -> classifier.logits(image));
      }
      for (int time = 0; time < 20; time++) {
        List<Future<float[]>> logits = pool.invokeAll(calls);
        for (int i = 0; i < images; i++) {
          assertThat(logits.get(i).get()).isEqualTo(expected.get(i));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 32, Integer.MAX_VALUE})
  void hundredsOfCallersShareWhatTheMachineHasUseFor(int threads) throws Exception {
    int processors = Runtime.getRuntime().availableProcessors();
    RgbImage image = image(1);
    CountDownLatch start = new CountDownLatch(1);
    Set<Thread> others = new HashSet<>(Thread.getAllStackTraces().keySet());
    try (Classifier classifier = Classifier.of(model(RandomWeights.of(NETWORK, 1)), threads);
        ExecutorService callers = Executors.newFixedThreadPool(200)) {
      float[] expected = classifier.logits(image);
      List<Future<float[]>> logits = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        logits.add(
            callers.submit(() -> {
              start.await();
              return classifier.logits(image);
            }));
      }
      start.countDown();
      for (Future<float[]> caller : logits) {
        assertThat(caller.get()).isEqualTo(expected);
      }
      assertThat(Thread.getAllStackTraces().keySet())
          .filteredOn(t -> t.getName().startsWith("mobilenet4j-") && !others.contains(t))
          .hasSizeLessThan(processors);
    }
  }

  @Test
  void waitsNoLongerThanWasSet() {
    Model model = model(RandomWeights.of(NETWORK, 1));
    try (Classifier classifier = Classifier.builder(model).maxWait(Duration.ofMillis(20)).build()) {
      occupied(
          classifier,
          () ->
              assertThatThrownBy(() -> classifier.logits(image(1)))
                  .isInstanceOf(BusyException.class)
                  .hasMessage("the classifier is busy: waited 20 ms, and 0 other calls wait"));
      assertThat(classifier.logits(image(1))).hasSize(5);
    }
    try (Classifier classifier = Classifier.builder(model).maxWait(Duration.ZERO).build()) {
      assertThat(classifier.logits(image(1))).hasSize(5);
      occupied(
          classifier,
          () ->
              assertThatThrownBy(() -> classifier.classify(image(1), 1))
                  .isInstanceOf(BusyException.class));
    }
  }

  @Test
  void whoWaitsCanBeInterrupted() {
    try (Classifier classifier = Classifier.of(model(RandomWeights.of(NETWORK, 1)))) {
      occupied(
          classifier,
          () -> {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> classifier.logits(image(1)))
                .isInstanceOf(MobileNetException.class)
                .hasMessage("interrupted while waiting for other calls");
            assertThat(Thread.interrupted()).isTrue();
          });
      assertThat(classifier.logits(image(1))).hasSize(5);
    }
  }

  @Test
  void whoWaitsWhenItIsClosedIsTold() {
    Classifier classifier = Classifier.of(model(RandomWeights.of(NETWORK, 1)));
    FutureTask<float[]> waiting = new FutureTask<>(() -> classifier.logits(image(1)));
    Thread thread = new Thread(waiting);
    occupied(
        classifier,
        () -> {
          thread.start();
          while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
          }
          classifier.close();
        });
    assertThatThrownBy(waiting::get)
        .cause()
        .isInstanceOf(MobileNetException.class)
        .hasMessage("the classifier is closed");
  }

  /** Does something while other calls have all sessions. */
  private static void occupied(Classifier classifier, Runnable meanwhile) {
    int all = classifier.sessions.drainPermits();
    assertThat(all).isPositive();
    try {
      meanwhile.run();
    } finally {
      classifier.sessions.release(all);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1})
  void refusesToReturnNothing(int top) {
    try (Classifier classifier = random()) {
      assertThatThrownBy(() -> classifier.classify(image(1), top))
          .isInstanceOf(MobileNetException.class)
          .hasMessage("top is %s, expected >= 1", top);
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
    classifier.logits(image(1));
    classifier.close();
    classifier.close();
    assertThatThrownBy(() -> classifier.logits(image(1)))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("the classifier is closed");
  }

  @Test
  void anImageIsTheSameHoweverItComes() throws IOException {
    RgbImage image = image(3);
    byte[] png;
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      ImageIO.write(image.toBufferedImage(), "png", out);
      png = out.toByteArray();
    }
    try (Classifier classifier = random()) {
      List<Prediction> expected = classifier.classify(image, 3);
      assertThat(classifier.classify(png, 3)).isEqualTo(expected);
      assertThat(classifier.classify(new ByteArrayInputStream(png), 3)).isEqualTo(expected);
      assertThat(classifier.classify(image.toBufferedImage(), 3)).isEqualTo(expected);
      assertThat(Predictions.of(classifier.model(), classifier.logits(image), 3))
          .isEqualTo(expected);
      assertThatThrownBy(() -> Predictions.of(classifier.model(), new float[2], 3))
          .isInstanceOf(MobileNetException.class)
          .hasMessageStartingWith("logits are 2 values, expected ");
    }
  }

  /** What a server answers 400, and what 500. */
  @Test
  void whatIsNoImageIsToldApart() {
    try (Classifier classifier = random()) {
      byte[] text = "no image".getBytes(StandardCharsets.US_ASCII);
      assertThatThrownBy(() -> classifier.classify(text, 3))
          .isInstanceOf(ImageException.class)
          .hasMessageStartingWith("the image: ");
      assertThatThrownBy(() -> classifier.classify(new ByteArrayInputStream(text), 3))
          .isInstanceOf(ImageException.class);
      InputStream broken =
          new InputStream() {
            @Override
            public int read() throws IOException {
              throw new IOException("reset by peer");
            }
          };
      assertThatThrownBy(() -> classifier.classify(broken, 3))
          .isExactlyInstanceOf(MobileNetException.class)
          .hasMessage("cannot read the image: reset by peer");
      assertThatThrownBy(() -> classifier.classify(text, 0))
          .isExactlyInstanceOf(MobileNetException.class);
    }
  }

  @Test
  void warmsUp() {
    try (Classifier classifier = random()) {
      List<Prediction> before = classifier.classify(image(1), 3);
      classifier.warmUp();
      assertThat(classifier.classify(image(1), 3)).isEqualTo(before);
    }
    Classifier closed = random();
    closed.close();
    assertThatThrownBy(closed::warmUp).isInstanceOf(MobileNetException.class);
  }
}
