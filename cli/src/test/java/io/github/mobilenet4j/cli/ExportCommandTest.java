package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands export and convert. */
class ExportCommandTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.1).resolution(112).classes(2).build();

  @TempDir Path folder;
  private Model model;

  @BeforeEach
  void model() {
    model = Untrained.model(NETWORK, List.of("cat", "dog"));
    ModelFile.write(folder.resolve("in.safetensors"), model);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private static void isDone(Run run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("labels:  ", "read it: ");
  }

  @Test
  void sayWhatTheyWrote() {
    assertThat(Run.of("export", path("in.safetensors"), path("a.onnx")).out())
        .matches(
            "\\Q%s\\E, [0-9,]+ KiB: x \\[N, 3, 112, 112] to logits \\[N, 2], float32\n"
                    .formatted(path("a.onnx"))
                + "pixels:  red, green, blue, then \\(value / 255 − mean\\) / std; mean .*\n"
                + "labels:  2, in the file\n"
                + "read it: \\Qonnxruntime.InferenceSession(\"%s\").run(None, {\"x\": x})\\E\n"
                    .formatted(path("a.onnx")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.safetensors", "a.pth", "a.onnx", "a.tflite", "a.h5"})
  void exportsWhatTheEndingSays(String name) {
    assertThat(Run.of("export", path("in.safetensors"), path(name)))
        .satisfies(ExportCommandTest::isDone);
    Model read = Models.read(folder.resolve(name));
    assertThat(read.labels()).isEqualTo(model.labels());
    assertThat(read.preprocessing()).isEqualTo(model.preprocessing());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.pth", "a.onnx", "a.h5"})
  void convertsThereAndBack(String name) {
    assertThat(Run.of("convert", path("in.safetensors"), path(name)))
        .satisfies(ExportCommandTest::isDone);
    assertThat(Run.of("convert", path(name), path("back.safetensors")))
        .satisfies(ExportCommandTest::isDone);
    Model back = ModelFile.read(folder.resolve("back.safetensors"));
    for (Parameter p : NETWORK.parameters()) {
      assertThat(back.weights().get(p)).as(p.name()).isEqualTo(model.weights().get(p));
    }
  }

  @Test
  void takesSettings() throws IOException {
    String in = path("in.safetensors");
    assertThat(Run.of("export", "--batch-norm", "kept", in, path("kept.onnx")))
        .satisfies(ExportCommandTest::isDone);
    assertThat(Run.of("export", in, path("folded.onnx"))).satisfies(ExportCommandTest::isDone);
    Model kept = Models.read(folder.resolve("kept.onnx"));
    Model folded = Models.read(folder.resolve("folded.onnx"));
    assertThat(kept.weights()).isInstanceOf(Weights.Trained.class);
    assertThat(folded.weights()).isInstanceOf(Weights.Folded.class);

    assertThat(
            Run.of(
                "export",
                "--format",
                "pth",
                "--dialect",
                "hugging_face",
                "--precision",
                "bf16",
                in,
                path("model.checkpoint")))
        .satisfies(ExportCommandTest::isDone);
    assertThat(Models.read(folder.resolve("model.checkpoint")).metadata())
        .containsEntry("dialect", "hugging_face");
    assertThat(Files.readString(folder.resolve("config.json"))).contains("\"0\": \"cat\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.xyz  |                      | 1 | the name does not say the format, expected one that",
        "a.onnx | --dialect=timm       | 2 | --dialect is for [safetensors, pth], not for onnx",
        "a.pth  | --batch-norm=kept    | 2 | --batch-norm is for [onnx], not for pth",
        "a.h5   | --precision=f16      | 2 | --precision is for [safetensors, pth, tflite], not for"
            + " h5",
        "a.pth  | --dialect=keras      | 1 | a PyTorch file has the names of one of [tutorial,"
            + " timm",
        "a.pth  | --dialect=timm       | 1 | the network of timm has padding SYMMETRIC",
        "no/a.h5 |                     | 1 | cannot write",
        "a.onnx | --format=jpeg        | 2 | expected one of [SAFETENSORS, PTH, ONNX, TFLITE, H5,"
            + " TFJS]",
      })
  void saysInOneLineWhatIsWrong(String name, String option, int code, String fault) {
    Run run =
        option == null
            ? Run.of("export", path("in.safetensors"), path(name))
            : Run.of("export", option, path("in.safetensors"), path(name));
    assertThat(run.exitCode()).isEqualTo(code);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains(fault);
    assertThat(folder.resolve(name)).doesNotExist();
  }
}
