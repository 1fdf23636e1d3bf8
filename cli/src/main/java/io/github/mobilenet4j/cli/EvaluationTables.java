package io.github.mobilenet4j.cli;

import static io.github.mobilenet4j.cli.Numbers.fixed;
import static io.github.mobilenet4j.cli.Numbers.grouped;
import static io.github.mobilenet4j.cli.Numbers.percent;
import static io.github.mobilenet4j.cli.Table.Column.number;
import static io.github.mobilenet4j.cli.Table.Column.text;

import io.github.mobilenet4j.evaluation.ClassScores;
import io.github.mobilenet4j.evaluation.Confusion;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Interval;
import io.github.mobilenet4j.files.Cells;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** The measures of a model as tables for people. */
final class EvaluationTables {
  private static final int MOST_CLASSES = 25;
  private static final int MOST_PAIRS = 5;
  private static final int BAR = 20;
  private static final int LONGEST_NAME = 28;

  private final PrintWriter out;
  private final Ansi ansi;
  private final Evaluation evaluation;

  EvaluationTables(CommandLine command, Evaluation evaluation) {
    this.out = command.getOut();
    this.ansi = command.getColorScheme().ansi();
    this.evaluation = evaluation;
  }

  void print() {
    classes();
    confusions();
    figures();
    out.flush();
  }

  private void classes() {
    List<ClassScores> worstFirst =
        evaluation.scores().stream()
            .filter(s -> s.support() > 0)
            .sorted(Comparator.comparingDouble(ClassScores::f1))
            .toList();
    Table table =
        new Table(
            text("class, worst first"),
            number("pictures"),
            number("precision"),
            number("recall"),
            number("F1"),
            text(""));
    for (ClassScores s : worstFirst.subList(0, Math.min(MOST_CLASSES, worstFirst.size()))) {
      table.row(
          Cells.cut(s.name(), LONGEST_NAME),
          grouped(s.support()),
          percent(s.precision()),
          percent(s.recall()),
          percent(s.f1()),
          Bar.of(s.f1(), BAR));
    }
    table.print(out, ansi);
    int more = worstFirst.size() - MOST_CLASSES;
    if (more > 0) {
      out.println("… and %s more; --json and --report have all".formatted(grouped(more)));
    }
    out.println();
  }

  private void confusions() {
    List<Confusion> all = evaluation.confusions();
    if (all.isEmpty()) {
      return;
    }
    Table table = new Table(text("most often confused"), text("taken for"), number("pictures"));
    for (Confusion c : all.subList(0, Math.min(MOST_PAIRS, all.size()))) {
      ClassScores truth = evaluation.scores().get(c.truth());
      table.row(
          Cells.cut(truth.name(), LONGEST_NAME),
          Cells.cut(evaluation.classes().get(c.predicted()), LONGEST_NAME),
          "%s of %s".formatted(grouped(c.images()), grouped(truth.support())));
    }
    table.print(out, ansi);
    out.println();
  }

  private void figures() {
    Interval range = evaluation.top1Interval();
    Table table = new Table(text("all pictures"), number(grouped(evaluation.images())), text(""));
    table.row(
        "top-1",
        percent(evaluation.top1()),
        "%s to %s (95 %%)".formatted(percent(range.low()), percent(range.high())));
    table.row("top-5", percent(evaluation.top5()));
    table.row("mean F1 of the classes", percent(evaluation.macroF1()));
    table.row("loss", fixed(evaluation.loss(), 4), "cross-entropy, nats");
    table.row(
        "calibration error",
        percent(evaluation.expectedCalibrationError()),
        "mean confidence " + percent(evaluation.meanConfidence()));
    if (evaluation.unknown() > 0) {
      table.row("none of the classes", percent(evaluation.unknown()), "said to show nothing known");
    }
    table.row("pictures a second", fixed(evaluation.imagesPerSecond(), 1), "reading them included");
    table.print(out, ansi);
  }
}
