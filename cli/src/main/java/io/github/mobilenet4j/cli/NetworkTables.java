package io.github.mobilenet4j.cli;

import static io.github.mobilenet4j.cli.Numbers.grouped;
import static io.github.mobilenet4j.cli.Numbers.percent;
import static io.github.mobilenet4j.cli.Numbers.plain;
import static io.github.mobilenet4j.cli.Numbers.words;
import static io.github.mobilenet4j.cli.Table.Column.number;
import static io.github.mobilenet4j.cli.Table.Column.text;

import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.kernels.Bfloat16Choice;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Costs;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Model;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;

/** A network for people. */
record NetworkTables(PrintWriter out, Ansi ansi) {
  private static final int BAR = 20;

  void title(MobileNetV1 network) {
    String title =
        "MobileNet V1, α %s, input %s, %s"
            .formatted(
                plain(network.widthMultiplier()),
                network.input(),
                network.hasClassifier()
                    ? grouped(network.classes())
                        + " classes"
                        + (network.head().others() > 0
                            ? " and %s outputs for others"
                                .formatted(grouped(network.head().others()))
                            : "")
                    : "no classifier");
    out.println(Table.styled(ansi, title, Style.bold));
    out.println();
  }

  void layers(MobileNetV1 network) {
    Table table =
        new Table(
            text("layer"),
            text("kind"),
            number("stride"),
            number("input"),
            number("output"),
            number("kernel"),
            number("BatchNorm"),
            number("bias"),
            number("MACs"),
            number("KiB"));
    for (Layer layer : network.layers()) {
      table.row(
          layer.name(),
          layer.kind(),
          layer instanceof Layer.Convolution c ? Integer.toString(c.stride()) : "",
          layer.in().toString(),
          layer.out().toString(),
          values(layer, Role.KERNEL),
          values(layer, Role.GAMMA, Role.BETA),
          values(layer, Role.BIAS),
          grouped(layer.macs()),
          kib(layer.activationBytes()));
    }
    table.total(
        "total",
        "",
        "",
        "",
        "",
        grouped(values(network.parameters(), Role.KERNEL)),
        grouped(values(network.parameters(), Role.GAMMA, Role.BETA)),
        grouped(values(network.parameters(), Role.BIAS)),
        grouped(network.macs()),
        kib(network.peakActivationBytes()));
    table.print(out, ansi);
    out.println();
    out.println("KiB: a layer's input and output; their total is the largest, not the sum.");
    out.println(
        "%s parameters in all; with BatchNorm's running statistics there are %s values."
            .formatted(grouped(network.trainableParameters()), grouped(network.totalParameters())));
    out.println();
  }

  private static String values(Layer layer, Role... roles) {
    long values = values(layer.parameters(), roles);
    return values == 0 ? "" : grouped(values);
  }

  private static long values(List<Parameter> parameters, Role... roles) {
    return parameters.stream()
        .filter(p -> List.of(roles).contains(p.role()))
        .mapToLong(Parameter::size)
        .sum();
  }

  /** The sums of section 3.1 of the paper, for so few channels that they can be done by heart. */
  void example() {
    out.println("What a separable block saves, from 3 to 16 channels with a 3×3 kernel:");
    out.println("  standard    3·3·3·16       = 432 weights");
    out.println("  separable   3·3·3 + 3·16   =  75 weights   75 / 432 = 17.36 % = 1/16 + 1/9");
    out.println("Each weight is multiplied once for each place of the output: that is a MAC.");
    out.println();
  }

  void kinds(MobileNetV1 network) {
    Table table =
        new Table(
            text("kind"),
            number("layers"),
            number("MACs"),
            number("share"),
            text(" ".repeat(BAR)),
            number("kernel values"),
            number("share"),
            text(""));
    for (Costs costs : Costs.byKind(network)) {
      table.row(
          costs.kind(),
          Integer.toString(costs.layers()),
          grouped(costs.macs()),
          percent(costs.macShare()),
          Bar.of(costs.macShare(), BAR),
          grouped(costs.kernelValues()),
          percent(costs.kernelShare()),
          Bar.of(costs.kernelShare(), BAR));
    }
    table.print(out, ansi);
    out.println();
  }

  void comparison(List<Comparison> comparisons) {
    Table table =
        new Table(
            text(""),
            number("weights"),
            number("if standard"),
            number("MACs"),
            number("if standard"),
            number("share"),
            number("1/K + 1/9"),
            text(""));
    for (Comparison c : comparisons) {
      boolean whole = Double.isNaN(c.formula());
      String[] cells = {
        c.name(),
        grouped(c.separable().kernels()),
        grouped(c.standard().kernels()),
        grouped(c.separable().macs()),
        grouped(c.standard().macs()),
        percent(c.ratio()),
        whole ? "" : percent(c.formula()),
        Bar.of(c.ratio(), BAR)
      };
      if (whole) {
        table.total(cells);
      } else {
        table.row(cells);
      }
    }
    table.print(out, ansi);
    out.println();
    out.println(
        "share: of the MACs. K: channels of the output. Weights: without BatchNorm and bias.");
    out.println();
  }

  void model(Model model) {
    kernels();
    Map<String, String> metadata = new TreeMap<>(model.metadata());
    Map<String, String> known = new LinkedHashMap<>();
    if (model.network().hasClassifier()) {
      known.put("labels", labels(model));
    }
    known.putAll(conventions(model));
    known.forEach((name, value) -> {
      metadata(name, value);
      String note = metadata.remove(name); // that it is assumed
      if (note != null) {
        metadata("", note);
      }
    });
    metadata.forEach(this::metadata);
    out.println();
  }

  /** Returns the number of a model's labels, and some of them. */
  static String labels(Model model) {
    return model.labels().names().size() + ": " + sample(model.labels().names());
  }

  /** Returns what a source of weights may do differently, by name, but for the labels. */
  static Map<String, String> conventions(Model model) {
    MobileNetV1 network = model.network();
    Preprocessing preprocessing = model.preprocessing();
    Map<String, String> conventions = new LinkedHashMap<>();
    conventions.put("activation", words(network.activation()));
    conventions.put("padding", network.convolutions().paddingInWords().toLowerCase(Locale.ROOT));
    if (network.hasClassifier() && network.head().activation() != ClassifierActivation.SOFTMAX) {
      conventions.put(
          "probabilities",
          switch (network.head().activation()) {
            case SOFTMAX -> "softmax";
            case SIGMOID -> "a sigmoid for each class";
            case BINARY -> "one sigmoid, that of the second class";
          });
    }
    conventions.put("BatchNorm ε", plain(network.epsilon()));
    conventions.put(
        "preprocessing",
        "%s, crop fraction %s, %s"
            .formatted(
                words(preprocessing.crop()),
                plain(preprocessing.cropFraction()),
                words(preprocessing.resampling())));
    conventions.put(
        "mean",
        decimals(preprocessing.mean())
            + (preprocessing.channels() == 1 ? " of 1, grey" : " of 1, red, green, blue"));
    conventions.put("std", decimals(preprocessing.std()));
    return conventions;
  }

  void kernels() {
    KernelChoice choice = InferencePlan.kernelChoice();
    metadata("kernels", choice.reason());
    metadata("bfloat16", Bfloat16Choice.of(choice.kernels()).name());
    metadata("int8", choice.kernels().quantized().name());
  }

  void metadata(String name, String value) {
    String shown = Visible.of(name);
    out.println(shown + " ".repeat(Math.max(1, 15 - shown.length())) + Visible.of(value));
  }

  private static String decimals(List<Double> values) {
    return values.stream().map(v -> Numbers.fixed(v, 4)).collect(Collectors.joining(" "));
  }

  private static String sample(List<String> names) {
    return names.size() <= 4
        ? String.join("; ", names)
        : String.join("; ", names.subList(0, 3)) + "; …; " + names.getLast();
  }

  private static String kib(long bytes) {
    return grouped(Math.ceilDiv(bytes, 1024));
  }
}
