package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.training.run.TrainingOptions;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClassCountsTest {
  /** So many images of class 0, 1, …. */
  private static ClassCounts counts(int validation, int... images) {
    List<String> classes = IntStream.range(0, images.length).mapToObj(i -> "c" + i).toList();
    int[] labels =
        IntStream.range(0, images.length)
            .flatMap(c -> IntStream.range(0, images[c]).map(_ -> c))
            .toArray();
    List<String> names = IntStream.range(0, labels.length).mapToObj(i -> "i" + i).toList();
    Dataset all = Dataset.of(classes, names, labels, _ -> null);
    return ClassCounts.of(
        new Splits(all, all.subset(IntStream.range(0, validation).toArray()), all.subset()));
  }

  private static List<String> warnings(ClassCounts counts) {
    return counts.warnings(TrainingOptions.fromScratch().build());
  }

  @Test
  void areShown() {
    assertThat(counts(20, 3, 1200, 5).line()).isEqualTo("c1 1,200, c2 5, c0 3");
    assertThat(counts(20, IntStream.range(100, 121).toArray()).line())
        .isEqualTo("c20 120 (most) … 110 (half have more) … c0 100 (fewest)");
  }

  @Test
  void warnOfImbalanceAndOfFewImagesThatJudge() {
    assertThat(warnings(counts(20, 10, 99))).isEmpty();
    assertThat(warnings(counts(20, 10, 100)))
        .containsExactly(
            "10 times as many pictures of c1 as of c0; --class-weights balanced gives the few more"
                + " weight");
    assertThat(warnings(counts(1, 10, 10)))
        .singleElement()
        .asString()
        .startsWith("only 1 picture ");
    assertThat(warnings(counts(0, 10, 10)))
        .singleElement()
        .asString()
        .startsWith("no pictures are set aside");
  }

  /** As many of two classes, and of the first so many are found. */
  private static Evaluation found(int of, int correct) {
    float[] logits = new float[2 * of];
    for (int i = 0; i < of; i++) {
      logits[2 * i + (i < correct ? i % 2 : 1 - i % 2)] = 1;
    }
    return Evaluation.of(
        List.of("cat", "dog"), logits, IntStream.range(0, of).map(i -> i % 2).toArray());
  }

  @Test
  void doubtWhatIsNoBetterThanGuessing() {
    assertThat(ClassCounts.doubt(found(100, 80))).isEmpty();
    assertThat(ClassCounts.doubt(found(100, 50)))
        .hasValueSatisfying(line -> assertThat(line).startsWith("no better than to say \"cat\""));
    assertThat(ClassCounts.doubt(found(4, 3)))
        .hasValue("so few pictures cannot tell this from guessing (50.00 %)");
  }
}
