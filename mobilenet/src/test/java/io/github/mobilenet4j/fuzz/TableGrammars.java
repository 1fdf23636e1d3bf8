package io.github.mobilenet4j.fuzz;

/** Files that are tables: CSV, lines of text, IDX. */
public final class TableGrammars {
  private TableGrammars() {}

  /** Rows of fields, with these headings at times. */
  public static byte[] csv(Choices choices, String... words) {
    FileBytes out = new FileBytes();
    String end = choices.of("\n", "\r\n", "\r");
    for (int kinds = 1 + choices.below(4); kinds > 0; kinds--) {
      FileBytes row = new FileBytes();
      int fields = choices.oneIn(8) ? choices.count(1_000_000) : 1 + choices.below(5);
      for (int i = 0; i < fields && row.room() > 0; i++) {
        row.latin(i == 0 ? "" : ",").utf8(field(choices, words));
      }
      out.repeat(1 + choices.count(2_000_000), row.latin(end).toArray());
    }
    return out.toArray();
  }

  private static String field(Choices choices, String... words) {
    return switch (choices.below(6)) {
      case 0, 1 -> choices.of(words);
      case 2 -> "" + choices.number();
      case 3 -> "\"" + choices.of("a,b", "\"\"", "\n", "\"").repeat(choices.count(1000)) + "\"";
      case 4 -> choices.of("", "é", "\0", "\u001b[31m", "../../x", "/dev/zero", "a/b", "\ud800");
      default -> choices.of("a", "\"", "/").repeat(choices.count(1_000_000));
    };
  }

  /** Returns an IDX file of so many dimensions, at times behind gzip. */
  public static byte[] idx(Choices choices, int dimensions) {
    FileBytes out = new FileBytes().big(0, 2);
    out.octet(choices.oneIn(16) ? choices.octet() : 8);
    out.octet(choices.oneIn(16) ? choices.octet() : dimensions);
    long size = 1;
    for (int i = 0; i < dimensions; i++) {
      long side = choices.coin() ? choices.number() & 0xFFFFFFFFL : choices.below(30);
      size = Math.min(size * side, 1 << 30);
      out.big(side, 4);
    }
    int length = choices.oneIn(4) ? choices.count(1 << 28) : (int) size;
    return choices.coin()
        ? Deflated.gzip(out.toArray(), 0, length)
        : out.bytes(new byte[Math.min(length, out.room())]).toArray();
  }
}
