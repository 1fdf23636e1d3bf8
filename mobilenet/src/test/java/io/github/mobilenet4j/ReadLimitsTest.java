package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.ReadLimits.Limit;
import io.github.mobilenet4j.files.Reading;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadLimitsTest {
  private static final String PROPERTY = "mobilenet4j.limits.memory";

  @AfterEach
  void forget() {
    System.clearProperty(PROPERTY);
  }

  @Test
  void withoutPropertiesTheStandardIsTheDefault() {
    assertThat(ReadLimits.standard()).isEqualTo(ReadLimits.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource({"1000, 1000", "3k, 3072", "' 2G ', 2147483648", "5m, 5242880"})
  void aPropertyChangesTheStandard(String text, long expected) {
    System.setProperty(PROPERTY, text);
    assertThat(ReadLimits.standard()).isEqualTo(ReadLimits.DEFAULT.with(Limit.MEMORY, expected));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "k", "many", "0", "-1", "9223372036854775807g", "1.5g"})
  void otherTextsAreRefused(String text) {
    System.setProperty(PROPERTY, text);
    assertThatThrownBy(ReadLimits::standard)
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("memory is ");
  }

  @Test
  void largerFilesMayTakeMore() {
    ReadLimits limits =
        ReadLimits.DEFAULT
            .with(Limit.MEMORY, 100)
            .with(Limit.JPEG_SAMPLES, 10)
            .with(Limit.STEPS, 1);
    assertThat(limits.memory(5_000_000)).isEqualTo(100);
    assertThat(limits.memory(5_500_000)).isEqualTo(150);
    assertThat(limits.jpegSamples(7_000_000)).isEqualTo(30);
    assertThat(limits.steps(8_000_000)).isEqualTo(4);
    assertThat(ReadLimits.DEFAULT.with(Limit.MEMORY, Long.MAX_VALUE).memory(7_000_000))
        .isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void errorsOfTheMachineBecomeOurs() {
    assertThatThrownBy(() ->
            Reading.of(
                "a",
                () -> {
                  throw new OutOfMemoryError();
                }))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("a: does not fit into the Java heap (see -Xmx)");
    assertThatThrownBy(() -> Reading.of("a", () -> endless(0)))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("a: is nested too deeply");
  }

  private static int endless(int depth) {
    return endless(depth + 1) + depth;
  }

  @Test
  void aFileIsReadToItsEndAndNoFurther(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("a");
    Files.write(file, new byte[] {1, 2, 3});
    assertThat(Reading.bytes(file, 3)).containsExactly(1, 2, 3);
    assertThatThrownBy(() -> Reading.bytes(file, 2)).isInstanceOf(Reading.TooLong.class);
  }

  @Test
  void messagesLoseTheirMiddle() {
    String text = "a".repeat(5_000_000) + "z";
    assertThat(new MobileNetException(text).getMessage())
        .hasSizeLessThan(5000)
        .startsWith("aaa")
        .contains("…")
        .endsWith("az");
    assertThat(MobileNetException.abridged(text)).hasSizeLessThan(250);
    assertThat(MobileNetException.abridged("short")).isEqualTo("short");
  }
}
