package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints a network's table and what each layer costs. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Show a network's layers and what each costs.",
    description = {
      "",
      "Parameters are what training changes: the values of the kernels, and BatchNorm's scale and"
          + " shift or a bias. A MAC is one multiply-add, for one picture. KiB is the float32"
          + " memory of a layer's input and output.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j info                          # the network of the paper's Table 1",
      "  mobilenet4j info --width 0.25 --resolution 97x131",
      "  mobilenet4j info --compare                # beside standard convolutions",
      "  mobilenet4j info --model FILE             # what a model file holds",
      "  mobilenet4j info --model FILE --resolution 160"
    })
final class InfoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private NetworkOptions options;

  @Option(
      names = "--compare",
      description =
          "Show instead what each separable block costs beside the standard 3x3 convolution with"
              + " the same input and output (section 3.1 of the paper).")
  private boolean compare;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    Optional<Model> model = options.model(spec.commandLine());
    MobileNetV1 network =
        model.map(Model::network).orElseGet(() -> options.network(spec.commandLine()));
    List<Comparison> comparisons = compare ? Comparison.of(network) : List.of();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      JsonObject object = NetworkJson.network(network);
      if (compare) {
        object.with("comparison", comparisons, NetworkJson::comparison);
      }
      model.map(NetworkJson::model).ifPresent(object::putAll);
      object.print(out);
    } else {
      NetworkTables tables = new NetworkTables(out, spec.commandLine().getColorScheme().ansi());
      tables.title(network);
      if (compare) {
        tables.example();
        tables.comparison(comparisons);
      } else {
        model.ifPresent(tables::model);
        tables.layers(network);
        tables.kinds(network);
      }
      out.flush();
    }
    return 0;
  }
}
