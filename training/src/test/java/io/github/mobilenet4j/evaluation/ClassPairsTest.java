package io.github.mobilenet4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.image.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassPairsTest {
  private static Labels labels(String names) {
    return new Labels(List.of(names.split(";")));
  }

  private static int[] numbers(String numbers) {
    return Arrays.stream(numbers.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cat;dog;cow             | cat;dog;cow             | 0 1 2   | 0 1 2",
        "cat;dog;cow             | dog;cow;cat             | 2 0 1   | 0 1 2",
        "tench, Tinca tinca;cock | Cock;tench              | 1 0     | 0 1",
        "cat;dog;cow             | cat;hound;cow           | 0 1 2   | 0 1 2",
        "cat;dog                 | dog;fish                | -1 0    | 0 1",
        "cat;dog                 | class 0;class 1         | 0 1     | 0 1",
        "background;cat;dog      | dog;cat                 | -1 1 0  | -1 0 1",
        "cat;dog                 | background;cat;dog      | 1 2     | 1 2",
        "cat;dog                 | background;class;other  | 1 2     | 1 2",
        "cat;dog;cow             | dog;cow                 | -1 0 1  | -1 -1 -1",
        "class 0;class 1;class 2 | class 0;class 1         | -1 -1 -1 | -1 -1 -1",
        "crane;cock;crane        | crane;cock;crane        | 0 1 2   | 0 1 2",
        "crane;cock;crane        | cock;crane;crane        | -1 0 2  | 0 1 2",
      })
  void pairs(String first, String second, String byName, String byOrder) {
    assertThat(ClassPairs.byName(labels(first), labels(second)).index()).isEqualTo(numbers(byName));
    assertThat(ClassPairs.byOrder(labels(first), labels(second)).index())
        .isEqualTo(numbers(byOrder));
  }

  @Test
  void tensorFlowsBackgroundNeedsNoName() {
    int[] moved = IntStream.range(-1, 1000).toArray();
    ClassPairs pairs = ClassPairs.byName(Labels.numbered(1001), Labels.numbered(1000));
    assertThat(pairs.index()).isEqualTo(moved);
    assertThat(pairs.size()).isEqualTo(1000);
  }

  @Test
  void imageNetsNamesArePairedWithTheLongerOnesOfTensorFlow() throws IOException {
    Labels longer =
        new Labels(Files.readAllLines(SharedFiles.require("data/weights/imagenet_labels.txt")));
    int[] same = IntStream.range(0, 1001).toArray();
    Labels shorter = Labels.imagenetWithBackground();
    assertThat(ClassPairs.byName(shorter, longer).index()).isEqualTo(same);
    assertThat(ClassPairs.byName(longer, shorter).index()).isEqualTo(same);
  }
}
