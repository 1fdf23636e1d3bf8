package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Confidence;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrateCommandTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.1).resolution(64).classes(3).build();

  @TempDir Path folder;
  private String in;
  private String out;
  private String images;

  @BeforeEach
  void files() {
    in = folder.resolve("in.safetensors").toString();
    out = folder.resolve("out.safetensors").toString();
    images = ColouredFolders.write(folder.resolve("images"), 4).toString();
    ModelFile.write(Path.of(in), Untrained.model(NETWORK, List.of("red", "green", "blue")));
  }

  @Test
  void findsBothAndTellsWhatTheyDo() {
    Run run =
        Run.of("calibrate", in, out, "--images", images, "--unknown", "0.25", "--others", images);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .containsPattern("temperature +1\\.000 ")
        .containsPattern("said to be none of them +0\\.00 % +25\\.00 %")
        .containsPattern("of other things +0\\.00 % +25\\.00 %");
    Confidence found = ModelFile.read(Path.of(out)).confidence();
    assertThat(found.threshold()).isPresent();
    Run evaluated = Run.of("evaluate", "--model", out, "--json", images);
    assertThat(evaluated.json().getFirst().get("unknown").doubleValue()).isEqualTo(0.25);
    assertThat(Run.of("evaluate", "--model", out, images).out())
        .containsPattern("none of the classes +25\\.00 %");
  }

  @Test
  void classifySaysWhereItKnowsNothing() {
    Run.of("calibrate", in, out, "--threshold", "1e9", "--temperature", "2.5");
    Confidence sure = new Confidence(2.5, OptionalDouble.of(1e9));
    assertThat(ModelFile.read(Path.of(out)).confidence()).isEqualTo(sure);
    String image = Path.of(images, "red", "0.png").toString();
    assertThat(Run.of("classify", "--model", out, image).out())
        .contains("none of the classes that the model knows; the nearest are:");
    assertThat(json(out, image)).isTrue();
    assertThat(Run.of("classify", "--model", in, image).out()).doesNotContain("none of");
    assertThat(json(in, image)).isFalse();
  }

  private static boolean json(String model, String image) {
    return Run.of("classify", "--model", model, "--json", image)
        .json()
        .getFirst()
        .get("unknown")
        .booleanValue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.safetensors", "a.onnx", "a.tflite", "a.h5"})
  void otherFormatsAndIntegersKeepBoth(String name) {
    Run.of("calibrate", in, out, "--threshold", "7", "--temperature", "2.5");
    Confidence sure = new Confidence(2.5, OptionalDouble.of(7));
    Path other = folder.resolve(name);
    assertThat(Run.of("convert", out, other.toString()).err()).isEmpty();
    assertThat(Models.read(other).confidence()).isEqualTo(sure);
    if (!name.endsWith("h5")) {
      assertThat(Run.of("quantize", out, other.toString(), "--images", images).exitCode()).isZero();
      assertThat(Models.read(other).confidence()).isEqualTo(sure);
    }
  }

  /** Through all that keeps our metadata, and through what does not, where it is said. */
  @ParameterizedTest
  @ValueSource(strings = {"a.safetensors", "a.onnx", "a.tflite", "a.h5", "a.json"})
  void outputsForOthersStayOutputsForOthers(String name) throws IOException {
    Path classes = Files.writeString(folder.resolve("classes"), "blue\tsea\nred\n");
    Path others = Files.writeString(folder.resolve("others"), "green\n");
    String some = folder.resolve("some.safetensors").toString();
    Run made = Run.of("convert", "--classes", "" + classes, "--others", "" + others, in, some);
    assertThat(made.err()).isEmpty();
    Path other = folder.resolve(name);
    assertThat(Run.of("calibrate", some, "" + other, "--threshold", "-0.5").err()).isEmpty();
    Model model = Models.read(other);
    assertThat(model.labels().names()).containsExactly("sea", "red");
    assertThat(model.network().head().others()).isOne();
    assertThat(model.confidence().threshold()).hasValue(-0.5);
    String image = Path.of(images, "red", "0.png").toString();
    Run classified = Run.of("classify", "--model", "" + other, "--json", image);
    assertThat(classified.json().getFirst().get("predictions")).hasSize(2);
    assertThat(Run.of("info", "--model", "" + other).out())
        .contains("2 classes and 1 outputs for others");
    Files.move(Path.of(images, "blue"), Path.of(images, "sea"));
    assertThat(Run.of("evaluate", "--model", "" + other, images).err())
        .contains("\"green\"", "none of the model's 2");
    Files.move(Path.of(images, "green"), folder.resolve("green"));
    assertThat(Run.of("evaluate", "--model", "" + other, images).err()).isEmpty();
    assertThat(Run.of("verify", some, "--against=" + other, "--images=" + images).exitCode())
        .isZero();
    assertThat(
            Run.of("calibrate", some, folder.resolve("a.pth").toString(), "--threshold", "7").out())
        .contains("nothing has a place for what the last 1 outputs are");
  }

  @Test
  void othersAreBesideClasses() {
    Run run = Run.of("convert", "--others", "x", in, out);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--others is for use with --classes");
  }

  @Test
  void whereTheyHaveNoPlaceItIsSaid() {
    String other = folder.resolve("a.pth").toString();
    assertThat(Run.of("calibrate", in, other, "--threshold", "7").out())
        .contains("temperature and threshold are not written");
    assertThat(Run.of("calibrate", in, out, "--threshold", "7").out())
        .doesNotContain("are not written");
  }

  @Test
  void somethingHasToBeGiven() {
    Run run = Run.of("calibrate", in, out);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("expected --images, --temperature or --threshold");
  }

  /** As the folders of ImageNet, whatever the model calls its classes. */
  @Test
  void someClassesOfImageNetAreFoundByTheirNumbers() throws IOException {
    MobileNetV1 network = NETWORK.toBuilder().classes(1000).build();
    ModelFile.write(Path.of(in), Untrained.model(network, Labels.imagenet().names()));
    Path classes = folder.resolve("classes.tsv");
    Files.writeString(classes, "n02123045\tcat\nn01440764\ngoldfish\n");
    Run run = Run.of("convert", "--classes", classes.toString(), in, out);
    assertThat(run.err()).isEmpty();
    Model model = ModelFile.read(Path.of(out));
    assertThat(model.labels().names()).containsExactly("cat", "tench", "goldfish");
    assertThat(model.metadata()).containsEntry(Model.WORDNET, "n02123045 n01440764 n01443537");
    Files.move(Path.of(images, "red"), Path.of(images, "n02123045"));
    Files.move(Path.of(images, "green"), Path.of(images, "n01443537"));
    Files.move(Path.of(images, "blue"), Path.of(images, "n01440764_tench"));
    assertThat(Run.of("evaluate", "--model", out, images).exitCode()).isZero();
    Files.writeString(classes, "n99999999");
    assertThat(Run.of("convert", "--classes", classes.toString(), in, out).err())
        .contains("\"n99999999\" is none of the model's classes");
  }
}
