package io.github.mobilenet4j.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VisibleTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "cat",
        "a\\b",
        "Übung 猫 قط",
        "👩\u200d🔬",
        "می\u200cخواهم",
        "e\u0301",
        "a\u00a0b"
      })
  void whatOnlyShowsStays(String text) {
    assertThat(Visible.of(text)).isEqualTo(text);
  }

  @Test
  void whatActsIsEscaped() {
    assertThat(Visible.of("a\nb\r\tc")).isEqualTo("a\\nb\\r\\tc");
    assertThat(Visible.of("\u001b[31m\u0007\u0000\u007f"))
        .isEqualTo("\\u001b[31m\\u0007\\u0000\\u007f");
    assertThat(Visible.of("\u009b1m\u0085\u2028\u2029"))
        .isEqualTo("\\u009b1m\\u0085\\u2028\\u2029");
    assertThat(Visible.of("\u202egpj.exe\u2066\u200f\ufeff"))
        .isEqualTo("\\u202egpj.exe\\u2066\\u200f\\ufeff");
    assertThat(Visible.of("\ud800x\udb40\udc41")).isEqualTo("\\ud800x\\udb40\\udc41");
  }

  /** Unicode's Bidi_Control, and what terminals take for control sequences. */
  @Test
  void nothingThatActsIsLeft() {
    int[] others = {
      0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068,
      0x2069, 0x2028, 0x2029
    };
    IntStream acting =
        Stream.of(IntStream.range(0, 32), IntStream.range(127, 160), IntStream.of(others))
            .flatMapToInt(range -> range);
    assertThat(acting)
        .allSatisfy(
            c -> assertThat(Visible.of(Character.toString(c))).matches("\\\\[\\x20-\\x7e]+"));
  }

  @Test
  void ofALongTextBeginningAndEndAreKept() {
    String visible = Visible.of("begin" + "x".repeat(30_000_000) + "end");
    assertThat(visible).hasSize(2000).startsWith("beginxx").contains("x … x").endsWith("xxend");
    assertThat(Visible.of("0123456789abcdefghij", 16)).isEqualTo("012345678 … ghij");
  }
}
