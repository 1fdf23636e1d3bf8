package io.github.mobilenet4j.files;

/** How many cells of a terminal a text takes: Chinese, Japanese and Korean signs take two. */
public final class Cells {
  /**
   * Unicode's East Asian Width W and F, in pairs of first and last (UAX #11, rounded to blocks).
   */
  private static final int[] WIDE = {
    0x1100, 0x115f, 0x2e80, 0x303e, 0x3041, 0x33ff, 0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xa000, 0xa4cf,
    0xa960, 0xa97f, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe30, 0xfe6f, 0xff00, 0xff60, 0xffe0, 0xffe6,
    0x1f300, 0x1f64f, 0x1f680, 0x1f6ff, 0x1f900, 0x1f9ff, 0x20000, 0x3fffd
  };

  private Cells() {}

  /** Returns the cells of a text. */
  public static int of(String text) {
    return text.codePoints().map(Cells::of).sum();
  }

  private static int of(int c) {
    switch (Character.getType(c)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> {
        return 0;
      }
      default -> {
        for (int i = 0; i < WIDE.length; i += 2) {
          if (c >= WIDE[i] && c <= WIDE[i + 1]) {
            return 2;
          }
        }
        return 1;
      }
    }
  }

  /** Returns a name of at most so many cells; a longer one is cut, between characters. */
  public static String cut(String name, int most) {
    if (of(name) <= most) {
      return name;
    }
    StringBuilder begin = new StringBuilder();
    int[] characters = name.codePoints().toArray();
    for (int i = 0, cells = of(characters[0]); cells < most; cells += of(characters[++i])) {
      begin.appendCodePoint(characters[i]);
    }
    return begin + "…";
  }
}
