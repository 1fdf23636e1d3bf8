package io.github.mobilenet4j.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void readsEveryKindOfValue() {
    Object value =
        Json.parse(
            "text",
            """
             {"a": [1, -0, 2.5e1, 123456789012345678901], "b\\u00e9\\n\\/": "\\ud83d\\ude00 ü",
              "c": {"d": true, "e": false, "f": null}, "g": {}, "h": []}\s
            """);

    Map<?, ?> map = (Map<?, ?>) value;
    assertThat(map.get("a")).isEqualTo(List.of(1L, 0L, 25.0, 123456789012345678901.0));
    assertThat(map.get("bé\n/")).isEqualTo("😀 ü");
    assertThat(map.get("c")).asString().isEqualTo("{d=true, e=false, f=null}");
    assertThat(map.get("g")).isEqualTo(Map.of());
    assertThat(map.get("h")).isEqualTo(List.of());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[",
        "\"",
        "\"\\",
        "\"\\u12",
        "\"\\x\"",
        "\"\\uD83g\"",
        "\"\t\"",
        "{]",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{\"a\":1,\"a\":2}",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "1e+",
        "[1, 1e999]",
        "-2e308",
        "tru",
        "nulls",
        "NaN",
        "[1] x",
        "1 2",
        "'a'",
        "[1 2]",
        "\u00a01",
        "\uff11",
        "[\0]"
      })
  void refusesWhatIsNotJson(String text) {
    assertThatThrownBy(() -> Json.parse("here", text))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("here: JSON at character ");
  }

  @Test
  void limitsDepthAndNumberOfValues() {
    assertThat(Json.parse("here", "[".repeat(32) + "]".repeat(32))).isNotNull();
    assertThatThrownBy(() -> Json.parse("here", "[".repeat(100_000)))
        .hasMessageContaining("at most 32 levels");
    assertThatThrownBy(() -> Json.parse("here", "[" + "0,".repeat(1_000_000) + "0]"))
        .hasMessageContaining("at most 1000000 values");
  }

  @Test
  void writesWhatItReads() {
    String text = "{\"a\\\"\\\\\":[1,2.5,true,null,{}],\"\\u000a\":\"é\\ud800\"}";
    String written = Json.text(Json.parse("here", text));
    assertThat(written).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void hasNoWordForWhatIsNotFinite(double value) {
    assertThatThrownBy(() -> Json.text(List.of(1, value)))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("a value is " + value + ", JSON has finite numbers only");
    assertThatThrownBy(() -> Json.text(Map.of("a", (float) value)))
        .isInstanceOf(MobileNetException.class);
  }
}
