package io.github.mobilenet4j.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** Curves over the epochs. */
final class LineChart {
  private static final double WIDTH = 340;
  private static final double HEIGHT = 216;
  private static final double LEFT = 42;
  private static final double RIGHT = 12;
  private static final double TOP = 12;
  private static final double BOTTOM = 26;

  /** Above, points would run together. */
  private static final int FEW = 40;

  /**
   * A curve.
   *
   * @param name as the legend has it
   * @param tone the class of the style sheet that gives its colour
   * @param values one a place; one that is not finite leaves a gap
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Line(String name, String tone, double[] values) {
    DoubleStream finite() {
      return Arrays.stream(values).filter(Double::isFinite);
    }
  }

  /** A value to point out: the index of its epoch, and the value. */
  record Highlight(int index, double value) {}

  private LineChart() {}

  /**
   * Returns a figure, or nothing if there is no value to show.
   *
   * @param epochs where the values are, rising; the end of an epoch is its number
   * @param highlights values to point out, none or one
   */
  static List<Element> of(
      String title, double[] epochs, List<Line> candidates, List<Highlight> highlights) {
    List<Line> lines = candidates.stream().filter(l -> l.finite().findAny().isPresent()).toList();
    if (lines.isEmpty()) {
      return List.of();
    }
    double least = lines.stream().flatMapToDouble(Line::finite).min().orElseThrow();
    double most = lines.stream().flatMapToDouble(Line::finite).max().orElseThrow();
    Scale x =
        Scale.whole(
            (int) Math.floor(epochs[0]),
            (int) Math.ceil(epochs[epochs.length - 1]),
            LEFT,
            WIDTH - RIGHT);
    Scale y = Scale.around(least, most, HEIGHT - BOTTOM, TOP);
    Element svg = Svg.drawing(WIDTH, HEIGHT, title + " by epoch");
    for (double mark : y.marks()) {
      svg.add(Svg.line("grid", LEFT, y.at(mark), WIDTH - RIGHT, y.at(mark)));
      svg.add(Svg.text("end", LEFT - 8, y.at(mark) + 4, y.label(mark)));
    }
    svg.add(Svg.text("end", LEFT - 8, HEIGHT - 6, "epoch"));
    for (double mark : x.marks()) {
      svg.add(Svg.text("middle", x.at(mark), HEIGHT - 6, x.label(mark)));
    }
    for (Highlight best : highlights) {
      double at = x.at(epochs[best.index()]);
      svg.add(Svg.line("best", at, TOP, at, HEIGHT - BOTTOM));
    }
    for (Line line : lines) {
      svg.add(curve(epochs, line, x, y));
    }
    for (Highlight best : highlights) {
      svg.add(Svg.dot("dot validation", x.at(epochs[best.index()]), y.at(best.value()), 5));
    }
    Element legend = Element.of("span").with("class", "legend");
    lines.stream()
        .filter(_ -> lines.size() > 1)
        .forEach(l -> legend.add(Element.of("span", l.name()).with("class", "key " + l.tone())));
    Element caption = Element.of("figcaption", Element.of("b", title), legend);
    return List.of(Element.of("figure", caption, svg));
  }

  private static Element curve(double[] epochs, Line line, Scale x, Scale y) {
    StringBuilder path = new StringBuilder();
    Element points = Element.of("g");
    boolean pen = false;
    for (int i = 0; i < epochs.length; i++) {
      double value = line.values()[i];
      if (Double.isFinite(value)) {
        double px = x.at(epochs[i]);
        double py = y.at(value);
        path.append(String.format(Locale.ROOT, "%s%.1f %.1f", pen ? "L" : "M", px, py));
        if (epochs.length <= FEW && px == x.at(Math.rint(epochs[i]))) {
          points.add(Svg.dot("dot " + line.tone(), px, py, 2.5));
        }
      }
      pen = Double.isFinite(value);
    }
    Element curve = Element.of("path").with("class", "curve " + line.tone()).with("d", path);
    return Element.of("g", curve, points);
  }
}
