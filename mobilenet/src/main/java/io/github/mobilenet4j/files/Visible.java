package io.github.mobilenet4j.files;

import java.util.HexFormat;

/** Text from outside (names, labels, other programs' messages) as people may be shown it. */
public final class Visible {
  /** Some screens full; what is longer is no name any more. */
  private static final int LONGEST = 2000;

  private static final String GAP = " … ";
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
    abridged(text, longest).codePoints().forEach(c -> append(visible, c));
    return visible.toString();
  }

  private static String abridged(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    int tail = longest / 4;
    int head = longest - tail - GAP.length();
    return text.substring(0, head) + GAP + text.substring(text.length() - tail);
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
