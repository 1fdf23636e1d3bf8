package io.github.mobilenet4j.cli;

import static io.github.mobilenet4j.cli.Numbers.grouped;
import static io.github.mobilenet4j.cli.Numbers.scientific;
import static io.github.mobilenet4j.cli.Numbers.significant;
import static io.github.mobilenet4j.cli.Table.Column.number;
import static io.github.mobilenet4j.cli.Table.Column.text;

import io.github.mobilenet4j.evaluation.Verification;
import io.github.mobilenet4j.evaluation.Verification.Agreement;
import io.github.mobilenet4j.evaluation.Verification.Difference;
import io.github.mobilenet4j.evaluation.Verification.LayerOutputs;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.weights.Model;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;

/** How far two models are apart, for people. */
final class VerificationTables {
  private static final int BAR = 16;

  /** The decades that a bar shows: from a float's rounding to no likeness at all. */
  private static final int DECADES = 8;

  private final PrintWriter out;
  private final Ansi ansi;
  private final String first;
  private final String second;
  private final double tolerance;

  VerificationTables(CommandLine command, String first, String second, double tolerance) {
    this.out = command.getOut();
    this.ansi = command.getColorScheme().ansi();
    this.first = first;
    this.second = second;
    this.tolerance = tolerance;
  }

  /** Prints in what two models differ beside their weights, if in anything. */
  void differences(List<ModelDifference> differences, Model one, Model other) {
    if (differences.isEmpty()) {
      return;
    }
    Table table = new Table(text("different"), text(first), text(second));
    differences.forEach(d -> table.row(d.name(), d.first(), d.second()));
    table.print(out, ansi);
    assumed(first, one);
    assumed(second, other);
    out.println();
    out.flush();
  }

  private void assumed(String name, Model model) {
    for (String what : List.of(Model.PREPROCESSING, Model.LABELS)) {
      String how = model.metadata().get(what);
      if (how != null) {
        out.println(Visible.of("%s: %s %s".formatted(name, what, how)));
      }
    }
  }

  /**
   * Prints what the models answer, what their layers compute, and what follows.
   *
   * @param allLayers whether to print the layers also where none differs
   */
  void verification(Verification verification, boolean allLayers) {
    boolean agree = verification.agree(tolerance);
    agreements(verification);
    if (allLayers || verification.firstDifference(tolerance).isPresent()) {
      layers(verification);
    }
    out.println(Table.styled(ansi, agree ? "They agree." : "They differ.", Style.bold));
    if (!agree) {
      cause(verification);
    }
    verification.firstDifference(tolerance).ifPresent(this::firstLayer);
    if (!agree && verification.images() > 1) {
      String farthest = verification.agreements().getFirst().farthest();
      out.println(Visible.of("They are farthest apart on " + farthest));
    }
    out.flush();
  }

  private void agreements(Verification verification) {
    Table table =
        new Table(
            text(
                "pictures: %s, classes: %s"
                    .formatted(grouped(verification.images()), grouped(verification.classes()))),
            number("logits differ by"),
            number("relative"),
            number("same top-1"));
    for (Agreement agreements : verification.agreements()) {
      table.row(
          way(agreements),
          difference(agreements.logits()),
          relative(agreements.logits()),
          Numbers.percent((double) agreements.sameTop1() / verification.images()));
    }
    table.print(out, ansi);
    out.println();
  }

  private static String way(Agreement agreements) {
    if (agreements.sameInput()) {
      return agreements.classesByOrder()
          ? "given the same input and with classes paired by place"
          : "given the same input";
    }
    return agreements.classesByOrder() ? "with classes paired by place" : "as they are";
  }

  private void layers(Verification verification) {
    Optional<LayerOutputs> differing = verification.firstDifference(tolerance);
    Table table =
        new Table(
            text("layer"),
            number("output"),
            number("largest"),
            number("differs by"),
            number("relative"),
            text("1e-8 to 1"));
    for (LayerOutputs layer : verification.layers()) {
      String[] cells = {
        layer.first().name(),
        layer.first().out().toString(),
        layer.comparable() ? significant(layer.difference().magnitude()) : "",
        difference(layer.difference()),
        relative(layer.difference()),
        Bar.of(1 + Math.log10(layer.difference().relative()) / DECADES, BAR)
      };
      if (differing.filter(layer::equals).isPresent()) {
        table.total(cells);
      } else {
        table.row(cells);
      }
    }
    table.print(out, ansi);
    out.println();
  }

  private void cause(Verification verification) {
    verification.agreements().stream()
        .skip(1)
        .filter(agreements -> agreements.logits().within(tolerance))
        .findFirst()
        .ifPresent(agreements ->
            out.println(
                "But they agree %s: their networks compute the same.".formatted(way(agreements))));
    if (verification.classes() == 0) {
      out.println("No class of one is a class of the other.");
    }
  }

  private void firstLayer(LayerOutputs layer) {
    String what =
        layer.comparable()
            ? "by %s of its largest value".formatted(relative(layer.difference()))
            : "%s here, %s %s there"
                .formatted(layer.first().out(), layer.second().name(), layer.second().out());
    String name = layer.first().name();
    out.println(Visible.of("The first layer that differs is %s: %s.".formatted(name, what)));
  }

  private static String difference(Difference difference) {
    return Double.isInfinite(difference.largest()) ? "∞" : significant(difference.largest());
  }

  private static String relative(Difference difference) {
    return Double.isInfinite(difference.largest()) ? "∞" : scientific(difference.relative());
  }
}
