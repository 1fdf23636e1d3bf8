package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.kernels.Bfloat16Choice;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Latency of the engines. */
@Command(
    name = "inference",
    usageHelpWidth = 100,
    sortOptions = false,
    description = {
      "Times inference of MobileNet V1 (1000 classes, random weights) in one run. The engines take",
      "turns in short rounds. First their logits are compared; if they differ, nothing is timed.",
      "",
      "float32 and bfloat16: ReLU, padding 1, the peers' best case. int8: ReLU6 and TensorFlow's",
      "padding, quantised by us, per channel; ONNX Runtime gets our export as QDQ, TensorFlow Lite",
      "our export with XNNPACK, and its input as integers.",
      "",
      "A JSON line an engine and setting goes to standard output:",
      "  processor, engine, precision, instructions, alpha, resolution, batch, threads, median_ms,",
      "  min_ms, ratio",
      "Times are of one call with a whole batch. ratio is mobilenet4j's median over this engine's:",
      "below 1, mobilenet4j is faster. Its own line says 1; without it the ratio is null.",
      "instructions are those that mobilenet4j multiplies by, null for others.",
      "",
      "Without --alpha, --resolution, --batch and --threads four settings run: (1.0, 224, batch 1)",
      "on 1 and on 2 threads, (1.0, 224, batch 16) on 2, (0.25, 128, batch 1) on 1. With any of",
      "them one setting runs; the others are then 1.0, 224, 1 and 1.",
      "",
      "JVM flags go into JDK_JAVA_OPTIONS, such as -Dmobilenet4j.vectorBits=256.",
      ""
    })
final class CompareInference implements Callable<Integer> {
  private static final Race FULL = new Race(4000, 20, 300);
  private static final Race QUICK = new Race(1500, 6, 200);

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting(1.0, 224, 1, 1),
          new Setting(1.0, 224, 1, 2),
          new Setting(1.0, 224, 16, 2),
          new Setting(0.25, 128, 1, 1));

  @Option(names = "--quick", description = "Fewer and shorter rounds.")
  private boolean quick;

  @Option(
      names = "--precision",
      paramLabel = "P",
      description = "float32, bfloat16 or int8. Default: float32, or what the model is made for.")
  private Precision precision;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "What a file holds instead of random weights, such as an official one.")
  private Path file;

  @Mixin private Setting.Options chosen;

  @Option(
      names = "--engines",
      split = ",",
      paramLabel = "ENGINE",
      defaultValue = "mobilenet4j,onnxruntime",
      description = {
        "Any of ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.",
        "float32 is mobilenet4j and onnxruntime_float32 ONNX Runtime in that, whatever the"
            + " precision."
      })
  private Set<Contender> engines;

  @Override
  public Integer call() throws InterruptedException {
    if (engines.contains(Contender.MOBILENET4J)) {
      KernelChoice choice = KernelChoice.current();
      System.err.println("mobilenet4j: " + choice.reason());
    }
    Compare.tellLoad();
    Model model = file == null ? null : Models.read(file);
    if (precision == null) {
      precision = model == null ? Precision.FLOAT32 : Precision.of(model.weights());
    }
    for (Setting setting : chosen.settings(model == null ? SETTINGS : List.of(Setting.of(model)))) {
      compare(setting, model);
    }
    return 0;
  }

  private void compare(Setting setting, Model model) throws InterruptedException {
    Engine.Job job =
        model != null
            ? Engine.Job.of(model, precision, setting.batch(), setting.threads())
            : Engine.Job.random(setting.network(precision), setting.batch(), setting.threads())
                .in(precision);
    Map<Contender, Engine> ready = new LinkedHashMap<>();
    try {
      for (Contender contender : engines) {
        ready.put(contender, contender.prepare(job));
      }
      requireSameLogits(ready);
      Map<Contender, Runnable> tasks = new LinkedHashMap<>();
      ready.forEach((contender, engine) -> tasks.put(contender, engine::run));
      print(setting, (quick ? QUICK : FULL).run(tasks));
    } finally {
      ready.values().forEach(Engine::close);
    }
  }

  private void requireSameLogits(Map<Contender, Engine> engines) {
    engines.values().forEach(Engine::run);
    List<Contender> compared = engines.keySet().stream().filter(Contender::hasPrecision).toList();
    double tolerance = tolerance(precision);
    for (Contender contender : compared) {
      Contender first = compared.getFirst();
      double difference =
          Engine.difference(engines.get(first).logits(), engines.get(contender).logits());
      if (!(difference <= tolerance)) { // Also refuses NaN.
        throw new MobileNetException(
            String.format(
                Locale.ROOT,
                "%s and %s: logits differ by %.3g of the largest, expected at most %.3g",
                first,
                contender,
                difference,
                tolerance));
      }
    }
  }

  /** Returns the largest difference between engines' logits, as a share of the largest logit. */
  static double tolerance(Precision precision) {
    return switch (precision) {
      case FLOAT32 -> 1e-4;
      case BFLOAT16 -> 3e-2; // LibTorch rounds all outputs
      case INT8 -> 5e-2; // of random weights, whose logits are close to each other
    };
  }

  /** Returns by what mobilenet4j multiplies. */
  private static String instructions(Precision precision) {
    KernelChoice choice = KernelChoice.current();
    return switch (precision) {
      case FLOAT32 -> choice.kernels().name();
      case BFLOAT16 -> Bfloat16Choice.of(choice.kernels()).name();
      case INT8 -> choice.kernels().quantized().name();
    };
  }

  private void print(Setting setting, Map<Contender, Race.Times> times) {
    System.err.printf("%n%s, %s%n", setting, precision.name().toLowerCase(Locale.ROOT));
    System.err.printf(
        "  %-20s %10s %10s %8s %8s%n", "engine", "median ms", "min ms", "calls", "ratio");
    Race.Times ours = times.get(Contender.MOBILENET4J);
    times.forEach((engine, t) -> {
      String ratio = t.ratio(ours);
      System.err.printf(
          Locale.ROOT,
          "  %-20s %10.3f %10.3f %8d %8s%n",
          engine,
          t.medianMillis(),
          t.minMillis(),
          t.calls(),
          ratio);
      Precision own = engine.hasPrecision() ? precision : Precision.FLOAT32;
      System.out.printf(
          Locale.ROOT,
          "{\"processor\":\"%s\",\"engine\":\"%s\",\"precision\":\"%s\",\"instructions\":%s,%s,"
              + "\"median_ms\":%.4f,\"min_ms\":%.4f,\"ratio\":%s}%n",
          Compare.processor(),
          engine,
          own.name().toLowerCase(Locale.ROOT),
          engine.isOurs() ? "\"" + instructions(own) + "\"" : "null",
          setting.json(),
          t.medianMillis(),
          t.minMillis(),
          ratio);
    });
  }
}
