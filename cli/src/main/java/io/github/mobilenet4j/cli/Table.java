package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.files.Cells;
import io.github.mobilenet4j.files.Visible;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;

/** Rows of text in aligned columns under a heading. */
final class Table {
  private static final String GAP = "  ";

  /** A column's heading and on which side its text lies. */
  record Column(String heading, boolean right) {
    static Column text(String heading) {
      return new Column(heading, false);
    }

    static Column number(String heading) {
      return new Column(heading, true);
    }
  }

  private record Row(List<String> cells, boolean strong) {}

  private final List<Column> columns;
  private final List<Row> rows = new ArrayList<>();

  Table(Column... columns) {
    this.columns = List.of(columns);
    total(this.columns.stream().map(Column::heading).toArray(String[]::new));
  }

  /** Adds a row; columns that are not given stay empty. */
  void row(String... cells) {
    rows.add(new Row(visible(cells), false));
  }

  /** Adds a row that stands out where the terminal can show it. */
  void total(String... cells) {
    rows.add(new Row(visible(cells), true));
  }

  private static List<String> visible(String... cells) {
    return Arrays.stream(cells).map(Visible::of).toList();
  }

  void print(PrintWriter out, Ansi ansi) {
    int[] widths = new int[columns.size()];
    for (Row row : rows) {
      for (int c = 0; c < row.cells().size(); c++) {
        widths[c] = Math.max(widths[c], Cells.of(row.cells().get(c)));
      }
    }
    for (Row row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < row.cells().size(); c++) {
        String cell = row.cells().get(c);
        String padding = " ".repeat(widths[c] - Cells.of(cell));
        line.append(c == 0 ? "" : GAP);
        line.append(columns.get(c).right() ? padding + cell : cell + padding);
      }
      String text = line.toString().stripTrailing();
      out.println(row.strong() ? styled(ansi, text, Style.bold) : text);
    }
  }

  /** Returns the text in a style, or as it is where the terminal has none. */
  static String styled(Ansi ansi, String text, Style style) {
    // Not style.off(): many terminals take bold's, 21, for a double underline.
    return ansi.enabled() ? style.on() + text + Style.reset.on() : text;
  }
}
