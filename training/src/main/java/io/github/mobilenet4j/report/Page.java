package io.github.mobilenet4j.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What all pages have in common. */
final class Page {
  private Page() {}

  /**
   * Returns the head of a page.
   *
   * @param policy what it may load and run: its Content-Security-Policy
   */
  static Element head(String title, String policy, String styles) {
    return Element.of(
        "head",
        Element.of("meta").with("charset", "utf-8"),
        Element.of("meta").with("http-equiv", "Content-Security-Policy").with("content", policy),
        Element.of("meta")
            .with("name", "viewport")
            .with("content", "width=device-width, initial-scale=1"),
        Element.of("meta").with("name", "color-scheme").with("content", "light dark"),
        Element.of("title", title),
        Element.of("style", styles));
  }

  /** Returns style sheets of this package, one behind the other. */
  static String styles(String... names) {
    return Stream.of(names).map(Page::text).collect(Collectors.joining());
  }

  /** Returns a file of this package. */
  static String text(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
