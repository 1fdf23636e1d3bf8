package io.github.mobilenet4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.SharedFiles;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelsTest {
  @Test
  void imageNetHasAThousandNamesNoTwoTheSame() {
    Labels labels = Labels.imagenet();
    assertThat(labels.names()).hasSize(1000).doesNotHaveDuplicates().allMatch(n -> !n.isBlank());
    assertThat(labels.name(0)).isEqualTo("tench");
    assertThat(labels.name(281)).isEqualTo("tabby");
    assertThat(labels.name(999)).isEqualTo("toilet tissue");
    assertThat(Labels.imagenetWithBackground().names())
        .hasSize(1001)
        .startsWith("background", "tench")
        .endsWith("ear", "toilet tissue");
  }

  /** The list of an independent source, with all words of each synset. */
  @Test
  void imageNetsNamesStandInItsOrder() throws IOException {
    List<String> expected =
        Files.readAllLines(SharedFiles.require("data/weights/imagenet_labels.txt"));
    assertThat(Labels.imagenetWithBackground().names())
        .extracting(LabelsTest::firstWord)
        .containsExactlyElementsOf(expected.stream().map(LabelsTest::firstWord).toList());
  }

  @Test
  void areReadFromAFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("labels.txt");
    Files.writeString(file, "cat\r\n\nÜbung\n");
    assertThat(Labels.read(file).names()).containsExactly("cat", "", "Übung");
    Files.writeString(file, "\ufeffcat\n");
    assertThat(Labels.read(file).names()).containsExactly("cat");
    Files.write(file, new byte[] {'a', (byte) 0xdc});
    assertThatThrownBy(() -> Labels.read(file))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(file + ": is not text in UTF-8; if it is in another encoding");
    assertThatThrownBy(() -> Labels.read(folder.resolve("none.txt")))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("no such file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cat\ndog\nold hen\n\n\n",
        "cat\rdog\rold hen\r",
        "0 cat\n1 dog\n2 old hen",
        "2  old hen\n1  dog\n0  cat\n\n",
        "1: cat\r\n2: dog\r\n3: old hen\r\n",
        "0\tcat\n1\tdog\n2\told hen",
        "id,name\n1,\"dog\"\n0,cat\n2,old hen\n",
        "Class_Name;Index\ncat;0\ndog;1\nold hen;2\n",
        "n02121620 cat\nn02084071 dog\nn01514859 old hen",
        "[\"cat\",\"dog\",\"old hen\"]",
        "{\"0\":\"cat\",\"2\":\"old hen\",\"1\":\"dog\"}",
        "{\"dog\":1,\"cat\":0,\"old hen\":2}",
        "{\"x\":1,\"id2label\":{\"0\":\"cat\",\"1\":\"dog\",\"2\":\"old hen\"}}",
        "{\"labels\":[\"cat\",\"dog\",\"old hen\"]}",
        "{\"0\":[\"n0\",\"cat\"],\"1\":[\"n1\",\"dog\"],\"2\":[\"n2\",\"old hen\"]}",
        "[{\"id\":1,\"name\":\"cat\"},{\"id\":3,\"name\":\"old hen\"},{\"id\":2,\"name\":\"dog\"}]"
      })
  void areReadInAllTheirShapes(String text, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("labels");
    for (Charset charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16)) {
      Files.writeString(file, text, charset);
      assertThat(Labels.read(file).names()).containsExactly("cat", "dog", "old hen");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"3 doors\n5 doors", "0\n1\n2", "1 cat\ndog", "101 dalmatians\n7 dwarfs"})
  void numbersMayBePartOfNames(String text, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("labels.txt");
    Files.writeString(file, text);
    assertThat(Labels.read(file).names()).containsExactlyElementsOf(text.lines().toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "'0 cat\n2 dog' | 2 classes with numbers, but none is 1",
        "'0 cat\n1 dog\n1 hen' | number 1 is there twice",
        "'id,name\n0,cat\ndog' | \"dog\", expected a number and a name as the heading says",
        "'{\"a\": {\"b\": 1}}' | JSON that lists no classes, expected [",
        "'[1, 2]' | JSON that lists no classes, expected ["
      })
  void whatCannotBeUnderstoodIsRefused(String text, String message, @TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("labels.txt");
    Files.writeString(file, text);
    assertThatThrownBy(() -> Labels.read(file))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(file + ": " + message);
  }

  /** It never ends, and nobody else would end it. */
  @Test
  void areNotReadFromADeviceForEver() {
    Path zero = Path.of("/dev/zero");
    assumeTrue(Files.exists(zero), "skipped: no /dev/zero here");
    assertThatThrownBy(() -> Labels.read(zero))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("has more than the 5000000 bytes that are read");
  }

  private static String firstWord(String label) {
    return label.split(",")[0].strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", " ");
  }

  @Test
  void numberedLabelsNameNothing() {
    assertThat(Labels.numbered(1000).areNumbered()).isTrue();
    assertThat(new Labels(List.of("class 0", "class 2")).areNumbered()).isFalse();
    assertThat(Labels.imagenet().areNumbered()).isFalse();
    assertThatThrownBy(() -> Labels.numbered(2).name(2))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("no class 2, there are 2");
  }
}
