package io.github.mobilenet4j.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.NativeKernels;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.KernelsHere;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

class SessionTest {
  private static final int CLASSES = 21;
  private static final int PICTURES = 16;

  /** Odd sizes, and channels that fill no group: 9, 19, 38 … */
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.3).input(65, 47).classes(CLASSES).build();

  private static final Weights WEIGHTS = RandomWeights.of(NETWORK, 1);
  private static final float[] X = images(PICTURES * Math.toIntExact(NETWORK.input().size()));

  private static float[] images(int size) {
    SplittableRandom random = new SplittableRandom(2);
    float[] x = new float[size];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat(-1, 1);
    }
    return x;
  }

  private static InferencePlan plan() {
    return InferencePlan.compile(NETWORK, WEIGHTS);
  }

  /** Returns the logits of all pictures, in batches. */
  private static float[] logits(InferencePlan plan, int batch, int threads) {
    float[] all = new float[PICTURES * CLASSES];
    float[] logits = new float[batch * CLASSES];
    int size = Math.toIntExact(NETWORK.input().size());
    try (Session session = new Session(plan, batch, threads)) {
      for (int at = 0; at < PICTURES; at += batch) {
        int n = Math.min(batch, PICTURES - at);
        session.run(Arrays.copyOfRange(X, at * size, (at + n) * size), n, logits);
        System.arraycopy(logits, 0, all, at * CLASSES, n * CLASSES);
      }
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void sameBitsOnAnyThreadsInAnyBatchAtAnyPlace(int threads) {
    InferencePlan plan = plan();
    float[] expected = logits(plan, 1, 1);
    assertThat(expected).doesNotContain(Float.NaN).doesNotHaveDuplicates();
    for (int batch : new int[] {1, 5, 16}) {
      for (int time = 0; time < 3; time++) {
        assertThat(logits(plan, batch, threads)).as("batch %s", batch).isEqualTo(expected);
      }
    }
  }

  static List<Kernels> kernels() {
    return KernelsHere.all();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void sameBitsWithAllKernels(Kernels kernels) {
    InferencePlan plan = InferencePlan.compile(NETWORK, WEIGHTS, kernels);
    assertThat(logits(plan, 5, 2)).as(kernels.name()).isEqualTo(logits(plan(), 1, 1));
  }

  @Test
  void profileGivesTheLogitsOfARun() {
    InferencePlan plan = plan();
    float[] expected = logits(plan, 1, 1);
    float[] logits = new float[expected.length];
    long[] nanos = new long[plan.operators().size()];
    try (Session session = new Session(plan, PICTURES, 3)) {
      session.profile(X, PICTURES, logits, nanos);
      assertThat(logits).isEqualTo(expected);
      assertThat(Arrays.stream(nanos).boxed().toList()).allMatch(time -> time > 0);
    }
  }

  @Test
  void traceHandsOutEveryLayerOfARun() {
    InferencePlan plan = plan();
    float[] expected = logits(plan, 1, 1);
    int size = Math.toIntExact(NETWORK.input().size());
    try (Session session = new Session(plan, 2, 3)) {
      for (int i = 0; i < PICTURES; i++) {
        Map<Layer, float[]> outputs = new LinkedHashMap<>();
        session.trace(Arrays.copyOfRange(X, i * size, (i + 1) * size), outputs::put);
        assertThat(outputs.keySet()).containsExactlyElementsOf(NETWORK.layers());
        outputs.forEach((layer, values) -> assertThat(values).hasSize((int) layer.out().size()));
        assertThat(outputs.get(NETWORK.classifier()))
            .isEqualTo(Arrays.copyOfRange(expected, i * CLASSES, (i + 1) * CLASSES));
      }
    }
  }

  /** Two networks: with strips of rows for each thread, and with channels that they share. */
  static List<MobileNetV1> shapes() {
    return List.of(NETWORK, NETWORK.toBuilder().input(130, 97).build());
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void outputsOfLayersAreThoseOfATraceInAnyBatchOnAnyThreads(MobileNetV1 network) {
    InferencePlan plan = InferencePlan.compile(network, WEIGHTS);
    int size = Math.toIntExact(network.input().size());
    float[] x = images(5 * size);
    List<Map<Layer, float[]>> traces = new ArrayList<>();
    try (Session session = new Session(plan, 1, 1)) {
      for (int i = 0; i < 5; i++) {
        Map<Layer, float[]> outputs = new HashMap<>();
        float[] image = Arrays.copyOfRange(x, i * size, (i + 1) * size);
        session.trace(image, outputs::put);
        traces.add(outputs);
        requireClose(network, image, outputs);
      }
    }
    for (int batch : new int[] {1, 3, 5}) {
      for (int threads : new int[] {1, 2, 3}) {
        try (Session session = new Session(plan, batch, threads)) {
          for (int n = 1; n <= batch; n++) {
            float[] logits = new float[n * CLASSES];
            session.run(x, n, logits);
            for (List<Layer> wanted : wanted(network)) {
              Map<Layer, float[]> outputs = outputs(wanted, n);
              session.run(x, n, outputs);
              for (Layer layer : wanted) {
                assertThat(outputs.get(layer))
                    .as("%s, %s of %s images, %s threads", layer.name(), n, batch, threads)
                    .isEqualTo(concatenated(layer, traces.subList(0, n)));
              }
            }
            float[] again = new float[n * CLASSES];
            session.run(x, n, again);
            assertThat(again).isEqualTo(logits);
          }
        }
      }
    }
  }

  private static void requireClose(
      MobileNetV1 network, float[] image, Map<Layer, float[]> outputs) {
    double[] x = new double[image.length];
    Arrays.setAll(x, i -> image[i]);
    ReferenceForward.run(network, WEIGHTS, x)
        .forEach((name, expected) -> {
          Layer layer = layer(network, name);
          float[] found = outputs.get(layer);
          double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
          for (int i = 0; i < expected.length; i++) {
            assertThat((double) found[i]).as(name).isCloseTo(expected[i], within(1e-4 * largest));
          }
        });
  }

  private static Layer layer(MobileNetV1 network, String name) {
    return network.layers().stream().filter(l -> l.name().equals(name)).findFirst().orElseThrow();
  }

  /** All layers, none, each kind alone, and one of a block whose other is not asked for. */
  private static List<List<Layer>> wanted(MobileNetV1 network) {
    List<List<Layer>> wanted = new ArrayList<>(List.of(network.layers(), List.of()));
    for (String name :
        List.of("stem", "block3.depthwise", "block13.pointwise", "pool", "classifier")) {
      wanted.add(List.of(layer(network, name)));
    }
    return wanted;
  }

  /** Returns arrays of NaN. */
  private static Map<Layer, float[]> outputs(List<Layer> layers, int n) {
    Map<Layer, float[]> outputs = new HashMap<>();
    for (Layer layer : layers) {
      float[] values = new float[n * Math.toIntExact(layer.out().size())];
      Arrays.fill(values, Float.NaN);
      outputs.put(layer, values);
    }
    return outputs;
  }

  private static float[] concatenated(Layer layer, List<Map<Layer, float[]>> images) {
    int size = Math.toIntExact(layer.out().size());
    float[] all = new float[images.size() * size];
    for (int i = 0; i < images.size(); i++) {
      System.arraycopy(images.get(i).get(layer), 0, all, i * size, size);
    }
    return all;
  }

  @Test
  void refusesOutputsThatCannotBe() {
    Layer stem = NETWORK.stem();
    Layer other = NETWORK.toBuilder().classes(CLASSES + 1).build().classifier();
    float[] features = new float[2 * NETWORK.features()];
    try (Session session = new Session(plan(), 2, 1)) {
      int size = Math.toIntExact(stem.out().size());
      assertRefused(
          () -> session.run(X, 2, Map.of(stem, new float[2 * size - 1])),
          "stem has %s values, expected at least %s".formatted(2 * size - 1, 2 * size));
      assertRefused(
          () -> session.run(X, 1, Map.of(other, new float[100], stem, new float[size])),
          "outputs of %s are asked for, expected layers of the network, and an array for each"
              .formatted(Map.of(other, 1, stem, 1).keySet().stream().map(Layer::name).toList()));
      Map<Layer, float[]> none = new HashMap<>();
      none.put(stem, null);
      assertRefused(
          () -> session.run(X, 1, none),
          "outputs of [stem] are asked for, expected layers of the network, and an array for each");
      assertRefused(() -> session.run(X, 3, Map.of()), "n is 3, expected 1 to 2");
      assertRefused(
          () -> session.run(new float[0], 1, Map.of()),
          "x has 0 values, expected at least %s".formatted(NETWORK.input().size()));

      // A trace leaves the features of the last run alone; a run with outputs is a run.
      session.run(X, 2, Map.of());
      session.features(2, features);
      session.trace(Arrays.copyOfRange(X, X.length / 2, X.length), (_, _) -> {});
      float[] after = new float[features.length];
      session.features(2, after);
      assertThat(after).isEqualTo(features);
      Map<Layer, float[]> pooled = outputs(List.of(NETWORK.pool()), 2);
      session.run(X, 2, pooled);
      assertThat(pooled.get(NETWORK.pool())).isEqualTo(features);
    }
    Session closed = new Session(plan(), 1, 1);
    closed.close();
    assertRefused(() -> closed.run(X, 1, Map.of()), "the session is closed");
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 2", "5, 2"})
  void allocatesNothingOnceWarm(int batch, int threads) {
    ThreadMXBean threadBean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Set<Thread> before = new HashSet<>(Thread.getAllStackTraces().keySet());
    float[] logits = new float[batch * CLASSES];
    Map<Layer, float[]> outputs = outputs(NETWORK.layers(), batch);
    try (Session session = new Session(plan(), batch, threads)) {
      List<Thread> working = new ArrayList<>(List.of(Thread.currentThread()));
      Thread.getAllStackTraces().keySet().stream()
          .filter(thread -> thread.getName().startsWith("mobilenet4j-") && !before.contains(thread))
          .forEach(working::add);
      assertThat(working).hasSize(threads);
      long[] ids = working.stream().mapToLong(Thread::threadId).toArray();
      long[] allocated = new long[ids.length];
      // The JIT compiler takes its time: warm is when it is done.
      long end = System.nanoTime() + 20_000_000_000L;
      do {
        for (int i = 0; i < ids.length; i++) {
          allocated[i] = -threadBean.getThreadAllocatedBytes(ids[i]);
        }
        for (int run = 0; run < 100; run++) {
          session.run(X, batch, logits);
          session.run(X, batch, outputs);
        }
        for (int i = 0; i < ids.length; i++) {
          allocated[i] += threadBean.getThreadAllocatedBytes(ids[i]);
        }
      } while (Arrays.stream(allocated).sum() > 0 && System.nanoTime() < end);
      assertThat(allocated).as("bytes by thread in 100 runs").containsOnly(0);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 0", "-1, 1", "1, -1", "1, 1025", "1, 2147483647"})
  void refusesABatchOrThreadsOutOfRange(int batch, int threads) {
    InferencePlan plan = plan();
    assertThatThrownBy(() -> new Session(plan, batch, threads))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("batch is %s and threads is %s, expected >= 1 and 1 to 1024", batch, threads);
  }

  @Test
  void refusesABatchThatNoArrayHolds() {
    InferencePlan plan = plan();
    assertThatThrownBy(() -> new Session(plan, Integer.MAX_VALUE, 1))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("batch is 2147483647")
        .hasMessageContaining("expected fewer than 2^31");
  }

  @Test
  void refusesWhatDoesNotFitTheBatch() {
    InferencePlan plan = plan();
    int size = Math.toIntExact(NETWORK.input().size());
    float[] logits = new float[2 * CLASSES];
    try (Session session = new Session(plan, 2, 1)) {
      for (int n : new int[] {-1, 0, 3, Integer.MAX_VALUE}) {
        assertRefused(() -> session.run(X, n, logits), "n is %s, expected 1 to 2".formatted(n));
        assertRefused(() -> session.features(n, logits), "n is %s, expected 1 to 2".formatted(n));
      }
      assertRefused(
          () -> session.run(new float[2 * size - 1], 2, logits),
          "x has %s values, expected at least %s".formatted(2 * size - 1, 2 * size));
      assertRefused(
          () -> session.run(X, 2, new float[2 * CLASSES - 1]),
          "result has 41 values, expected at least 42");
      assertRefused(
          () -> session.trace(new float[size - 1], (_, _) -> {}),
          "x has %s values, expected at least %s".formatted(size - 1, size));
      assertRefused(
          () -> session.profile(X, 2, logits, new long[14]),
          "nanos has 14 values, expected at least 15");
      session.run(X, 2, logits);
      assertThat(logits).isEqualTo(Arrays.copyOf(logits(plan, 1, 1), 2 * CLASSES));
      assertRefused(
          () -> session.features(1, new float[NETWORK.features() - 1]),
          "features has 306 values, expected at least 307");
    }
  }

  private static void assertRefused(Runnable call, String message) {
    assertThatThrownBy(call::run).isInstanceOf(MobileNetException.class).hasMessage(message);
  }

  @Test
  void closedItGivesItsMemoryBack() {
    float[] shared = new float[NETWORK.classes()];
    try (Session session = new Session(InferencePlan.compile(NETWORK, WEIGHTS), 1, 1)) {
      session.run(X, 1, shared);
    }
    float[] own = new float[NETWORK.classes()];
    Session session = Session.of(NETWORK, WEIGHTS, 1, 2);
    session.run(X, 1, own);
    session.close();
    session.close();
    assertThat(own).isEqualTo(shared);
    assertRefused(() -> session.run(X, 1, own), "the session is closed");
    assertRefused(() -> session.features(1, own), "the session is closed");
    assertRefused(() -> session.trace(X, (_, _) -> {}), "the session is closed");
  }

  @Test
  void closedDuringARunItLetsThatEnd() throws InterruptedException {
    for (int i = 0; i < 10; i++) {
      Session session = Session.of(NETWORK, WEIGHTS, 1, 2);
      CountDownLatch running = new CountDownLatch(1);
      Thread thread =
          new Thread(() -> {
            float[] logits = new float[NETWORK.classes()];
            for (int run = 0; run < 20; run++) {
              try {
                session.run(X, 1, logits);
              } catch (MobileNetException e) {
                assertThat(e).hasMessage("the session is closed");
              }
              running.countDown();
            }
          });
      AtomicReference<Throwable> failure = new AtomicReference<>();
      thread.setUncaughtExceptionHandler((_, e) -> failure.set(e));
      thread.start();
      running.await();
      session.close();
      thread.join();
      assertThat(failure).hasNullValue();
    }
  }

  @Test
  void closedInItsTraceItEndsTheTrace() {
    for (Session session : List.of(new Session(plan(), 1, 2), Session.of(NETWORK, WEIGHTS, 1, 2))) {
      List<Layer> layers = new ArrayList<>();
      Session.Trace closing =
          (layer, _) -> {
            layers.add(layer);
            if (layers.size() == 3) {
              session.close();
            }
          };
      assertRefused(() -> session.trace(X, closing), "the session is closed");
      assertThat(layers).isEqualTo(NETWORK.layers().subList(0, 3));
    }
  }

  @Test
  void closedByAnotherThreadInItsTraceItEndsTheTrace() {
    Session session = Session.of(NETWORK, WEIGHTS, 1, 1);
    Session.Trace closing =
        (_, _) -> {
          Thread thread = new Thread(session::close);
          thread.start();
          try {
            thread.join();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        };
    assertRefused(() -> session.trace(X, closing), "the session is closed");
  }

  @Test
  void runsAndTracesWithinATraceDoNotDisturbIt() {
    float[] expected = logits(plan(), 1, 1);
    float[] others = Arrays.copyOfRange(X, X.length / PICTURES, X.length);
    float[] inner = new float[2 * CLASSES];
    List<float[]> outputs = new ArrayList<>();
    try (Session session = new Session(plan(), 2, 2)) {
      session.trace(
          X,
          (_, values) -> {
            session.run(others, 2, inner);
            session.trace(others, (_, _) -> {});
            outputs.add(values);
          });
    }
    assertThat(outputs.getLast()).isEqualTo(Arrays.copyOf(expected, CLASSES));
    assertThat(inner).isEqualTo(Arrays.copyOfRange(expected, CLASSES, 3 * CLASSES));
  }

  @Test
  void aPlanLivesAsLongAsASessionOnIt() throws InterruptedException {
    float[] expected = Arrays.copyOf(logits(plan(), 1, 1), CLASSES);
    for (int i = 0; i < 5; i++) {
      Session first = Session.of(NETWORK, WEIGHTS, 1, 1);
      InferencePlan plan = first.plan();
      Session second = new Session(plan, 1, 1);
      Thread closing = new Thread(first::close);
      closing.start();
      float[] logits = new float[CLASSES];
      for (int run = 0; run < 20; run++) {
        second.run(X, 1, logits);
        assertThat(logits).isEqualTo(expected);
      }
      closing.join();
      second.run(X, 1, logits);
      second.close();
      assertRefused(
          () -> new Session(plan, 1, 1),
          "the plan went with the session or the classifier that it was compiled for");
    }
  }

  @Test
  void refusesWeightsOfAnotherNetwork() {
    for (MobileNetV1 other :
        List.of(
            NETWORK.toBuilder().classes(CLASSES - 1).build(),
            NETWORK.toBuilder().widthMultiplier(0.25).build(),
            NETWORK.toBuilder().widthMultiplier(0.5).build())) {
      assertThatThrownBy(() -> InferencePlan.compile(other, WEIGHTS))
          .isInstanceOf(MobileNetException.class)
          .hasMessageStartingWith("weights of another network: ")
          .hasMessageMatching(".*\\.kernel has shape \\[[^]]+], expected \\[.*");
    }
    InferencePlan.compile(NETWORK.toBuilder().input(32, 32).build(), WEIGHTS);
  }

  @ParameterizedTest
  @CsvSource({
    "stem.kernel, NaN, stem with its BatchNorm folded in has the value NaN",
    "block7.depthwise.beta, Infinity, block7.depthwise with its BatchNorm folded in has the value"
        + " Infinity",
    "block13.pointwise.variance, -5, block13.pointwise with its BatchNorm folded in has the value"
        + " NaN",
    "classifier.bias, -Infinity, classifier has the value -Infinity",
  })
  void refusesWeightsThatAreNotFinite(String parameter, float value, String message) {
    Weights weights = with(Map.of(parameter, value));
    assertThatThrownBy(() -> InferencePlan.compile(NETWORK, weights))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(message + ", expected finite numbers");
  }

  /** Returns the weights with whole parameters filled with a value. */
  private static Weights with(Map<String, Float> changed) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Parameter p : NETWORK.parameters()) {
      float[] v = WEIGHTS.get(p).clone();
      if (changed.containsKey(p.name())) {
        Arrays.fill(v, changed.get(p.name()));
      }
      values.put(p.name(), v);
    }
    return new Weights.Trained(values);
  }

  @Test
  void namesTheLayerWhoseOutputIsNotFinite() {
    float[] logits = new float[3 * CLASSES];
    MobileNetV1 unbounded = NETWORK.toBuilder().activation(Activation.RELU).build();
    Map<String, String> layers =
        Map.of("block5.pointwise.beta", "block6.depthwise", "block13.pointwise.beta", "pool");
    layers.forEach((parameter, layer) -> {
      Weights weights = with(Map.of(parameter, 3e38f, "block6.depthwise.kernel", 3f));
      try (Session session = Session.of(unbounded, weights, 3, 2)) {
        assertThatThrownBy(() -> session.run(X, 3, logits))
            .isInstanceOf(MobileNetException.class)
            .hasMessage(
                layer + " gives Infinity for image 0: its weights are too large for float32");
        assertThatThrownBy(() -> session.run(X, 3, Map.of(unbounded.classifier(), logits)))
            .isInstanceOf(MobileNetException.class)
            .hasMessageStartingWith(layer + " gives Infinity for image 0");
        session.run(X, 3, Map.of());
      }
    });
  }

  @Test
  void passesOnWhatIsNotFiniteInItsInput() {
    float[] x = Arrays.copyOf(X, 2 * X.length / PICTURES);
    x[x.length - 5] = Float.NaN;
    float[] expected = logits(plan(), 1, 1);
    float[] logits = new float[2 * CLASSES];
    try (Session session = new Session(plan(), 2, 1)) {
      session.run(x, 2, logits);
    }
    assertThat(Arrays.copyOf(logits, CLASSES)).isEqualTo(Arrays.copyOf(expected, CLASSES));
    assertThat(Arrays.copyOfRange(logits, CLASSES, 2 * CLASSES)).containsOnly(Float.NaN);
  }

  /** A session that is closed, or never came to be, leaves neither memory nor threads. */
  @Test
  void nothingIsLeftOfManySessions() {
    NativeKernels.assume();
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.25).classes(CLASSES).build();
    InferencePlan plan = InferencePlan.compile(network, RandomWeights.of(network, 1));
    float[] x = new float[Math.toIntExact(network.input().size())];
    float[] logits = new float[CLASSES];
    // A trace does the same, with arrays of its own, which would be all that there is to see.
    Map<Layer, float[]> outputs = outputs(network.layers(), 1);
    long before = 0;
    for (int i = 0; i < 300; i++) {
      if (i == 20) {
        before = resident();
      }
      try (Session session = new Session(plan, 1, 2)) {
        session.run(x, 1, logits);
        session.run(x, 1, outputs);
      }
      assertThatThrownBy(() -> new Session(plan, Integer.MAX_VALUE / 100, 2))
          .isInstanceOf(MobileNetException.class);
    }
    // 280 sessions of 3 MB each would be 840 MB.
    assertThat(resident() - before).as("resident bytes more than before").isLessThan(200L << 20);
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(t -> t.getName().startsWith("mobilenet4j-"))
        .hasSizeLessThan(20);
  }

  /** Returns the resident memory in bytes. */
  private static long resident() {
    try {
      long pages = Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
      return pages * 4096;
    } catch (IOException e) {
      throw new TestAbortedException("skipped: no /proc/self/statm here", e);
    }
  }

  @Test
  void refusesABackboneOfStandardConvolutions() {
    MobileNetV1 standard =
        MobileNetV1.builder().widthMultiplier(0.1).backbone(MobileNetV1.Backbone.STANDARD).build();
    Weights weights = RandomWeights.of(standard, 1);
    assertThatThrownBy(() -> InferencePlan.compile(standard, weights))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("a backbone of standard convolutions");
  }
}
