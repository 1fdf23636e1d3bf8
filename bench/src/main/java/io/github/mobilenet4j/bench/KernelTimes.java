package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.kernels.Peak;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times of single kernels on the layers of a network. */
@Command(
    name = "kernels",
    usageHelpWidth = 100,
    sortOptions = false,
    description = {
      "Times the kernel of each layer alone by JMH: one picture, one thread, equal layers once.",
      "",
      "A JSON line a layer goes to standard output:",
      "  layer, alpha, resolution, microseconds, gflops, peak_gflops, share_of_peak",
      ""
    })
final class KernelTimes implements Callable<Integer> {
  @Option(names = "--alpha", paramLabel = "A", description = "Width multiplier; default 1.")
  private double alpha = 1;

  @Option(names = "--resolution", paramLabel = "R", description = "Input side; default 224.")
  private int resolution = 224;

  @Option(names = "--layer", paramLabel = "NAME", description = "Only this one; may be repeated.")
  private List<String> only = List.of();

  /** What makes two layers the same work. */
  private record Work(Class<?> kind, Object in, Object out) {}

  @Override
  public Integer call() throws RunnerException {
    MobileNetV1 network = KernelBenchmark.network(alpha, resolution);
    Map<Work, Layer> layers = new LinkedHashMap<>();
    for (Layer layer : network.layers()) {
      if (only.isEmpty() || only.contains(layer.name())) {
        layers.putIfAbsent(new Work(layer.getClass(), layer.in(), layer.out()), layer);
      }
    }
    double peak = Peak.gigaflops(1);
    for (Layer layer : layers.values()) {
      Options options =
          new OptionsBuilder()
              .include(KernelBenchmark.class.getName())
              .param("alpha", Double.toString(alpha))
              .param("resolution", Integer.toString(resolution))
              .param("layer", layer.name())
              .build();
      // What the forked JVM prints must not mix with the JSON.
      OutputFormat output =
          OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT);
      print(layer, new Runner(options, output).runSingle(), peak);
    }
    return 0;
  }

  private void print(Layer layer, RunResult result, double peak) {
    double micros = result.getPrimaryResult().getScore();
    double gflops = 2e-3 * layer.macs() / micros;
    System.err.printf(
        Locale.ROOT,
        "%-20s %11s → %-11s %9.1f µs %7.1f GFLOP/s %5.1f %% of the peak%n",
        layer.name(),
        layer.in(),
        layer.out(),
        micros,
        gflops,
        100 * gflops / peak);
    System.out.printf(
        Locale.ROOT,
        "{\"layer\":\"%s\",\"alpha\":%s,\"resolution\":%d,\"microseconds\":%.2f,\"gflops\":%.2f,"
            + "\"peak_gflops\":%.2f,\"share_of_peak\":%.4f}%n",
        layer.name(),
        alpha,
        resolution,
        micros,
        gflops,
        peak,
        gflops / peak);
  }
}
