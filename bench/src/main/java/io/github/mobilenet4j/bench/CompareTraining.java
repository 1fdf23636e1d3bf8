package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Time and memory of a training step. */
@Command(
    name = "training",
    usageHelpWidth = 100,
    sortOptions = false,
    description = {
      "Times a training step of MobileNet V1 (float32, ReLU, padding 1, 1000 classes, random",
      "weights, pictures and labels): forward with the statistics of the batch, mean cross"
          + " entropy,",
      "backward, SGD with momentum 0.9. Each engine has a process of its own, and they take turns.",
      "First the losses of three steps are compared; if they differ, nothing is timed.",
      "",
      "libtorch has channels-last tensors and OPENBLAS_NUM_THREADS=1; libtorch-tuned has an",
      "allocator that keeps its memory: MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000",
      "MALLOC_TOP_PAD_=268435456 MALLOC_ARENA_MAX=1.",
      "",
      "Wants a quiet machine: libtorch's threads spin while they wait for each other, so that it",
      "loses ten times more than mobilenet4j where other programs run.",
      "",
      "A JSON line an engine and setting goes to standard output:",
      "  engine, alpha, resolution, batch, threads, median_ms, min_ms, images_per_second,",
      "  peak_rss_mib, ratio",
      "images_per_second is that of the median; peak_rss_mib is the most resident memory of the",
      "process (Linux's VmHWM). ratio is mobilenet4j's median over this engine's: below 1,",
      "mobilenet4j is faster. Its own line says 1; without it the ratio is null.",
      "",
      "Without --alpha, --resolution, --batch and --threads two settings run: (1.0, 224) and",
      "(0.5, 128), both with batch 32 on 2 threads. With any of them one setting runs; the others",
      "are then 1.0, 224, 32 and 2.",
      ""
    })
final class CompareTraining implements Callable<Integer> {
  /** Largest difference between two engines' losses, as a share of the loss. */
  private static final double TOLERANCE = 1e-4;

  private static final Race FULL = new Race(5000, 4, 5000);
  private static final Race QUICK = new Race(3000, 2, 2500);

  private static final List<Setting> SETTINGS =
      List.of(new Setting(1.0, 224, 32, 2), new Setting(0.5, 128, 32, 2));

  @Option(names = "--quick", description = "Fewer and shorter rounds.")
  private boolean quick;

  @Mixin private Setting.Options chosen;

  @Option(
      names = "--engines",
      split = ",",
      paramLabel = "ENGINE",
      defaultValue = "mobilenet4j,libtorch,libtorch-tuned",
      description = "Any of ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
  private Set<TrainingContender> engines;

  @Override
  public Integer call() throws InterruptedException {
    Compare.tellLoad();
    for (Setting setting : chosen.settings(SETTINGS)) {
      compare(setting);
    }
    return 0;
  }

  private void compare(Setting setting) throws InterruptedException {
    Map<TrainingContender, TrainingProcess> processes = new LinkedHashMap<>();
    try {
      Map<TrainingContender, double[]> losses = new LinkedHashMap<>();
      for (TrainingContender contender : engines) {
        TrainingProcess process = new TrainingProcess(contender, setting);
        processes.put(contender, process);
        losses.put(contender, process.losses()); // One after the other: memory is cold here.
      }
      requireSameLosses(losses);
      Map<TrainingContender, IntFunction<List<Long>>> turns = new LinkedHashMap<>();
      processes.forEach((contender, process) -> turns.put(contender, process::turn));
      print(setting, processes, (quick ? QUICK : FULL).runTurns(turns));
    } finally {
      processes.values().forEach(TrainingProcess::close);
    }
  }

  private static void requireSameLosses(Map<TrainingContender, double[]> losses) {
    TrainingContender first = losses.keySet().iterator().next();
    losses.forEach((contender, found) -> {
      for (int i = 0; i < found.length; i++) {
        double expected = losses.get(first)[i];
        if (!(Math.abs(found[i] - expected) <= TOLERANCE * expected)) { // Also refuses NaN.
          throw new MobileNetException(
              "%s and %s: losses of step %s are %s and %s, expected to differ by at most %s"
                  .formatted(first, contender, i + 1, expected, found[i], TOLERANCE));
        }
      }
    });
  }

  private static void print(
      Setting setting,
      Map<TrainingContender, TrainingProcess> processes,
      Map<TrainingContender, Race.Times> times) {
    System.err.printf("%n%s%n", setting);
    System.err.printf(
        "  %-16s %10s %10s %8s %10s %8s %8s%n",
        "engine", "median ms", "min ms", "steps", "images/s", "MiB", "ratio");
    Race.Times ours = times.get(TrainingContender.MOBILENET4J);
    times.forEach((engine, t) -> {
      double imagesPerSecond = setting.batch() * 1e3 / t.medianMillis();
      long peak = processes.get(engine).peakMebibytes();
      String ratio = t.ratio(ours);
      System.err.printf(
          Locale.ROOT,
          "  %-16s %10.1f %10.1f %8d %10.1f %8d %8s%n",
          engine,
          t.medianMillis(),
          t.minMillis(),
          t.calls(),
          imagesPerSecond,
          peak,
          ratio);
      System.out.printf(
          Locale.ROOT,
          "{\"engine\":\"%s\",%s,\"median_ms\":%.3f,\"min_ms\":%.3f,\"images_per_second\":%.2f,"
              + "\"peak_rss_mib\":%d,\"ratio\":%s}%n",
          engine,
          setting.json(),
          t.medianMillis(),
          t.minMillis(),
          imagesPerSecond,
          peak,
          ratio);
    });
  }
}
