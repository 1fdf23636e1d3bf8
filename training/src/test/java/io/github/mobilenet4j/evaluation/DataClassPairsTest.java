package io.github.mobilenet4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.image.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DataClassPairsTest {
  /** A picture of each class. */
  private static Dataset data(String... classes) {
    int[] labels = IntStream.range(0, classes.length).toArray();
    return Dataset.of(List.of(classes), List.of(classes), labels, _ -> null);
  }

  private static ClassPairs pairs(Dataset data, List<String> labels) {
    return ClassPairs.of(data, new Labels(labels));
  }

  @Test
  void byName() {
    ClassPairs pairs = pairs(data("cat", "dog"), List.of("dog", "bird", "cat"));
    assertThat(pairs.index()).containsExactly(2, 0);
    assertThat(pairs.byOrder()).isFalse();
  }

  @Test
  void spellingDoesNotCount() {
    List<String> labels = List.of("great white shark, white shark", "T-shirt", "Übermut");
    assertThat(pairs(data("n01484850_great_white_shark", "t shirt", "übermut"), labels))
        .extracting(ClassPairs::index)
        .isEqualTo(new int[] {0, 1, 2});
  }

  @Test
  void whatStandsTwiceIsToldApartByItsPlace() {
    Dataset data = data("n02012849_crane", "n02123045_tabby", "n03126707_crane");
    assertThat(pairs(data, List.of("crane, bird", "tabby", "crane, machine")).index())
        .containsExactly(0, 1, 2);
    assertThat(pairs(data, List.of("background", "crane", "tabby", "crane")).index())
        .containsExactly(1, 2, 3);
  }

  @Test
  void inTheirOrderWhereNoNameIsTheSame() {
    ClassPairs pairs = pairs(data("n0144", "n0145"), List.of("tench", "goldfish"));
    assertThat(pairs.index()).containsExactly(0, 1);
    assertThat(pairs.byOrder()).isTrue();
    assertThat(pairs(data("0", "1"), List.of("background", "tench", "goldfish")).index())
        .containsExactly(1, 2);
  }

  /** As ImageNet lies on disk, and what is made of some of its folders. */
  @Test
  void byTheWordNetNumbersOfFolders() {
    Dataset some = data("n02012849", "n01440764", "n03126707", "n15075141");
    assertThat(pairs(some, Labels.imagenet().names()).index()).containsExactly(134, 0, 517, 999);
    assertThat(pairs(some, Labels.imagenetWithBackground().names()).index())
        .containsExactly(135, 1, 518, 1000);
    assertThat(pairs(data("n02123045", "n15075141"), List.of("toilet tissue", "Tabby")).index())
        .containsExactly(1, 0);
    refuses(
        "class \"n00000001\" of the data is none of the model's 2: tench, tabby",
        data("n01440764", "n00000001"),
        List.of("tench", "tabby"));
  }

  @Test
  void byTheWordNetNumbersWhereTensorFlowsOwnLabelsHaveTwoCranes() throws IOException {
    List<String> labels =
        Files.readAllLines(SharedFiles.require("data/weights/imagenet_labels.txt"));
    assertThat(pairs(data("n02012849", "n03126707"), labels).index()).containsExactly(135, 518);
  }

  @Test
  void aClassWithoutPicturesNeedsNoPartner() {
    Dataset onlyCats = data("cat", "dog").subset(0);
    assertThat(pairs(onlyCats, List.of("bird", "cat", "fish")).index()).containsExactly(1, -1);
  }

  @Test
  void anythingElseIsAnError() {
    // As many, but one name is the same: their order says nothing.
    refuses(
        "class \"dogs\" of the data is none of the model's 2: dog, cat",
        data("cat", "dogs"),
        List.of("dog", "cat"));
    refuses("class \"a\" of the data is none of the model's 1: b", data("a", "c"), List.of("b"));
    refuses(
        "class \"crane\" of the data is more than one of the model's 3: crane, crane, dog",
        data("crane", "dog"),
        List.of("crane", "crane", "dog"));
  }

  private static void refuses(String message, Dataset data, List<String> labels) {
    assertThatExceptionOfType(MobileNetException.class)
        .isThrownBy(() -> pairs(data, labels))
        .withMessage(message);
  }
}
