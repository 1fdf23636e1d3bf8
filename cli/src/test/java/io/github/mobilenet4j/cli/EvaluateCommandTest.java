package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class EvaluateCommandTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(3).build();
  private static final List<String> CLASSES = List.of("red", "green", "blue");
  private static final int EACH = 4;

  @TempDir Path folder;
  private Model model;
  private Path data;

  @BeforeEach
  void files() throws IOException {
    model = Untrained.model(NETWORK, CLASSES);
    ModelFile.write(folder.resolve("model.safetensors"), model);
    data = folder.resolve("data");
    for (int c = 0; c < 3; c++) {
      Path ofClass = Files.createDirectories(data.resolve(CLASSES.get(c)));
      for (int i = 0; i < EACH; i++) {
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < 32 * 32; p++) {
          image.setRGB(p % 32, p / 32, 0xff << 8 * (2 - c) | p * (i + 1) % 251);
        }
        ImageIO.write(image, "png", ofClass.resolve(i + ".png").toFile());
      }
    }
  }

  private Run evaluate(String... more) {
    List<String> args =
        new ArrayList<>(List.of("evaluate", "--model", folder + "/model.safetensors"));
    args.addAll(List.of(more));
    return Run.of(args.toArray(String[]::new));
  }

  /** What {@code classify} would say: pictures by class and predicted class. */
  private int[][] expected() throws IOException {
    int[][] matrix = new int[3][3];
    try (Classifier classifier = Classifier.of(model, 1)) {
      for (int c = 0; c < 3; c++) {
        try (Stream<Path> images = Files.list(data.resolve(CLASSES.get(c)))) {
          for (Path image : images.toList()) {
            matrix[c][classifier.classify(image, 1).getFirst().index()]++;
          }
        }
      }
    }
    return matrix;
  }

  @Test
  void predictionsAreATable() throws IOException {
    Path table = folder.resolve("predictions.csv");
    Run run =
        Run.of(
            "evaluate",
            "--model=" + folder.resolve("model.safetensors"),
            "--predictions=" + table,
            data.toString());
    assertThat(run.exitCode()).isZero();
    List<String> lines = Files.readAllLines(table);
    assertThat(lines.getFirst()).isEqualTo("path,label,prediction,probability");
    assertThat(lines).hasSize(1 + 3 * EACH);
    List<String[]> rows = lines.stream().skip(1).map(line -> line.split(",")).toList();
    assertThat(rows)
        .allSatisfy(row -> {
          assertThat(Path.of(row[0])).exists();
          assertThat(row[0]).contains("/" + row[1] + "/");
          assertThat(CLASSES).contains(row[2]);
        });
    // Wrong ones first, of these the surest.
    List<Boolean> correct = rows.stream().map(row -> row[1].equals(row[2])).toList();
    assertThat(correct).isSorted();
    assertThat(rows.stream().filter(row -> !row[1].equals(row[2])).map(row -> row[3]))
        .isSortedAccordingTo(Comparator.reverseOrder());
  }

  @Test
  void jsonIsOneObjectOnOneLine() throws IOException {
    Run run = evaluate("--json", "--batch", "5", "--threads", "2", data.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.json()).hasSize(1);
    JsonNode json = run.json().getFirst();
    int[][] matrix = expected();
    int correct = matrix[0][0] + matrix[1][1] + matrix[2][2];
    assertThat(json.get("images").asInt()).isEqualTo(3 * EACH);
    assertThat(json.get("top1").asDouble()).isEqualTo(correct / (3.0 * EACH));
    assertThat(json.get("top5").asDouble()).isEqualTo(1);
    assertThat(json.get("imagesPerSecond").asDouble()).isPositive();
    assertThat(json.get("expectedCalibrationError").asDouble()).isBetween(0.0, 1.0);
    assertThat(json.get("confusion").toString())
        .isEqualTo(Arrays.deepToString(matrix).replace(" ", ""));
    assertThat(json.get("classes"))
        .extracting(c -> c.get("name").asString())
        .containsExactlyElementsOf(CLASSES);
    assertThat(json.get("classes"))
        .allSatisfy(c -> {
          assertThat(c.get("support").asInt()).isEqualTo(EACH);
          for (String measure : List.of("precision", "recall", "f1")) {
            assertThat(c.get(measure).asDouble()).isBetween(0.0, 1.0);
          }
        });
    assertThat(json.get("reliability")).hasSize(15);
    assertThat(json.get("classesByOrder").asBoolean()).isFalse();
    assertThat(json.get("unreadable")).isEmpty();
  }

  @Test
  void tableForPeopleAndReport() throws IOException {
    Path report = folder.resolve("report.html");
    Run run = evaluate("--report", report.toString(), data.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("class, worst first", "red", "most often confused")
        .containsPattern("all pictures +12\\R")
        .containsPattern("top-1 +[0-9.]+ %");
    assertThat(Files.readString(report))
        .startsWith("<!DOCTYPE html>")
        .contains("How good is model.safetensors on data?", "Worst mistakes", "data:image/png");
  }

  @Test
  void thePartOfATrainingCanBeChosen() {
    for (String seed : List.of("1", "2")) {
      Run run = evaluate("--json", "--split", "validation", "--seed", seed, data.toString());
      assertThat(run.json().getFirst().get("images").asInt()).isEqualTo(3);
    }
    Run half = evaluate("--json", "--split", "train", "--validation", "0.5", data.toString());
    assertThat(half.json().getFirst().get("images").asInt()).isEqualTo(6);
    Run none = evaluate("--split", "test", data.toString());
    assertThat(none.exitCode()).isEqualTo(1);
    assertThat(none.err()).isEqualTo("mobilenet4j: " + data + ": no pictures for test\n");
  }

  @Test
  void picturesThatTheModelLearnedFromAreNotMeasured() {
    Map<String, String> metadata =
        Map.of("data", data.toString(), "validation_part", "0.5", "test_part", "0", "seed", "3");
    ModelFile.write(
        folder.resolve("model.safetensors"),
        new Model(NETWORK, model.weights(), model.preprocessing(), model.labels(), metadata));
    Run run = evaluate("--json", data.toString());
    assertThat(run.err()).contains("measured are the 6 that it did not").hasLineCount(1);
    JsonNode same =
        evaluate(
                "--json",
                "--split=validation",
                "--validation=0.5",
                "--test=0",
                "--seed=3",
                data.toString())
            .json()
            .getFirst();
    assertThat(run.json().getFirst().get("loss")).isEqualTo(same.get("loss"));

    ModelFile.write(
        folder.resolve("model.safetensors"),
        new Model(
            NETWORK,
            model.weights(),
            model.preprocessing(),
            model.labels(),
            Map.of("data", data.toString(), "seed", "none")));
    assertThat(evaluate(data.toString()).err())
        .contains("its training had seed none, expected a number");
  }

  @Test
  void aPictureThatCannotBeReadIsAnErrorWhereThatIsAsked() throws IOException {
    Files.writeString(data.resolve("red/broken.png"), "no picture");
    Run run = evaluate("--strict", "--json", data.toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("broken.png").hasLineCount(1);
  }

  @Test
  void aPictureThatCannotBeReadIsLeftOut() throws IOException {
    Files.writeString(data.resolve("red/broken.png"), "no picture");
    Run run = evaluate("--json", data.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).contains("1 of the pictures left out").hasLineCount(1);
    JsonNode json = run.json().getFirst();
    assertThat(json.get("images").asInt()).isEqualTo(3 * EACH);
    assertThat(json.get("unreadable").get(0).get("name").asString()).endsWith("broken.png");
  }

  @Test
  void otherNamesArePairedInTheirOrderAndThatIsSaid() throws IOException {
    for (int c = 0; c < 3; c++) {
      Files.move(data.resolve(CLASSES.get(c)), data.resolve("n" + c));
    }
    Run run = evaluate("--json", data.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).contains("paired in their order").hasLineCount(1);
    assertThat(run.json().getFirst().get("classesByOrder").asBoolean()).isTrue();
  }

  @Test
  void aClassThatTheModelDoesNotKnowIsAnError() throws IOException {
    Files.move(data.resolve("red"), data.resolve("pink"));
    Run run = evaluate("--json", data.toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains("class \"pink\" of the data is none of the model's 3: red, green, blue")
        .hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--seed=1     | --validation, --test and --seed need --split",
        "--split=half | Invalid value for option '--split'",
        "--batch=0    | '0' is not a whole number >= 1",
      })
  void badUse(String option, String message) {
    Run run = evaluate(option, data.toString());
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(message).hasLineCount(1);
  }
}
