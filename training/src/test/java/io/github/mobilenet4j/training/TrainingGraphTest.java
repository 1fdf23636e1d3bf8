package io.github.mobilenet4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.Formula;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.NativeKernels;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.KernelsHere;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingGraphTest {
  private static final int PICTURES = 10;
  private static final Path STATUS = Path.of("/proc/self/status");

  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.3).input(40, 36).classes(5).dropout(0.3).build();

  private static final float[] X =
      Formula.uniform("x", -1, 1, List.of(PICTURES, 40, 36, 3)).floats();
  private static final float[] TARGETS =
      Formula.uniform("targets", 0, 0.4, List.of(PICTURES, 5)).floats();

  /** Everything that a step changes, by name. */
  private static Map<String, float[]> run(TrainingGraph graph, int steps) {
    Map<String, float[]> results = new HashMap<>();
    float[] logits = new float[PICTURES * NETWORK.classes()];
    for (int step = 0; step < steps; step++) {
      float loss = graph.step(X, TARGETS, PICTURES, step, logits);
      results.put("loss" + step, new float[] {loss});
      for (TrainingParameter p : graph.parameters()) {
        for (int i = 0; i < p.values().length; i++) {
          p.values()[i] -= 0.01f * p.gradient()[i];
        }
      }
    }
    results.put("logits", logits);
    graph.parameters().forEach(p -> results.put("gradient " + p.name(), p.gradient()));
    Weights weights = graph.weights();
    NETWORK.parameters().forEach(p -> results.put(p.name(), weights.get(p)));
    return results;
  }

  private static TrainingGraph graph(int threads, int frozenBlocks) {
    return graph(threads, frozenBlocks, TrainingPrecision.FLOAT32);
  }

  private static TrainingGraph graph(int threads, int frozenBlocks, TrainingPrecision precision) {
    return new TrainingGraph(
        NETWORK,
        Formula.weights(NETWORK),
        PICTURES,
        threads,
        frozenBlocks,
        0.1,
        new Arithmetic(precision, Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource({"2, FLOAT32", "3, FLOAT32", "4, FLOAT32", "2, BFLOAT16", "3, BFLOAT16"})
  void sameBitsWithAnyNumberOfThreads(int threads, TrainingPrecision precision) {
    try (TrainingGraph one = graph(1, 0, precision);
        TrainingGraph many = graph(threads, 0, precision)) {
      Map<String, float[]> expected = run(one, 2);
      run(many, 2)
          .forEach((name, values) -> assertThat(values).as(name).isEqualTo(expected.get(name)));
    }
  }

  static List<Kernels> kernels() {
    return KernelsHere.all();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void sameBitsWithAllKernels(Kernels kernels) {
    Weights.Trained weights = Formula.weights(NETWORK);
    try (TrainingGraph one = graph(1, 0);
        TrainingGraph other =
            new TrainingGraph(NETWORK, weights, PICTURES, 1, 0, 0.1, Arithmetic.FLOAT32, kernels)) {
      Map<String, float[]> expected = run(one, 1);
      run(other, 1)
          .forEach((name, values) -> assertThat(values).as(name).isEqualTo(expected.get(name)));
    }
  }

  /** Outputs of a large batch are made in scratch memory. */
  @Test
  void roomForManyPicturesChangesNothing() {
    try (TrainingGraph small = graph(1, 0);
        TrainingGraph large =
            new TrainingGraph(NETWORK, Formula.weights(NETWORK), 500, 1, 0, 0.1)) {
      Map<String, float[]> expected = run(small, 2);
      run(large, 2)
          .forEach((name, values) -> assertThat(values).as(name).isEqualTo(expected.get(name)));
    }
  }

  @Test
  void largerBatchesBeforeChangeNothing() {
    try (TrainingGraph fresh = graph(1, 0);
        TrainingGraph used = graph(1, 0)) {
      float[] logits = new float[PICTURES * NETWORK.classes()];
      float[] expected = new float[logits.length];
      used.step(X, TARGETS, PICTURES, 1, logits);
      fresh.step(X, TARGETS, 3, 2, expected);
      used.step(X, TARGETS, 3, 2, logits);
      assertThat(logits).startsWith(Arrays.copyOf(expected, 3 * NETWORK.classes()));
      for (int i = 0; i < fresh.parameters().size(); i++) {
        assertThat(used.parameters().get(i).gradient())
            .isEqualTo(fresh.parameters().get(i).gradient());
      }
    }
  }

  /** What is not frozen is trained as if the frozen part were a picture of its own. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 14})
  void frozenPartStays(int frozenBlocks) {
    Weights.Trained before = Formula.weights(NETWORK);
    try (TrainingGraph graph = graph(2, frozenBlocks)) {
      run(graph, 2);
      Weights after = graph.weights();
      for (Parameter p : NETWORK.parameters()) {
        boolean frozen = p.layer() instanceof Layer.Convolution c && c.block() < frozenBlocks;
        assertThat(Arrays.equals(after.get(p), before.get(p))).as(p.name()).isEqualTo(frozen);
      }
      assertThat(graph.parameters().size() + graph.statistics().size())
          .isEqualTo(
              NETWORK.parameters().stream()
                  .filter(
                      p -> !(p.layer() instanceof Layer.Convolution c && c.block() < frozenBlocks))
                  .count());
    }
  }

  /** With all of the backbone frozen the logits are those of inference. */
  @Test
  void frozenBackboneIsInference() {
    MobileNetV1 network = NETWORK.toBuilder().dropout(0).build();
    Weights.Trained weights = Formula.weights(network);
    float[] logits = new float[PICTURES * network.classes()];
    float[] expected = new float[logits.length];
    try (TrainingGraph graph = new TrainingGraph(network, weights, PICTURES, 1, 14, 0.1);
        Session session = new Session(InferencePlan.compile(network, weights), PICTURES, 1)) {
      graph.step(X, TARGETS, PICTURES, 0, logits);
      session.run(X, PICTURES, expected);
    }
    assertThat(logits).containsExactly(expected, within(1e-4f));
  }

  /** The loss changes along its gradient as the gradient says, also through dropout. */
  @Test
  void gradientsAreThoseOfDifferences() {
    MobileNetV1 network = NETWORK.toBuilder().dropout(0.5).build();
    float[] logits = new float[PICTURES * network.classes()];
    try (TrainingGraph graph =
        new TrainingGraph(network, Formula.weights(network), PICTURES, 1, 0, 0.1)) {
      for (Role role : List.of(Role.KERNEL, Role.BIAS)) {
        graph.step(X, TARGETS, PICTURES, 7, logits);
        TrainingParameter p =
            graph.parameters().stream()
                .filter(q -> q.definition().layer() instanceof Layer.Classifier)
                .filter(q -> q.definition().role() == role)
                .findFirst()
                .orElseThrow();
        float[] gradient = p.gradient().clone();
        float[] values = p.values().clone();
        double squares = 0;
        for (float g : gradient) {
          squares += g * g;
        }
        double step = 1e-2 / Math.sqrt(squares);
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
          for (int i = 0; i < values.length; i++) {
            p.values()[i] = (float) (values[i] + (side == 0 ? -step : step) * gradient[i]);
          }
          losses[side] = graph.step(X, TARGETS, PICTURES, 7, logits);
        }
        System.arraycopy(values, 0, p.values(), 0, values.length);
        assertThat((losses[1] - losses[0]) / (2 * step))
            .as(p.name())
            .isCloseTo(squares, within(2e-3 * squares));
      }
    }
  }

  @Test
  void dropoutDependsOnTheSeed() {
    float[] logits = new float[PICTURES * NETWORK.classes()];
    float[] same = new float[logits.length];
    float[] other = new float[logits.length];
    try (TrainingGraph graph = graph(1, 0)) {
      graph.step(X, TARGETS, PICTURES, 1, logits);
      graph.step(X, TARGETS, PICTURES, 1, same);
      graph.step(X, TARGETS, PICTURES, 2, other);
    }
    assertThat(same).isEqualTo(logits);
    assertThat(other).isNotEqualTo(logits);
  }

  @Test
  void profileCountsThePhases() {
    float[] logits = new float[PICTURES * NETWORK.classes()];
    try (TrainingGraph graph = graph(1, 0)) {
      long[] nanos = new long[graph.operators().size()];
      graph.profile(X, TARGETS, PICTURES, 1, logits, nanos);
      assertThat(graph.operators()).doesNotHaveDuplicates().contains("block3.depthwise backward");
      assertThat(nanos).doesNotContain(0);
    }
  }

  @Test
  void closedItHasItsValuesButTakesNoStep() {
    TrainingGraph graph = graph(1, 0);
    graph.close();
    graph.close();
    assertThat(graph.weights()).isNotNull();
    assertThatThrownBy(() -> graph.step(new float[0], new float[0], 1, 0, new float[0]))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("the graph is closed, expected an open one");
  }

  /** An optimizer and a step that share the threads at once waited for each other for ever. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void anOptimizerOnAnotherThreadWaitsForTheStep() throws Exception {
    TrainingGraph graph = graph(2, 0);
    WeightDecay none = new WeightDecay(0, WeightDecay.Scope.ALL);
    Optimization optimization = new Optimization(Optimizer.Sgd.DEFAULT, none, graph);
    float[] logits = new float[PICTURES * NETWORK.classes()];
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      Future<?> norms =
          other.submit(() -> {
            for (int i = 0; i < 300; i++) {
              optimization.norm();
            }
          });
      while (!norms.isDone()) {
        graph.step(X, TARGETS, PICTURES, 0, logits);
      }
      norms.get();
    } finally {
      graph.close();
    }
    assertThatThrownBy(optimization::norm)
        .isInstanceOf(MobileNetException.class)
        .hasMessage("the graph is closed, expected an open one");
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void closingWaitsForTheStep() throws Exception {
    for (int round = 0; round < 10; round++) {
      TrainingGraph graph = graph(2, 0);
      CountDownLatch started = new CountDownLatch(1);
      try (ExecutorService other = Executors.newSingleThreadExecutor()) {
        Future<?> steps =
            other.submit(() -> {
              float[] logits = new float[PICTURES * NETWORK.classes()];
              while (true) {
                graph.step(X, TARGETS, PICTURES, 0, logits);
                started.countDown();
              }
            });
        started.await();
        graph.close();
        assertThatThrownBy(steps::get)
            .hasRootCauseInstanceOf(MobileNetException.class)
            .hasRootCauseMessage("the graph is closed, expected an open one");
      }
    }
  }

  /** A graph of these has 50 MB, which no collector counts: nearly no heap. */
  @Test
  void aClosedGraphHasGivenItsMemoryBack() throws IOException {
    Assumptions.assumeTrue(Files.exists(STATUS), "no " + STATUS);
    NativeKernels.assume();
    int batch = 24;
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.1).resolution(160).classes(5).build();
    Weights.Trained weights = Formula.weights(network);
    float[] x = new float[Math.toIntExact(batch * network.input().size())];
    float[] targets = new float[batch * network.classes()];
    float[] logits = new float[targets.length];
    long open = 0;
    long first = 0;
    for (int round = 0; round < 4; round++) {
      try (TrainingGraph graph = new TrainingGraph(network, weights, batch, 1, 0, 0.1)) {
        graph.step(x, targets, batch, 0, logits);
        open = residentBytes();
      }
      first = round == 0 ? residentBytes() : first;
    }
    long last = residentBytes();
    assertThat(open - last).as("memory of a graph").isGreaterThan(40L << 20);
    assertThat(last - first).as("memory of three graphs").isLessThan(open - last);
  }

  private static long residentBytes() throws IOException {
    String line =
        Files.readAllLines(STATUS).stream()
            .filter(l -> l.startsWith("VmRSS"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
  }

  @Test
  void weightsOfAnotherNetworkAreRefused() {
    for (MobileNetV1 other :
        List.of(
            NETWORK.toBuilder().classes(4).build(),
            NETWORK.toBuilder().widthMultiplier(0.25).build(),
            NETWORK.toBuilder().widthMultiplier(0.35).build())) {
      assertThatThrownBy(
              () -> new TrainingGraph(NETWORK, Formula.weights(other), PICTURES, 1, 0, 0.1))
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("weights of another network: ")
          .hasMessageContaining("expected");
    }
  }

  @Test
  void wrongArguments() {
    Weights.Trained weights = Formula.weights(NETWORK);
    assertThatThrownBy(() -> new TrainingGraph(NETWORK, weights, 0, 1, 0, 0.1))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("batch is 0, expected >= 1");
    assertThatThrownBy(() -> new TrainingGraph(NETWORK, weights, 1, 0, 0, 0.1))
        .hasMessage("threads is 0, expected 1 to 1024");
    assertThatThrownBy(() -> new TrainingGraph(NETWORK, weights, 1, 40_000, 0, 0.1))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("threads is 40000, expected 1 to 1024");
    assertThatThrownBy(() -> new TrainingGraph(NETWORK, weights, 1, 1, 15, 0.1))
        .hasMessage("frozen blocks is 15, expected 0 to 14");
    assertThatThrownBy(() -> new TrainingGraph(NETWORK, weights, 1, 1, 0, Double.NaN))
        .hasMessage("BatchNorm momentum is NaN, expected 0 to 1");
    assertThatThrownBy(() -> new TrainingGraph(NETWORK, weights, 1 << 30, 1, 0, 0.1))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("stem needs a buffer of");
    try (TrainingGraph graph = graph(1, 0)) {
      assertThatThrownBy(() -> graph.step(X, TARGETS, PICTURES + 1, 0, new float[50]))
          .hasMessage("n is 11, expected 1 to 10");
      assertThatThrownBy(() -> graph.step(X, new float[9], PICTURES, 0, new float[50]))
          .hasMessage("targets is 9 values, expected at least 50");
    }
  }
}
