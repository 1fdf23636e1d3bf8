package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.KernelChoice;
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
      "Times inference of MobileNet V1 (float32, ReLU, padding 1, 1000 classes, random weights) in",
      "one run. The engines take turns in short rounds. First their logits are compared; if they",
      "differ, nothing is timed.",
      "",
      "A JSON line an engine and setting goes to standard output:",
      "  engine, alpha, resolution, batch, threads, median_ms, min_ms, ratio",
      "Times are of one call with a whole batch. ratio is mobilenet4j's median over this engine's:",
      "below 1, mobilenet4j is faster. Its own line says 1; without it the ratio is null.",
      "",
      "Without --alpha, --resolution, --batch and --threads four settings run: (1.0, 224, batch 1)",
      "on 1 and on 2 threads, (1.0, 224, batch 16) on 2, (0.25, 128, batch 1) on 1. With any of",
      "them one setting runs; the others are then 1.0, 224, 1 and 1.",
      "",
      "JVM flags go into JDK_JAVA_OPTIONS, such as -Dmobilenet4j.vectorBits=256.",
      ""
    })
final class CompareInference implements Callable<Integer> {
  /** Largest difference between two engines' logits, as a share of the largest logit. */
  private static final double TOLERANCE = 1e-4;

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

  @Mixin private Setting.Options chosen;

  @Option(
      names = "--engines",
      split = ",",
      paramLabel = "ENGINE",
      defaultValue = "mobilenet4j,onnxruntime",
      description = "Any of ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
  private Set<Contender> engines;

  @Override
  public Integer call() throws InterruptedException {
    if (engines.contains(Contender.MOBILENET4J)) {
      KernelChoice choice = KernelChoice.current();
      System.err.println("mobilenet4j: " + choice.kernels().name() + ": " + choice.reason());
    }
    Compare.tellLoad();
    for (Setting setting : chosen.settings(SETTINGS)) {
      compare(setting);
    }
    return 0;
  }

  private void compare(Setting setting) throws InterruptedException {
    Engine.Job job = Engine.Job.random(setting.network(), setting.batch(), setting.threads());
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

  private static void requireSameLogits(Map<Contender, Engine> engines) {
    engines.values().forEach(Engine::run);
    Contender first = engines.keySet().iterator().next();
    float[] expected = engines.get(first).logits();
    engines.forEach((contender, engine) -> {
      double difference = Engine.difference(expected, engine.logits());
      if (!(difference <= TOLERANCE)) { // Also refuses NaN.
        throw new MobileNetException(
            String.format(
                Locale.ROOT,
                "%s and %s: logits differ by %.3g of the largest, expected at most %.3g",
                first,
                contender,
                difference,
                TOLERANCE));
      }
    });
  }

  private static void print(Setting setting, Map<Contender, Race.Times> times) {
    System.err.printf("%n%s%n", setting);
    System.err.printf(
        "  %-12s %10s %10s %8s %8s%n", "engine", "median ms", "min ms", "calls", "ratio");
    Race.Times ours = times.get(Contender.MOBILENET4J);
    times.forEach((engine, t) -> {
      String ratio = t.ratio(ours);
      System.err.printf(
          Locale.ROOT,
          "  %-12s %10.3f %10.3f %8d %8s%n",
          engine,
          t.medianMillis(),
          t.minMillis(),
          t.calls(),
          ratio);
      System.out.printf(
          Locale.ROOT,
          "{\"engine\":\"%s\",%s,\"median_ms\":%.4f,\"min_ms\":%.4f,\"ratio\":%s}%n",
          engine,
          setting.json(),
          t.medianMillis(),
          t.minMillis(),
          ratio);
    });
  }
}
