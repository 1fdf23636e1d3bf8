package io.github.mobilenet4j.report;

import io.github.mobilenet4j.evaluation.ClassScores;
import io.github.mobilenet4j.evaluation.Confusion;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.files.Cells;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The confusion matrix as a heat map: a row for each true class, a column for each predicted one.
 * Of many classes only those with the most mistakes are shown.
 */
final class ConfusionChart {
  /** More rows could not be told apart. */
  private static final int MOST = 40;

  /** Up to so many, cells are large enough for a number. */
  private static final int WITH_NUMBERS = 20;

  private static final double LARGEST_CELL = 56;
  private static final double SMALLEST_CELL = 15;
  private static final double SIDE = 560;
  private static final int LONGEST_NAME = 22;
  private static final double CHARACTER = 7.2;
  private static final double HEADING = 24;

  private final Evaluation evaluation;
  private final Set<String> anchors;
  private final List<Integer> shown;
  private final double cell;
  private final double margin;

  /**
   * @param anchors what of {@link Mistake#anchor} is there to be led to
   */
  ConfusionChart(Evaluation evaluation, Set<String> anchors) {
    this.evaluation = evaluation;
    this.anchors = anchors;
    shown = shown(evaluation);
    cell = Math.clamp(SIDE / shown.size(), SMALLEST_CELL, LARGEST_CELL);
    int longest = shown.stream().mapToInt(c -> Cells.of(name(c))).max().orElse(1);
    margin = HEADING + 10 + CHARACTER * longest;
  }

  private static List<Integer> shown(Evaluation evaluation) {
    int[] mistakes = new int[evaluation.classes().size()];
    for (Confusion confusion : evaluation.confusions()) {
      mistakes[confusion.truth()] += confusion.images();
      mistakes[confusion.predicted()] += confusion.images();
    }
    List<Integer> all =
        IntStream.range(0, mistakes.length)
            .filter(c -> evaluation.scores().get(c).support() > 0 || mistakes[c] > 0)
            .boxed()
            .toList();
    return all.size() <= MOST
        ? all
        : all.stream()
            .sorted(Comparator.comparingInt(c -> -mistakes[c]))
            .limit(MOST)
            .sorted()
            .toList();
  }

  /** Returns what the chart leaves out, empty if nothing. */
  String omission() {
    int classes = evaluation.classes().size();
    return shown.size() == classes
        ? ""
        : "Shown are the %s classes with the most mistakes, of %s. "
            .formatted(shown.size(), Words.fixed(classes, 0));
  }

  Element draw() {
    double size = margin + cell * shown.size();
    Element svg =
        Svg.drawing(size + 1, size + 1, "Confusion matrix")
            .with("class", "matrix")
            .with(
                "style",
                String.format(Locale.ROOT, "max-width:%.0fpx;min-width:%.0fpx", size, 0.72 * size));
    svg.add(Svg.text("middle", (margin + size) / 2, 12, "predicted").with("class", "axis"));
    svg.add(upright(12, (margin + size) / 2, "true").with("text-anchor", "middle"));
    for (int i = 0; i < shown.size(); i++) {
      double middle = margin + (i + 0.5) * cell;
      svg.add(Svg.text("end", margin - 8, middle + 4, name(shown.get(i))));
      svg.add(upright(middle + 4, margin - 8, name(shown.get(i))).with("text-anchor", "start"));
    }
    svg.add(Svg.rectangle("frame", margin, margin, size - margin, size - margin));
    int[] places = new int[evaluation.classes().size()];
    Arrays.fill(places, -1);
    for (int i = 0; i < shown.size(); i++) {
      places[shown.get(i)] = i;
    }
    for (int c : shown) {
      svg.add(cell(places, new Confusion(c, c, evaluation.scores().get(c).correct())));
    }
    evaluation.confusions().stream()
        .filter(c -> places[c.truth()] >= 0 && places[c.predicted()] >= 0)
        .forEach(c -> svg.add(cell(places, c)));
    return svg;
  }

  private List<Element> cell(int[] places, Confusion count) {
    if (count.images() == 0) {
      return List.of();
    }
    ClassScores truth = evaluation.scores().get(count.truth());
    boolean correct = count.truth() == count.predicted();
    double share = (double) count.images() / truth.support();
    // The root lets the few that are wrong be seen beside the many that are right.
    double strength = correct ? share : Math.sqrt(share);
    double x = margin + places[count.predicted()] * cell;
    double y = margin + places[count.truth()] * cell;
    Element square =
        Svg.rectangle(correct ? "right" : "wrong", x + 0.5, y + 0.5, cell - 1, cell - 1)
            .with("fill-opacity", 0.08 + 0.92 * strength);
    square.add(
        Svg.hint(
            "%s → %s: %s of %s (%s)"
                .formatted(
                    Words.isolated(truth.name()),
                    Words.isolated(evaluation.classes().get(count.predicted())),
                    count.images(),
                    truth.support(),
                    Words.percent(share))));
    if (shown.size() > WITH_NUMBERS) {
      return List.of(linked(count, square));
    }
    Element number =
        Svg.text("middle", x + cell / 2, y + cell / 2 + 4, Integer.toString(count.images()))
            .with("class", strength > 0.5 ? "on" : "in");
    return List.of(linked(count, square, number));
  }

  private Element linked(Confusion count, Object... content) {
    String anchor = Mistake.anchor(count.truth(), count.predicted());
    return anchors.contains(anchor)
        ? Element.of("a", content).with("href", "#" + anchor)
        : Element.of("g", content);
  }

  private static Element upright(double x, double y, String text) {
    return Element.of("text", text)
        .with("transform", String.format(Locale.ROOT, "translate(%.1f %.1f) rotate(-90)", x, y));
  }

  private String name(int index) {
    return Cells.cut(evaluation.classes().get(index), LONGEST_NAME);
  }
}
