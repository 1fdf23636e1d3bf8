package io.github.mobilenet4j.report;

import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.ReliabilityBin;

/** Accuracy by confidence, and below it how many answers there are of each confidence. */
final class ReliabilityDiagram {
  private static final double WIDTH = 400;
  private static final double LEFT = 46;
  private static final double RIGHT = 12;
  private static final double TOP = 10;
  private static final double BOTTOM = 262;
  private static final double COUNTS_TOP = 282;
  private static final double COUNTS_BOTTOM = 332;
  private static final double HEIGHT = 378;
  private static final double GAP = 2;

  /** What fewer answers show may be chance. */
  static final int FEW = 10;

  private ReliabilityDiagram() {}

  static Element of(Evaluation evaluation) {
    Scale x = new Scale(0, 1, 0.2, LEFT, WIDTH - RIGHT);
    Scale y = new Scale(0, 1, 0.2, BOTTOM, TOP);
    int most = evaluation.reliability().stream().mapToInt(ReliabilityBin::images).max().orElse(1);
    Scale counts = new Scale(0, most, most, COUNTS_BOTTOM, COUNTS_TOP);
    Element svg = Svg.drawing(WIDTH, HEIGHT, "Accuracy by confidence");
    for (double mark : y.marks()) {
      svg.add(Svg.line("grid", LEFT, y.at(mark), WIDTH - RIGHT, y.at(mark)));
      svg.add(Svg.text("end", LEFT - 8, y.at(mark) + 4, percent(mark)));
      svg.add(Svg.text("middle", x.at(mark), COUNTS_BOTTOM + 20, percent(mark)));
    }
    for (ReliabilityBin bin : evaluation.reliability()) {
      if (bin.images() == 0) {
        continue;
      }
      double left = x.at(bin.from()) + GAP / 2;
      double width = x.at(bin.to()) - x.at(bin.from()) - GAP;
      double sure = Math.min(bin.accuracy(), bin.confidence());
      double gap = Math.abs(bin.accuracy() - bin.confidence());
      String kind = bin.accuracy() < bin.confidence() ? "over" : "under";
      Element bars =
          Element.of(
              "g",
              Svg.hint(
                  "%s with confidence %s to %s: on average %s, right %s"
                      .formatted(
                          Words.images(bin.images()),
                          Words.percent(bin.from()),
                          Words.percent(bin.to()),
                          Words.percent(bin.confidence()),
                          Words.percent(bin.accuracy()))),
              Svg.rectangle("sure", left, y.at(sure), width, BOTTOM - y.at(sure)),
              Svg.rectangle(kind, left, y.at(sure + gap), width, y.at(sure) - y.at(sure + gap)),
              Svg.rectangle(
                  "count",
                  left,
                  counts.at(bin.images()),
                  width,
                  COUNTS_BOTTOM - counts.at(bin.images())));
      svg.add(bin.images() < FEW ? bars.with("class", "sparse") : bars);
    }
    svg.add(Svg.line("ideal", x.at(0), y.at(0), x.at(1), y.at(1)));
    svg.add(Svg.line("grid", LEFT, COUNTS_BOTTOM, WIDTH - RIGHT, COUNTS_BOTTOM));
    svg.add(Svg.text("end", LEFT - 8, COUNTS_TOP + 6, Words.fixed(most, 0)));
    svg.add(Svg.text("middle", x.at(0.5), HEIGHT - 8, "confidence"));
    return svg;
  }

  private static String percent(double mark) {
    return Words.fixed(100 * mark, 0) + " %";
  }
}
