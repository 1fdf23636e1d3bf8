package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Latency of the engines on the tutorial's network. Its ReLU and padding are the peers' best case:
 * ONNX Runtime needs a tenth more for ReLU6, and LibTorch has no padding of different sizes.
 */
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

  private record Setting(double alpha, int resolution, int batch, int threads) {
    private Setting {
      if (batch < 1 || threads < 1) {
        throw new MobileNetException(
            "batch is %d and threads %d, expected >= 1".formatted(batch, threads));
      }
    }
  }

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting(1.0, 224, 1, 1),
          new Setting(1.0, 224, 1, 2),
          new Setting(1.0, 224, 16, 2),
          new Setting(0.25, 128, 1, 1));

  @Option(names = "--quick", description = "Fewer and shorter rounds.")
  private boolean quick;

  @Option(names = "--alpha", paramLabel = "A", description = "Width multiplier.")
  private Double alpha;

  @Option(names = "--resolution", paramLabel = "R", description = "Input height and width.")
  private Integer resolution;

  @Option(names = "--batch", paramLabel = "N", description = "Pictures in a call.")
  private Integer batch;

  @Option(names = "--threads", paramLabel = "T", description = "Threads of each engine.")
  private Integer threads;

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
    OperatingSystemMXBean machine = ManagementFactory.getOperatingSystemMXBean();
    System.err.printf(
        "load average %.1f on %d processors%n",
        machine.getSystemLoadAverage(), machine.getAvailableProcessors());
    for (Setting setting : settings()) {
      compare(setting);
    }
    return 0;
  }

  private List<Setting> settings() {
    if (Stream.of(alpha, resolution, batch, threads).allMatch(Objects::isNull)) {
      return SETTINGS;
    }
    return List.of(
        new Setting(
            Objects.requireNonNullElse(alpha, 1.0),
            Objects.requireNonNullElse(resolution, 224),
            Objects.requireNonNullElse(batch, 1),
            Objects.requireNonNullElse(threads, 1)));
  }

  private void compare(Setting setting) throws InterruptedException {
    MobileNetV1 network =
        MobileNetV1.builder()
            .widthMultiplier(setting.alpha())
            .resolution(setting.resolution())
            .activation(Activation.RELU)
            .padding(Padding.SYMMETRIC)
            .build();
    Engine.Job job = Engine.Job.random(network, setting.batch(), setting.threads());
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
            "%s and %s: logits differ by %.3g of the largest, expected at most %.3g"
                .formatted(first, contender, difference, TOLERANCE));
      }
    });
  }

  private static void print(Setting s, Map<Contender, Race.Times> times) {
    System.err.printf(
        "%nalpha %s, %d×%d, batch %d, threads %d%n",
        s.alpha(), s.resolution(), s.resolution(), s.batch(), s.threads());
    System.err.printf(
        "  %-12s %10s %10s %8s %8s%n", "engine", "median ms", "min ms", "calls", "ratio");
    Race.Times ours = times.get(Contender.MOBILENET4J);
    times.forEach((engine, t) -> {
      String ratio =
          ours == null
              ? "null"
              : String.format(Locale.ROOT, "%.3f", ours.medianMillis() / t.medianMillis());
      System.err.printf(
          "  %-12s %10.3f %10.3f %8d %8s%n",
          engine, t.medianMillis(), t.minMillis(), t.calls(), ratio);
      System.out.printf(
          Locale.ROOT,
          "{\"engine\":\"%s\",\"alpha\":%s,\"resolution\":%d,\"batch\":%d,\"threads\":%d,"
              + "\"median_ms\":%.4f,\"min_ms\":%.4f,\"ratio\":%s}%n",
          engine,
          s.alpha(),
          s.resolution(),
          s.batch(),
          s.threads(),
          t.medianMillis(),
          t.minMillis(),
          ratio);
    });
  }
}
