package io.github.mobilenet4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.kernels.Workers;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.Optimizer.AdamW;
import io.github.mobilenet4j.training.Optimizer.RmsProp;
import io.github.mobilenet4j.training.Optimizer.RmsProp.Formula;
import io.github.mobilenet4j.training.Optimizer.Sgd;
import io.github.mobilenet4j.weights.Initialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against what PyTorch computes (src/test/python/optimizers.py). */
class OptimizerTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(5).build();

  private static final Map<String, Optimizer> OPTIMIZERS =
      Map.of(
          "sgd-0", new Sgd(0, false),
          "sgd-0.9", new Sgd(0.9, false),
          "sgd-0.9-decay", new Sgd(0.9, false),
          "sgd-0.9-nesterov", new Sgd(0.9, true),
          "rmsprop-pytorch", new RmsProp(0.9, 0.9, 1e-3, Formula.PYTORCH),
          "rmsprop-tensorflow", new RmsProp(0.9, 0.9, 1, Formula.TENSORFLOW),
          "adamw", new AdamW(0.9, 0.999, 1e-8));

  @ParameterizedTest
  @CsvSource({
    "sgd-0, 0.1, 0",
    "sgd-0.9, 0.1, 0",
    "sgd-0.9-decay, 0.1, 0.01",
    "sgd-0.9-nesterov, 0.1, 0.01",
    "rmsprop-pytorch, 0.01, 0.01",
    "rmsprop-tensorflow, 0.01, 0",
    "adamw, 0.01, 0.05"
  })
  void sixStepsArePyTorchs(String name, double rate, double decay) throws IOException {
    Map<?, ?> golden = golden();
    Map<?, ?> results = (Map<?, ?>) golden.get("results");
    for (boolean clip : new boolean[] {false, true}) {
      Object expected = results.get(name + (clip ? "-clip" : ""));
      if (expected == null) {
        continue;
      }
      // As many values as the fixture has.
      Parameter shape = NETWORK.stem().parameters().get(1);
      float[] values = floats(golden.get("values"));
      TrainingParameter p = new TrainingParameter(shape, values, new float[values.length]);
      try (Workers workers = new Workers(1)) {
        Optimization optimization =
            new Optimization(
                OPTIMIZERS.get(name),
                new WeightDecay(decay, WeightDecay.Scope.ALL),
                List.of(p),
                workers::run);
        for (Object gradient : (List<?>) golden.get("gradients")) {
          System.arraycopy(floats(gradient), 0, p.gradient(), 0, values.length);
          optimization.step(99, rate, clip ? 1 : Double.POSITIVE_INFINITY);
        }
      }
      float[] wanted = floats(expected);
      for (int i = 0; i < wanted.length; i++) {
        assertThat(values[i]).isCloseTo(wanted[i], within(1e-6f));
      }
    }
  }

  private static Map<?, ?> golden() throws IOException {
    try (InputStream in = OptimizerTest.class.getResourceAsStream("/golden/optimizers.json")) {
      return (Map<?, ?>)
          Json.parse("golden", new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static float[] floats(Object list) {
    List<?> values = (List<?>) list;
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = ((Number) values.get(i)).floatValue();
    }
    return floats;
  }

  /** A step of every optimizer after the other, with clipping, on the parameters of a network. */
  private static List<TrainingParameter> train(int threads, int steps, int interruptedAfter) {
    Random random = new Random(7);
    List<TrainingParameter> parameters =
        NETWORK.parameters().stream()
            .filter(p -> p.role().trainable())
            .map(p -> {
              float[] values = Initialization.HE.values(p, 3);
              return new TrainingParameter(p, values, new float[values.length]);
            })
            .toList();
    WeightDecay decay = new WeightDecay(0.01, WeightDecay.Scope.NO_DEPTHWISE);
    try (Workers workers = new Workers(threads)) {
      List<Optimization> optimizations = new ArrayList<>();
      OPTIMIZERS.forEach(
          (name, o) -> optimizations.add(new Optimization(o, decay, parameters, workers::run)));
      for (int step = 0; step < steps; step++) {
        for (int i = 0; i < optimizations.size(); i++) {
          for (TrainingParameter p : parameters) {
            for (int v = 0; v < p.gradient().length; v++) {
              p.gradient()[v] = random.nextFloat() - 0.5f;
            }
          }
          if (step == interruptedAfter) {
            Optimization old = optimizations.get(i);
            Optimizer optimizer = OPTIMIZERS.values().stream().toList().get(i);
            Optimization next = new Optimization(optimizer, decay, parameters, workers::run);
            next.restore(old.steps(), old.memory());
            optimizations.set(i, next);
          }
          optimizations.get(i).step(0.01, 0.002, 1);
        }
      }
    }
    return parameters;
  }

  @Test
  void sameBitsOnAnyNumberOfThreadsAndAfterAnInterruption() {
    List<TrainingParameter> one = train(1, 3, -1);
    for (List<TrainingParameter> other :
        List.of(train(2, 3, -1), train(4, 3, -1), train(1, 3, 2))) {
      for (int i = 0; i < one.size(); i++) {
        assertThat(other.get(i).values()).isEqualTo(one.get(i).values());
      }
    }
  }

  @Test
  void backboneAndClassifierHaveTheirOwnRate() {
    for (TrainingParameter p : train(1, 0, -1)) {
      float[] before = p.values().clone();
      java.util.Arrays.fill(p.gradient(), 1);
      try (Workers workers = new Workers(1)) {
        new Optimization(
                new Sgd(0, false),
                new WeightDecay(0, WeightDecay.Scope.ALL),
                List.of(p),
                workers::run)
            .step(0.5, 0.25, Double.POSITIVE_INFINITY);
      }
      float rate = p.name().startsWith("classifier.") ? 0.5f : 0.25f;
      assertThat(p.values()[0]).as(p.name()).isEqualTo(before[0] - rate);
    }
  }

  @Test
  void decayLeavesOutWhatThePaperSays() {
    WeightDecay paper = new WeightDecay(0.1, WeightDecay.Scope.NO_DEPTHWISE);
    assertThat(NETWORK.parameters().stream().filter(p -> paper.of(p) != 0).map(Parameter::name))
        .hasSize(15)
        .allMatch(name -> name.endsWith(".kernel") && !name.contains("depthwise"));
    WeightDecay all = new WeightDecay(0.1, WeightDecay.Scope.ALL);
    assertThat(NETWORK.parameters()).allMatch(p -> all.of(p) == 0.1);
  }

  @Test
  void refusesWhatIsOutOfRange() {
    assertThatThrownBy(() -> new Sgd(1, false))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("momentum is 1.0, expected in [0, 1)");
    assertThatThrownBy(() -> new AdamW(0.9, 0.999, 0)).hasMessage("epsilon is 0.0, expected > 0");
    assertThatThrownBy(() -> new WeightDecay(Double.NaN, WeightDecay.Scope.ALL))
        .hasMessage("weight decay is NaN, expected >= 0");
  }

  @Test
  void refusesAnotherMemory() {
    TrainingParameter p =
        new TrainingParameter(NETWORK.stem().parameters().get(1), new float[8], new float[8]);
    try (Workers workers = new Workers(1)) {
      Optimization optimization =
          new Optimization(
              Sgd.DEFAULT, new WeightDecay(0, WeightDecay.Scope.ALL), List.of(p), workers::run);
      assertThatThrownBy(() -> optimization.restore(1, Map.of()))
          .hasMessage("the optimizer's momentum.stem.gamma has no values, expected 8");
    }
  }
}
