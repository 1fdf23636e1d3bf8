package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.TrainingGraph;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Times of the layers within a training step. */
@Command(
    name = "phases",
    usageHelpWidth = 100,
    sortOptions = false,
    description = {
      "Times the layers within a step of mobilenet4j's training, forward and backward.",
      "",
      "A JSON line a layer and setting goes to standard output:",
      "  layer, alpha, resolution, batch, threads, forward_ms, backward_ms, other_ms, gflops",
      "Each is the median of all steps. The time between the phases of a layer, in which the sums",
      "of chunks are added up, is in other_ms. gflops is of forward and backward together.",
      "",
      "Without --alpha, --resolution, --batch and --threads the setting is 1.0, 224, 32, 2.",
      ""
    })
final class TrainingTimes implements Callable<Integer> {
  private static final List<Setting> SETTINGS = List.of(new Setting(1.0, 224, 32, 2));

  /** Steps that do not count: the JVM compiles what they run. */
  private static final int FIRST_STEPS = 3;

  /** Of operators that are part of the forward or the backward pass; all else is other. */
  private static final Map<String, Integer> PASSES =
      Map.of("forward", 0, "backward", 1, "kernel", 1);

  private static final int OTHER = 2;

  @Mixin private Setting.Options chosen;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many steps count; default: ${DEFAULT-VALUE}.")
  private int steps;

  @Override
  public Integer call() {
    Compare.tellLoad();
    for (Setting setting : chosen.settings(SETTINGS)) {
      time(setting);
    }
    return 0;
  }

  private void time(Setting setting) {
    MobileNetV1 network = setting.network();
    Engine.Job job = Engine.Job.random(network, setting.batch(), setting.threads());
    float[] targets = new float[setting.batch() * network.classes()];
    for (int n = 0; n < setting.batch(); n++) {
      targets[n * network.classes() + n % network.classes()] = 1;
    }
    try (TrainingGraph graph =
        new TrainingGraph(network, job.weights(), job.batch(), job.threads(), 0, 0.1)) {
      int phases = graph.operators().size();
      long[][] nanos = new long[phases][steps];
      for (int step = -FIRST_STEPS; step < steps; step++) {
        long[] one = new long[phases];
        graph.profile(job.x(), targets, job.batch(), step, new float[targets.length], one);
        for (int phase = 0; phase < phases && step >= 0; phase++) {
          nanos[phase][step] = one[phase];
        }
      }
      print(setting, network, millis(graph.operators(), nanos));
    }
  }

  /** Returns the milliseconds of each layer: forward, backward, other. */
  private static Map<String, double[]> millis(List<String> phases, long[][] nanos) {
    Map<String, double[]> byLayer = new LinkedHashMap<>();
    for (int phase = 0; phase < nanos.length; phase++) {
      Arrays.sort(nanos[phase]);
      String[] words = phases.get(phase).split(" ");
      double[] times = byLayer.computeIfAbsent(words[0], _ -> new double[OTHER + 1]);
      times[PASSES.getOrDefault(words[1], OTHER)] += nanos[phase][nanos[phase].length / 2] / 1e6;
    }
    return byLayer;
  }

  private static void print(Setting setting, MobileNetV1 network, Map<String, double[]> millis) {
    Map<String, Layer> layers =
        network.layers().stream().collect(Collectors.toMap(Layer::name, layer -> layer));
    double[] total = new double[OTHER + 1];
    millis.forEach((name, times) -> {
      Arrays.setAll(total, i -> total[i] + times[i]);
      print(setting, name, times, flops(layers.get(name)) * setting.batch());
    });
    print(
        setting,
        "total",
        total,
        layers.values().stream().mapToDouble(TrainingTimes::flops).sum() * setting.batch());
  }

  /** Forward, and backward the gradients of kernel and input; the stem has no second one. */
  private static double flops(Layer layer) {
    if (layer == null) {
      return 0;
    }
    return 2.0 * layer.macs() * (layer instanceof Layer.Standard ? 2 : 3);
  }

  private static void print(Setting setting, String name, double[] millis, double flops) {
    double gflops = flops / 1e6 / (millis[0] + millis[1]);
    System.err.printf(
        Locale.ROOT,
        "%-20s forward %7.2f ms  backward %7.2f ms  other %6.2f ms  %6.1f GFLOP/s%n",
        name,
        millis[0],
        millis[1],
        millis[2],
        gflops);
    System.out.printf(
        Locale.ROOT,
        "{\"layer\":\"%s\",%s,\"forward_ms\":%.3f,\"backward_ms\":%.3f,\"other_ms\":%.3f,"
            + "\"gflops\":%s}%n",
        name,
        setting.json(),
        millis[0],
        millis[1],
        millis[2],
        flops == 0 ? "null" : String.format(Locale.ROOT, "%.1f", gflops));
  }
}
