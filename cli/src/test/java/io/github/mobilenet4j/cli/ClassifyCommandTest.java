package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Safetensors;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ClassifyCommandTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(3).build();

  @TempDir Path folder;
  private String model;
  private Path red;
  private Path blue;
  private Path broken;

  @BeforeEach
  void files() throws IOException {
    Path file = folder.resolve("model.safetensors");
    ModelFile.write(file, Untrained.model(NETWORK, List.of("cat", "dog", "été")));
    model = file.toString();
    red = image("photos/b-red.png", Color.RED);
    blue = image("photos/a/blue.png", Color.BLUE);
    broken = folder.resolve("photos/c-broken.jpg");
    Files.writeString(broken, "no picture");
  }

  private Path image(String name, Color color) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
    image.getGraphics().setColor(color);
    image.getGraphics().fillRect(0, 0, 40, 30);
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  @Test
  void printsPathAndTheMostProbableClasses() {
    Run run = Run.of("classify", "--model", model, "--top", "2", red.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .matches(
            "\\Q"
                + red
                + "\\E  decode [0-9.]+ ms, network [0-9.]+ ms\\R"
                + "( +[0-9.]+ %  [█▏▎▍▌▋▊▉]* +(cat|dog|été)\\R){2}");
  }

  @Test
  void jsonHasOneObjectAPictureInOrder() {
    Run run = Run.of("classify", "--json", "--model", model, red.toString(), blue.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.json())
        .extracting(line -> line.get("path").asString())
        .containsExactly(red.toString(), blue.toString());
    JsonNode first = run.json().getFirst();
    assertThat(first.get("milliseconds").asDouble()).isPositive();
    // More are asked for than there are classes.
    assertThat(first.get("predictions")).hasSize(3);
    double sum = 0;
    double before = 1;
    for (JsonNode prediction : first.get("predictions")) {
      double probability = prediction.get("probability").asDouble();
      assertThat(probability).isBetween(0.0, before);
      assertThat(prediction.get("label").asString())
          .isEqualTo(List.of("cat", "dog", "été").get(prediction.get("index").asInt()));
      before = probability;
      sum += probability;
    }
    assertThat(sum).isCloseTo(1, org.assertj.core.api.Assertions.within(1e-5));
  }

  @Test
  void reportsAPictureThatCannotBeReadAndGoesOn() {
    Path missing = folder.resolve("missing.jpg");
    Run run =
        Run.of("classify", "--json", "--model", model, missing.toString(), folder + "/photos");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).hasLineCount(2).contains("missing.jpg").contains("c-broken.jpg");
    assertThat(run.json())
        .extracting(line -> line.get("path").asString())
        .containsExactly(missing.toString(), blue.toString(), red.toString(), broken.toString());
    assertThat(run.json())
        .extracting(line -> line.has("error"))
        .containsExactly(true, false, false, true);
  }

  @Test
  void takesOtherLabels() throws IOException {
    Path labels = Files.write(folder.resolve("labels.txt"), List.of("one", "two", "three"));
    String[] args = {"classify", "--model", model, "--labels", labels.toString(), red.toString()};
    assertThat(Run.of(args).out()).contains("one", "two", "three").doesNotContain("cat");

    Files.write(labels, List.of("one", "two"));
    Run tooFew = Run.of(args);
    assertThat(tooFew.exitCode()).isEqualTo(1);
    assertThat(tooFew.err()).contains("labels.txt").contains("2 labels for 3 classes");
  }

  @Test
  void namesImageNetsClassesWhereTheFileDoesNot() throws IOException {
    Path file = folder.resolve("unnamed.safetensors");
    MobileNetV1 network = NETWORK.toBuilder().classes(1000).build();
    Model unnamed = Untrained.model(network, Labels.numbered(1000).names());
    Safetensors.write(
        file, Map.of(), Dialect.TIMM.tensors(network, unnamed.weights(), DataType.F32));
    String model = file.toString();
    assertThat(Run.of("classify", "--model", model, "--top", "1000", red.toString()).out())
        .contains("tench", "tabby", "toilet tissue");
    assertThat(Run.of("info", "--model", model).out())
        .contains("toilet tissue\n               assumed to be ImageNet's, the file has none\n");

    Path labels = Files.write(folder.resolve("labels.txt"), Labels.numbered(1000).names());
    Run other = Run.of("classify", "--model", model, "--labels", labels.toString(), red.toString());
    assertThat(other.out()).contains("class ").doesNotContain("tabby");
  }
}
