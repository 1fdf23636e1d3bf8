package io.github.mobilenet4j.cli;

import static io.github.mobilenet4j.cli.Numbers.fixed;
import static io.github.mobilenet4j.cli.Numbers.percent;
import static io.github.mobilenet4j.cli.Table.Column.number;
import static io.github.mobilenet4j.cli.Table.Column.text;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.kernels.Peak;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures how fast this machine runs a network. */
@Command(
    name = "benchmark",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Measure how fast this machine runs the network.",
    description = {
      "",
      "Warms up until the times are stable, then measures. Without a model file the weights are"
          + " random, which does not change the speed. A GFLOP is 10^9 operations, two for each"
          + " multiply-add, at the median; the peak is what multiply-adds alone reach here on as"
          + " many threads.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j benchmark --threads 1 --layers",
      "  mobilenet4j benchmark --width 0.25 --resolution 128 --json",
      "  mobilenet4j benchmark --batch 16"
    })
final class BenchmarkCommand implements Callable<Integer> {
  private static final int BAR = 25;

  @Spec private CommandSpec spec;

  @Mixin private NetworkOptions options;

  @Mixin private ThreadsOption threads;
  @Mixin private PrecisionOption precision;

  @Option(
      names = "--batch",
      paramLabel = "N",
      converter = AtLeastOne.class,
      defaultValue = "1",
      description = "Pictures a run. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "5",
      description = "How long to measure. Default: ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(names = "--layers", description = "Show the time of each of the network's operators.")
  private boolean layers;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    if (!(seconds > 0)) {
      throw new ParameterException(
          spec.commandLine(), "--seconds is " + seconds + ", expected > 0");
    }
    Optional<Model> model = options.model(spec.commandLine());
    MobileNetV1 network =
        model.map(Model::network).orElseGet(() -> options.network(spec.commandLine()));
    var weights = model.map(Model::weights).orElseGet(() -> RandomWeights.of(network, 1));
    InferencePlan plan =
        InferencePlan.compile(
            network, weights, model.map(precision::of).orElseGet(() -> precision.of(weights)));
    Benchmark result;
    try (Session session = new Session(plan, batch, threads.count())) {
      result = Benchmark.run(plan, session, batch, seconds);
    } catch (OutOfMemoryError e) {
      throw new MobileNetException(
          "a batch of %s does not fit in the memory of this JVM, %s MiB (its flag -Xmx sets it)"
              .formatted(batch, Runtime.getRuntime().maxMemory() >> 20),
          e);
    }
    double peak =
        switch (plan.precision()) {
          case FLOAT32 -> Peak.gigaflops(threads.count());
          case BFLOAT16 -> Peak.bfloat16(threads.count());
          case INT8 -> Peak.int8(threads.count());
        };
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      json(network, result, peak).print(out);
    } else {
      print(out, spec.commandLine().getColorScheme().ansi(), network, result, peak);
      out.flush();
    }
    return 0;
  }

  private void print(
      PrintWriter out, Ansi ansi, MobileNetV1 network, Benchmark result, double peak) {
    NetworkTables tables = new NetworkTables(out, ansi);
    tables.title(network);
    tables.kernels();
    tables.metadata("precision", result.precision().name().toLowerCase(Locale.ROOT));
    tables.metadata("batch", Integer.toString(batch));
    tables.metadata("threads", Integer.toString(threads.count()));
    tables.metadata("runs", result.runs() + " after " + result.warmUpRuns() + " to warm up");
    tables.metadata("images/s", fixed(result.imagesPerSecond(), 1));
    tables.metadata(
        "GFLOP/s",
        "%s, %s of the peak, %s"
            .formatted(
                fixed(result.gigaflops(), 1), percent(result.gigaflops() / peak), fixed(peak, 1)));
    out.println();
    Table table = new Table(text("latency"), number("ms"));
    table.row("minimum", fixed(result.milliseconds(0), 3));
    table.row("median", fixed(result.milliseconds(0.5), 3));
    table.row("90 %", fixed(result.milliseconds(0.9), 3));
    table.row("99 %", fixed(result.milliseconds(0.99), 3));
    table.print(out, ansi);
    if (layers) {
      out.println();
      printOperators(out, ansi, result, peak);
    }
  }

  private static void printOperators(PrintWriter out, Ansi ansi, Benchmark result, double peak) {
    double total = result.operators().stream().mapToDouble(Benchmark.Operator::milliseconds).sum();
    double longest =
        result.operators().stream().mapToDouble(Benchmark.Operator::milliseconds).max().orElse(1);
    Table table =
        new Table(
            text("operator"),
            number("ms"),
            number("share"),
            number("GFLOP/s"),
            number("of the peak"),
            text(""));
    for (Benchmark.Operator operator : result.operators()) {
      table.row(
          operator.name(),
          fixed(operator.milliseconds(), 3),
          percent(operator.milliseconds() / total),
          fixed(operator.gigaflops(), 1),
          percent(operator.gigaflops() / peak),
          Bar.of(operator.milliseconds() / longest, BAR));
    }
    table.total("sum", fixed(total, 3));
    table.print(out, ansi);
  }

  private JsonObject json(MobileNetV1 network, Benchmark result, double peak) {
    JsonObject object =
        new JsonObject()
            .with("kernels", NetworkJson.kernels())
            .with("widthMultiplier", network.widthMultiplier())
            .with("height", network.height())
            .with("width", network.width())
            .with("precision", result.precision().name().toLowerCase(Locale.ROOT))
            .with("batch", batch)
            .with("threads", threads.count())
            .with("runs", result.runs())
            .with("minMilliseconds", result.milliseconds(0))
            .with("p50Milliseconds", result.milliseconds(0.5))
            .with("p90Milliseconds", result.milliseconds(0.9))
            .with("p99Milliseconds", result.milliseconds(0.99))
            .with("imagesPerSecond", result.imagesPerSecond())
            .with("gigaflops", result.gigaflops())
            .with("peakGigaflops", peak)
            .with("shareOfPeak", result.gigaflops() / peak);
    if (layers) {
      object.with(
          "operators",
          result.operators(),
          operator ->
              new JsonObject()
                  .with("name", operator.name())
                  .with("milliseconds", operator.milliseconds())
                  .with("gigaflops", operator.gigaflops())
                  .with("shareOfPeak", operator.gigaflops() / peak));
    }
    return object;
  }
}
