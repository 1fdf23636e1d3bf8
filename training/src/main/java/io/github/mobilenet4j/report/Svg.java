package io.github.mobilenet4j.report;

import java.util.Locale;

/** The shapes that the charts are made of. Colours come from the style sheet, by class. */
final class Svg {
  private Svg() {}

  /** Returns an empty drawing; {@code description} is for who cannot see it. */
  static Element drawing(double width, double height, String description) {
    return Element.of("svg")
        .with("viewBox", String.format(Locale.ROOT, "0 0 %.0f %.0f", width, height))
        .with("role", "img")
        .with("aria-label", description);
  }

  static Element line(String kind, double x1, double y1, double x2, double y2) {
    return Element.of("line")
        .with("class", kind)
        .with("x1", x1)
        .with("y1", y1)
        .with("x2", x2)
        .with("y2", y2);
  }

  static Element rectangle(String kind, double x, double y, double width, double height) {
    return Element.of("rect")
        .with("class", kind)
        .with("x", x)
        .with("y", y)
        .with("width", width)
        .with("height", height);
  }

  static Element dot(String kind, double x, double y, double radius) {
    return Element.of("circle").with("class", kind).with("cx", x).with("cy", y).with("r", radius);
  }

  /** Returns a line of text; {@code anchor} is which of its parts lies at x: start, middle, end. */
  static Element text(String anchor, double x, double y, String text) {
    return Element.of("text", text).with("text-anchor", anchor).with("x", x).with("y", y);
  }

  /** Returns what a pointer over the shape shows. */
  static Element hint(String text) {
    return Element.of("title", text);
  }
}
