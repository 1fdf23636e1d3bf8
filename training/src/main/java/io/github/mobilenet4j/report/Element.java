package io.github.mobilenet4j.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * An element of HTML or SVG. Whatever is text or the value of an attribute is escaped here, and
 * nowhere else, but for style sheets and scripts, which are this package's own too; names of
 * elements and attributes are this package's own.
 */
final class Element {
  private static final Set<String> WITHOUT_END = Set.of("meta", "img");

  /** In a style sheet or a script an escape would not be read as one. */
  private static final Set<String> RAW = Set.of("style", "script");

  private final String name;
  private final Map<String, String> attributes = new LinkedHashMap<>();
  private final List<Object> content = new ArrayList<>();

  private Element(String name) {
    this.name = name;
  }

  /** Returns an element; see {@link #add} for the content. */
  static Element of(String name, Object... content) {
    return new Element(name).add(content);
  }

  /** Sets an attribute; a number is written with at most two decimals. */
  Element with(String attribute, Object value) {
    attributes.put(attribute, value instanceof Double number ? compact(number) : value.toString());
    return this;
  }

  /** Appends elements, lists of elements, and anything else as text. */
  Element add(Object... more) {
    for (Object item : more) {
      if (item instanceof List<?> list) {
        content.addAll(list);
      } else {
        content.add(item);
      }
    }
    return this;
  }

  private static String compact(double number) {
    String text = String.format(Locale.ROOT, "%.2f", number);
    return text.replaceFirst("\\.?0+$", "");
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    write(out);
    return out.toString();
  }

  private void write(StringBuilder out) {
    out.append('<').append(name);
    attributes.forEach((attribute, value) -> {
      out.append(' ').append(attribute).append("=\"");
      escape(value, out);
      out.append('"');
    });
    out.append('>');
    if (WITHOUT_END.contains(name)) {
      return;
    }
    for (Object item : content) {
      if (item instanceof Element element) {
        element.write(out);
      } else if (RAW.contains(name)) {
        out.append(item);
      } else {
        escape(item.toString(), out);
      }
    }
    out.append("</").append(name).append('>');
  }

  /**
   * Characters that have no place in HTML or in UTF-8 become U+FFFD, and so do those that turn
   * around the text behind them.
   */
  private static void escape(String text, StringBuilder out) {
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '&' -> out.append("&amp;");
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '"' -> out.append("&quot;");
            case '\'' -> out.append("&#39;");
            default -> out.appendCodePoint(allowed(c) ? c : 0xFFFD);
          }
        });
  }

  private static boolean allowed(int c) {
    return c == '\n'
        || c == '\t'
        || switch (Character.getType(c)) {
          case Character.CONTROL, Character.SURROGATE, Character.UNASSIGNED -> false;
          default -> c < 0x202A || c > 0x202E; // embeddings and overrides of the direction
        };
  }
}
