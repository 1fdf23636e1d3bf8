package io.github.mobilenet4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.Formula;
import io.github.mobilenet4j.TutorialGolden;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses, logits, gradients and running statistics are those of PyTorch. */
class GoldenTrainingTest {
  /** Of the largest magnitude. */
  private static final double LOGITS_TOLERANCE = 1e-4;

  private static final double GRADIENT_TOLERANCE = 1e-3;

  @Test
  void tutorialsNetwork() {
    TutorialGolden tutorial = TutorialGolden.read();
    MobileNetV1 network = tutorial.model().network();
    Map<String, Tensor> expected = tutorial.tensors();
    float[] x = Nhwc.batch(expected.get("x"));
    float[] targets = oneHot(expected.get("labels"), network.classes());
    float[] logits = new float[targets.length];
    List<String> compared = new ArrayList<>();
    try (TrainingGraph graph =
        new TrainingGraph(
            network, tutorial.model().weights().withBatchNorm(network), 4, 1, 0, 0.1)) {
      float loss = graph.step(x, targets, 4, 0, logits);

      assertClose("loss", new float[] {loss}, expected.get("train.loss"), LOGITS_TOLERANCE);
      assertClose("logits", logits, expected.get("train.logits"), LOGITS_TOLERANCE);
      Dialect.TUTORIAL
          .tensors(network, gradients(graph), DataType.F32)
          .forEach((name, gradient) -> {
            Tensor golden = expected.get("grad." + name);
            if (golden != null) {
              assertClose(name, gradient.floats(), golden, GRADIENT_TOLERANCE);
              compared.add(name);
            }
          });
      assertThat(compared).hasSameSizeAs(graph.parameters());
    }
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (Padding padding : List.of(Padding.SYMMETRIC, Padding.SAME)) {
      for (Activation activation : Activation.values()) {
        cases.add(Case.of(0.3, 32, 32, 11, padding, activation));
        cases.add(Case.of(0.3, 97, 131, 3, padding, activation));
      }
    }
    cases.add(Case.of(0.5, 64, 64, 9, Padding.SAME, Activation.RELU6));
    cases.add(Case.of(1.0, 64, 64, 5, Padding.SYMMETRIC, Activation.RELU));
    cases.add(Case.of(0.3, 33, 47, 9, Padding.SAME, Activation.RELU6).with(1, 2));
    cases.add(Case.of(0.3, 32, 32, 5, Padding.SYMMETRIC, Activation.RELU).with(3, 1));
    cases.add(Case.of(0.3, 32, 45, 6, Padding.SAME, Activation.RELU6).with(1, 1));
    cases.add(Case.of(0.3, 97, 131, 3, Padding.ASYMMETRIC, Activation.RELU6));
    cases.add(Case.of(0.3, 33, 63, 5, Padding.ASYMMETRIC, Activation.RELU).with(1, 1));
    return cases;
  }

  /** A network and a batch of src/test/python/training.py. */
  record Case(MobileNetV1 network, int batch, String file) {
    static Case of(
        double alpha, int height, int width, int batch, Padding padding, Activation activation) {
      return new Case(
          MobileNetV1.builder()
              .widthMultiplier(alpha)
              .input(height, width)
              .classes(7)
              .padding(padding)
              .activation(activation)
              .epsilon(1e-5)
              .build(),
          batch,
          "training");
    }

    Case with(int channels, int stride) {
      return new Case(
          network.toBuilder().channels(channels).stemStride(stride).build(), batch, file);
    }

    /** Returns the same of another file. */
    Case in(String other) {
      return new Case(network, batch, other);
    }

    Tensor expected(String what) throws IOException {
      boolean variant =
          network.channels() != 3
              || network.stemStride() != 2
              || network.padding() == Padding.ASYMMETRIC;
      String file = "/golden/" + (variant ? "variants" : this.file) + ".safetensors";
      String name =
          "%s/%sx%s/%s/%s/%s/%s%s"
              .formatted(
                  network.widthMultiplier(),
                  network.height(),
                  network.width(),
                  batch,
                  network.padding(),
                  network.activation(),
                  variant ? network.channels() + "/" + network.stemStride() + "/" : "",
                  what);
      return golden(file).get(name.toLowerCase(Locale.ROOT));
    }
  }

  /** Gradients of one step, and what three steps of gradient descent leave behind. */
  @ParameterizedTest
  @MethodSource("cases")
  void widthsSizesPaddingsAndActivations(Case golden) throws IOException {
    MobileNetV1 network = golden.network();
    int n = golden.batch();
    float[] x = images(golden);
    float[] targets = targets(golden);
    float[] losses = new float[3];
    try (TrainingGraph graph = new TrainingGraph(network, shifted(network), n + 1, 2, 0, 0.1)) {
      for (int step = 0; step < losses.length; step++) {
        float[] logits = new float[n * network.classes()];
        losses[step] = graph.step(x, targets, n, step, logits);
        if (step == 0) {
          assertClose("logits", logits, golden.expected("logits"), LOGITS_TOLERANCE);
          assertRows(network, gradients(graph), golden.expected("gradients"), true);
        }
        descend(graph);
      }
      assertRows(network, graph.weights(), golden.expected("values"), false);
    }
    assertClose("losses", losses, golden.expected("losses"), 1e-3);
  }

  /** The running statistics stay and normalise: momentum 0. */
  @Test
  void statisticsThatStay() throws IOException {
    MobileNetV1 network = Case.of(0.3, 33, 47, 9, Padding.SAME, Activation.RELU6).network();
    Map<String, Tensor> golden = golden("/golden/fixed.safetensors");
    String name = "0.3/33x47/9/same/relu6/3/2/";
    float[] x = Nhwc.batch(Formula.uniform("x", -2, 2, List.of(9, 3, 33, 47)));
    float[] targets = Formula.uniform("targets", 0, 0.5, List.of(9, 7)).floats();
    try (TrainingGraph graph = new TrainingGraph(network, shifted(network), 9, 2, 0, 0)) {
      assertThreeSteps(graph, x, targets, Optional.empty(), golden, name);
    }
  }

  /** The same with a teacher; of src/test/python/distillation.py. */
  @ParameterizedTest
  @CsvSource({"1.0, 0.5", "4.0, 0.9", "2.5, 1.0"})
  void distillation(double temperature, double weight) throws IOException {
    MobileNetV1 network = Case.of(0.3, 32, 32, 11, Padding.SAME, Activation.RELU6).network();
    Map<String, Tensor> golden = golden("/golden/distillation.safetensors");
    String name = temperature + "/" + weight + "/";
    float[] x = Nhwc.batch(Formula.uniform("x", -2, 2, List.of(11, 3, 32, 32)));
    float[] targets = Formula.uniform("targets", 0, 0.5, List.of(11, 7)).floats();
    float[] teacher = Formula.uniform("teacher", -5, 5, List.of(11, 7)).floats();
    Optional<SoftTargets> soft = Optional.of(new SoftTargets(teacher, temperature, weight));
    try (TrainingGraph graph = new TrainingGraph(network, shifted(network), 11, 2, 0, 0.1)) {
      assertThreeSteps(graph, x, targets, soft, golden, name);
    }
  }

  private static void assertThreeSteps(
      TrainingGraph graph,
      float[] x,
      float[] targets,
      Optional<SoftTargets> soft,
      Map<String, Tensor> golden,
      String name) {
    MobileNetV1 network = graph.network();
    float[] losses = new float[3];
    for (int step = 0; step < losses.length; step++) {
      float[] logits = new float[targets.length];
      losses[step] = graph.step(x, targets, soft, targets.length / 7, step, logits, null);
      if (step == 0) {
        assertClose("logits", logits, golden.get(name + "logits"), LOGITS_TOLERANCE);
        assertRows(network, gradients(graph), golden.get(name + "gradients"), true);
      }
      descend(graph);
    }
    assertRows(network, graph.weights(), golden.get(name + "values"), false);
    assertClose("losses", losses, golden.get(name + "losses"), 1e-3);
  }

  static List<Case> bfloat16Cases() {
    return List.of(
        Case.of(0.3, 97, 131, 3, Padding.SYMMETRIC, Activation.RELU).in("bfloat16"),
        Case.of(0.5, 64, 64, 9, Padding.SAME, Activation.RELU6).in("bfloat16"));
  }

  /**
   * A value that lies between two bfloat16 numbers goes to the other one where sums of floats and
   * doubles differ, and takes many of the next layer with it: after 26 layers all of that is left
   * is noise as large as that between float32 and bfloat16. {@link PointwiseTest} looks closer.
   */
  @ParameterizedTest
  @MethodSource("bfloat16Cases")
  void productsOfBfloat16(Case golden) throws IOException {
    MobileNetV1 network = golden.network();
    Arithmetic bfloat16 = new Arithmetic(TrainingPrecision.BFLOAT16, Optional.empty());
    float[] x = images(golden);
    float[] targets = targets(golden);
    float[] losses = new float[3];
    float[] logits = new float[targets.length];
    try (TrainingGraph graph =
        new TrainingGraph(network, shifted(network), golden.batch(), 2, 0, 0.1, bfloat16)) {
      for (int step = 0; step < losses.length; step++) {
        losses[step] = graph.step(x, targets, golden.batch(), step, logits);
        if (step == 0) {
          assertClose("logits", logits, golden.expected("logits"), 0.02);
        }
        descend(graph);
      }
    }
    assertClose("losses", losses, golden.expected("losses"), 2e-3);
  }

  private static float[] images(Case golden) {
    MobileNetV1 network = golden.network();
    return Nhwc.batch(
        Formula.uniform(
            "x",
            -2,
            2,
            List.of(golden.batch(), network.channels(), network.height(), network.width())));
  }

  private static float[] targets(Case golden) {
    return Formula.uniform("targets", 0, 0.5, List.of(golden.batch(), golden.network().classes()))
        .floats();
  }

  private static void descend(TrainingGraph graph) {
    for (TrainingParameter p : graph.parameters()) {
      for (int i = 0; i < p.values().length; i++) {
        p.values()[i] -= 0.002f * p.gradient()[i];
      }
    }
  }

  /** What three steps of each optimizer leave behind; of src/test/python/optimization.py. */
  @ParameterizedTest
  @CsvSource({"sgd, 0.005, 4e-5", "nesterov, 0.005, 0", "rmsprop, 2e-3, 0", "adamw, 3e-3, 0.05"})
  void optimizers(String name, double rate, double decay) throws IOException {
    Optimizer optimizer =
        switch (name) {
          case "sgd" -> new Optimizer.Sgd(0.9, false);
          case "nesterov" -> new Optimizer.Sgd(0.9, true);
          case "rmsprop" -> new Optimizer.RmsProp(0.9, 0.9, 0.1, Optimizer.RmsProp.Formula.PYTORCH);
          default -> new Optimizer.AdamW(0.9, 0.999, 0.1);
        };
    Case golden = Case.of(0.5, 64, 64, 9, Padding.SAME, Activation.RELU6);
    MobileNetV1 network = golden.network();
    float[] x = Nhwc.batch(Formula.uniform("x", -2, 2, List.of(9, 3, 64, 64)));
    float[] targets = Formula.uniform("targets", 0, 0.5, List.of(9, network.classes())).floats();
    try (TrainingGraph graph = new TrainingGraph(network, shifted(network), 9, 2, 0, 0.1)) {
      Optimization optimization =
          new Optimization(optimizer, new WeightDecay(decay, WeightDecay.Scope.ALL), graph);
      for (int step = 0; step < 4; step++) {
        graph.step(x, targets, 9, step, new float[9 * network.classes()]);
        if (step > 0) { // the first moves the statistics only, as there
          optimization.step(rate, rate, Double.POSITIVE_INFINITY);
        }
      }
      assertRows(network, graph.weights(), optimized(name), false);
    }
  }

  private static Tensor optimized(String name) throws IOException {
    return golden("/golden/optimization.safetensors").get(name);
  }

  private static Map<String, Tensor> golden(String file) throws IOException {
    try (InputStream in = GoldenTrainingTest.class.getResourceAsStream(file)) {
      return Safetensors.read(file, in.readAllBytes()).tensors();
    }
  }

  /** Returns weights with which few values lie near the corners of the activation. */
  static Weights.Trained shifted(MobileNetV1 network) {
    Weights formula = Formula.weights(network);
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : network.parameters()) {
      float[] copy = formula.get(p).clone();
      for (int i = 0; i < copy.length && p.role() == Role.BETA; i++) {
        copy[i] += 1.5f;
      }
      values.put(p.name(), copy);
    }
    return new Weights.Trained(values);
  }

  /** Checks the largest magnitude and some values of each parameter. */
  private static void assertRows(
      MobileNetV1 network, Weights found, Tensor expected, boolean trainedOnly) {
    float[] values = expected.floats();
    int columns = expected.shape().get(1);
    Map<String, float[]> rows = rows(network, found, columns, trainedOnly);
    assertThat(rows).hasSize(expected.shape().getFirst());
    int row = 0;
    for (Map.Entry<String, float[]> each : rows.entrySet()) {
      float[] here = Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
      assertThat(each.getValue())
          .as(each.getKey())
          .containsExactly(here, within((float) (GRADIENT_TOLERANCE * here[0])));
      row++;
    }
  }

  /** Returns the largest magnitude and some values of each parameter. */
  static Map<String, float[]> rows(
      MobileNetV1 network, Weights found, int columns, boolean trainedOnly) {
    Map<String, float[]> rows = new LinkedHashMap<>();
    Map<String, Tensor> tensors = Dialect.TUTORIAL.tensors(network, found, DataType.F32);
    for (String name : tensors.keySet()) {
      boolean trained = !name.contains(".running_");
      if (name.endsWith(".num_batches_tracked") || trainedOnly && !trained) {
        continue;
      }
      float[] all = tensors.get(name).floats();
      float[] chosen = new float[columns];
      for (float v : all) {
        chosen[0] = Math.max(chosen[0], Math.abs(v));
      }
      for (int i = 1; i < columns; i++) {
        chosen[i] = all[(int) (Formula.number("places." + name, i - 1) * all.length)];
      }
      rows.put(name, chosen);
    }
    return rows;
  }

  private static float[] oneHot(Tensor labels, int classes) {
    float[] targets = new float[labels.size() * classes];
    for (int i = 0; i < labels.size(); i++) {
      targets[i * classes + Math.toIntExact(labels.data().getLong(i * Long.BYTES))] = 1;
    }
    return targets;
  }

  /** Returns gradients as if they were weights; there are none of the statistics. */
  static Weights gradients(TrainingGraph graph) {
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : graph.network().parameters()) {
      values.put(p.name(), new float[Math.toIntExact(p.size())]);
    }
    graph.parameters().forEach(p -> values.put(p.name(), p.gradient()));
    return new Weights.Trained(values);
  }

  private static void assertClose(String what, float[] found, Tensor expected, double tolerance) {
    float[] values = expected.floats();
    float unit = 0;
    for (float v : values) {
      unit = Math.max(unit, Math.abs(v));
    }
    assertThat(found).as(what).containsExactly(values, within((float) (tolerance * unit)));
  }
}
