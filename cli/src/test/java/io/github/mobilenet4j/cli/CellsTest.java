package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.files.Cells;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.Help.Ansi;

class CellsTest {
  /** As Python's wcwidth counts. */
  @ParameterizedTest
  @CsvSource({
    "cat, 3",
    "短袖衫, 6",
    "été, 3",
    "e\u0301te\u0301, 3",
    "ネコ cat, 8",
    "ｶﾅ, 2",
    "한국, 4",
    "😀, 2"
  })
  void areThoseOfATerminal(String text, int cells) {
    assertThat(Cells.of(text)).isEqualTo(cells);
  }

  @Test
  void namesAreCutToFit() {
    assertThat(Cells.cut("short", 5)).isEqualTo("short");
    assertThat(Cells.cut("longer", 5)).isEqualTo("long…");
    assertThat(Cells.cut("短袖衫", 6)).isEqualTo("短袖衫");
    assertThat(Cells.cut("短袖衫a", 6)).isEqualTo("短袖…");
  }

  @Test
  void columnsOfTablesAreStraight() {
    Table table = new Table(Table.Column.text("class"), Table.Column.number("n"));
    table.row("短袖衫", "8");
    table.row("hat", "12");
    StringWriter out = new StringWriter();
    table.print(new PrintWriter(out), Ansi.OFF);
    assertThat(out.toString().lines()).containsExactly("class    n", "短袖衫   8", "hat     12");
  }
}
