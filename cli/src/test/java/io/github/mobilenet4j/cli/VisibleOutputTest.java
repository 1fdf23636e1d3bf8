package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text from outside that would act on a terminal, wherever it can come from. */
class VisibleOutputTest {
  /** Red, the window's title, C1, a forged line, overwriting, turned around. */
  private static final String HOSTILE =
      "x\u001b[31m\u001b]0;title\u0007\u009b1m\n99.99 %  fake\r\u202egpj\u2066";

  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(3).build();

  @TempDir private Path temporary;

  private Path model(String name, String label) {
    Path file = temporary.resolve(name);
    Model model = Untrained.model(NETWORK, List.of(label, "green", "red"));
    ModelFile.write(
        file,
        new Model(
            model.network(),
            model.weights(),
            model.preprocessing(),
            new Labels(model.labels().names()),
            Map.of(HOSTILE, HOSTILE, "source", HOSTILE)));
    return file;
  }

  private static void isVisible(int exitCode, String... args) {
    assertThat(visible(exitCode, args)).doesNotContainPattern("(?m)^99.99");
  }

  private static String visible(int exitCode, String... args) {
    Run run = Run.of(args);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    assertThat(run.out() + run.err())
        .contains("\\u001b[31m")
        .doesNotContainPattern("[\\p{Cntrl}\u0080-\u009f\u202a-\u202e\u2066-\u2069&&[^\n\t]]");
    return run.out() + run.err();
  }

  @Test
  void nothingActsOnTheTerminal() throws IOException {
    String model = model("a" + HOSTILE + ".safetensors", HOSTILE).toString();
    String other = model("b.safetensors", "y" + HOSTILE).toString();
    Path data = ColouredFolders.write(temporary.resolve("data" + HOSTILE), 4);
    Files.move(data.resolve("blue"), data.resolve(HOSTILE));
    String folder = data.toString();
    String broken = Files.writeString(temporary.resolve(HOSTILE + ".onnx"), HOSTILE).toString();
    String image = data.resolve("red/0.png").toString();

    isVisible(0, "info", "--model", model);
    isVisible(0, "classify", "--model", model, folder);
    isVisible(0, "evaluate", "--model", model, folder);
    isVisible(0, "verify", model, "--against", other, "--images", folder);
    isVisible(
        0,
        "train",
        folder,
        "--epochs=1",
        "--width=0.25",
        "--resolution=32",
        "--batch=4",
        "--output",
        temporary.resolve("run" + HOSTILE).toString());

    isVisible(1, "info", "--model", broken);
    assertThat(visible(1, "info", "--model", broken, "--debug")).contains("\tat ");
    isVisible(1, "classify", broken);
    isVisible(1, "classify", "--model", model, "--labels", folder, image);
    isVisible(1, "evaluate", "--model", model, broken);
    isVisible(1, "convert", model, temporary.resolve(HOSTILE).toString());
    isVisible(1, "logits", "--model", model, "--input", broken, "--output", model);
    isVisible(2, "info", "--" + HOSTILE);
    isVisible(2, HOSTILE);
    isVisible(2, "info", "--resolution", HOSTILE);
    isVisible(2, "fetch", HOSTILE);
  }

  @Test
  void jsonHasTheTextAsItIs() {
    String model = model("a.safetensors", HOSTILE).toString();
    Run run = Run.of("info", "--json", "--model", model);
    assertThat(run.json().getFirst().findValue("labels").get(0).asString()).isEqualTo(HOSTILE);
  }
}
