package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.util.HexFormat;
import java.util.List;

/** Text from outside (names, labels, other programs' messages) as people may be shown it. */
public final class Visible {
  /** Some screens full; what is longer is no name any more. */
  private static final int LONGEST = 2000;

  private static final int ZERO_WIDTH_NON_JOINER = 0x200c;
  private static final int ZERO_WIDTH_JOINER = 0x200d;

  private Visible() {}

  /**
   * Returns a text on one line that does nothing to a terminal: control characters, line breaks and
   * what turns the direction of writing around stand as escapes, such as {@code \n} and {@code
   * \u001b}. Of a very long text the middle is left out.
   */
  public static String of(String text) {
    return of(text, LONGEST);
  }

  /**
   * Returns the same of a text that may be shorter.
   *
   * @param longest how many characters of the text are shown, ≥ 16
   */
  public static String of(String text, int longest) {
    StringBuilder visible = new StringBuilder();
    MobileNetException.abridged(text, longest).codePoints().forEach(c -> append(visible, c));
    return visible.toString();
  }

  /** Returns a name of at most so many characters; a longer one is cut, between characters. */
  public static String cut(String name, int most) {
    return name.codePointCount(0, name.length()) <= most
        ? name
        : name.substring(0, name.offsetByCodePoints(0, most - 1)) + "…";
  }

  /** Returns the first names, separated by commas, and a sign where there are more. */
  public static String first(List<String> names, int most) {
    return String.join(", ", names.subList(0, Math.min(names.size(), most)))
        + (names.size() > most ? ", …" : "");
  }

  private static void append(StringBuilder visible, int c) {
    if (!acts(c)) {
      visible.appendCodePoint(c);
      return;
    }
    switch (c) {
      case '\n' -> visible.append("\\n");
      case '\r' -> visible.append("\\r");
      case '\t' -> visible.append("\\t");
      default -> {
        for (char unit : Character.toChars(c)) {
          visible.append("\\u").append(HexFormat.of().toHexDigits(unit));
        }
      }
    }
  }

  private static boolean acts(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      // Words of Persian and many emojis are written with these two.
      case Character.FORMAT -> c != ZERO_WIDTH_NON_JOINER && c != ZERO_WIDTH_JOINER;
      default -> false;
    };
  }
}
