package io.github.mobilenet4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    Files.write(file, new byte[] {'a', (byte) 0xdc});
    assertThatThrownBy(() -> Labels.read(file))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(file + ": is not UTF-8, expected names of classes, one a line");
    assertThatThrownBy(() -> Labels.read(folder.resolve("none.txt")))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("no such file");
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
