package io.github.mobilenet4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BundledModelTest {
  private static final Path ROOT = Path.of(System.getProperty("mobilenet4j.root"));

  @Test
  void isSmall() throws IOException {
    try (InputStream in = new PhotographModel().open()) {
      assertThat(in.readAllBytes()).hasSizeLessThan(2_400_000);
    }
  }

  @Test
  void knowsTheClassesOfItsTableInIntegers() throws IOException {
    List<String[]> table =
        Files.readAllLines(ROOT.resolve("model/classes.tsv")).stream()
            .map(line -> line.split("\t"))
            .toList();
    Model model = ModelFile.bundled();
    assertThat(model.weights()).isInstanceOf(Weights.Quantized.class);
    assertThat(model.labels().names()).isEqualTo(table.stream().map(row -> row[1]).toList());
    assertThat(model.labels().names()).hasSize(202).doesNotHaveDuplicates();
    assertThat(model.metadata().get(Model.WORDNET).split(" "))
        .containsExactly(table.stream().map(row -> row[0]).toArray(String[]::new));
    // One for each line of the other table, and one that does not look at the image.
    assertThat(model.network().head().others())
        .isEqualTo(Files.readAllLines(ROOT.resolve("model/others.tsv")).size() + 1);
    assertThat(model.network().classes()).isEqualTo(202);
    assertThat(model.metadata()).containsEntry("licence", "Apache-2.0").doesNotContainKey("data");
  }

  static Stream<Path> samples() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("samples"))) {
      return files.filter(file -> file.toString().endsWith(".jpg")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void namesEachSample(Path sample) {
    String name = sample.getFileName().toString().replace(".jpg", "").replace('-', ' ');
    try (Classifier classifier = Classifier.of(ModelFile.bundled())) {
      Predictions predictions = classifier.classify(sample, 1);
      assertThat(predictions.unknown()).isFalse();
      assertThat(predictions.getFirst().label()).isEqualToIgnoringCase(name);
    }
  }

  /** The folder's photographs are called by their WordNet numbers. */
  @Test
  void namesPhotographsOfItsClasses() throws IOException {
    Model model = ModelFile.bundled();
    List<String> numbers = List.of(model.metadata().get(Model.WORDNET).split(" "));
    int correct = 0;
    List<Boolean> known = new ArrayList<>();
    List<Boolean> others = new ArrayList<>();
    try (Stream<Path> files = Files.list(SharedFiles.require("data/photos"));
        Classifier classifier = Classifier.of(model)) {
      for (Path file : files.sorted().toList()) {
        int truth = numbers.indexOf(file.getFileName().toString().split("_", 2)[0]);
        Predictions predictions = classifier.classify(file, 1);
        (truth < 0 ? others : known).add(predictions.unknown());
        correct += predictions.getFirst().index() == truth ? 1 : 0;
      }
    }
    assertThat(known).hasSize(17);
    assertThat(correct).isGreaterThanOrEqualTo(15);
    assertThat(known.stream().filter(unknown -> unknown).count()).isLessThanOrEqualTo(1);
    assertThat(others.stream().filter(unknown -> unknown).count())
        .isGreaterThanOrEqualTo(others.size() * 6L / 10);
  }
}
