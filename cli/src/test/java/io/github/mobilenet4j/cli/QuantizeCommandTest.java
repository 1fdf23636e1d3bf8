package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.quantization.Quantizer;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class QuantizeCommandTest {
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
    images = ColouredFolders.write(folder.resolve("images"), 3).toString();
    ModelFile.write(Path.of(in), Untrained.model(NETWORK, List.of("red", "green", "blue")));
  }

  @Test
  void tellsWhatEachLayerLosesAndTheAccuracy() {
    Run run = Run.of("quantize", in, out, "--images", images, "--json", "--equalize");
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    JsonNode json = run.json().getFirst();
    assertThat(json.get("calibrationImages").intValue()).isEqualTo(9);
    assertThat(json.get("quantization").stringValue())
        .isEqualTo("int8, per channel, minmax of 9 images, equalized");
    assertThat(json.get("layers").size()).isEqualTo(NETWORK.layers().size());
    assertThat(json.get("layers").get(0).get("name").stringValue()).isEqualTo("stem");
    assertThat(json.get("layers").get(0).get("signalToNoise").doubleValue()).isGreaterThan(30);
    assertThat(json.get("accuracy").get("images").intValue()).isEqualTo(9);
    Model written = Models.read(Path.of(out));
    assertThat(written.weights()).isInstanceOf(Weights.Quantized.class);
    assertThat(written.metadata())
        .containsEntry(Quantizer.QUANTIZATION, json.get("quantization").stringValue());
    Run table =
        Run.of(
            "quantize", in, out, "--images", images, "--calibration-images", "2", "--per-tensor");
    assertThat(table.err()).isEmpty();
    assertThat(table.out())
        .contains(
            "block13.pointwise", " dB", "per tensor, minmax of 2 images", "top-1 of 9 pictures");
  }

  @Test
  void imagesWithoutClassesWillDo() throws IOException {
    Path flat = Files.createDirectory(folder.resolve("flat"));
    Files.copy(Path.of(images, "red", "0.png"), flat.resolve("a.png"));
    Files.writeString(flat.resolve("b.png"), "no image");
    Run run = Run.of("quantize", in, out, "--images", flat.toString(), "--json");
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).contains("the accuracy is not measured", "left out", "b.png");
    assertThat(run.json().getFirst().get("accuracy").isNull()).isTrue();
    assertThat(run.json().getFirst().get("calibrationImages").intValue()).isEqualTo(1);
  }

  @Test
  void refusesWhatIsNotThere() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThat(Run.of("quantize", in, out, "--images", empty.toString()))
        .satisfies(run -> {
          assertThat(run.exitCode()).isEqualTo(1);
          assertThat(run.err()).contains("a folder without pictures");
        });
    assertThat(Run.of("quantize", in, out, "--images", images, "--per-tensor", "--per-channel"))
        .satisfies(run -> assertThat(run.exitCode()).isEqualTo(2));
    assertThat(Path.of(out)).doesNotExist();
    assertThat(Run.of("quantize", in, folder.resolve("a.h5").toString(), "--images", images))
        .satisfies(run -> {
          assertThat(run.exitCode()).isEqualTo(2);
          assertThat(run.err()).contains("h5 is not written with integers");
        });
  }

  /** TensorFlow's own converter made the same network's integers, on other photographs. */
  @Test
  void visualWakeWordsAgreesAsWellAsTensorFlows() throws IOException {
    Model floats = Models.read(SharedFiles.require("data/weights/vww_96_float.tflite"));
    Model theirs = Models.read(SharedFiles.require("data/weights/vww_96_int8.tflite"));
    List<RgbImage> photos;
    try (Stream<Path> paths = Files.list(SharedFiles.require("data/photos"))) {
      photos = paths.sorted().map(path -> new ImageReader().read(path)).toList();
    }
    Model ours = new Quantizer().threads(2).quantize(floats, photos).model();
    List<float[]> expected = logits(floats, photos);
    Agreement found = Agreement.of(expected, logits(ours, photos));
    Agreement other = Agreement.of(expected, logits(theirs, photos));
    assertThat(found.sameTop1()).isGreaterThanOrEqualTo(other.sameTop1());
    assertThat(found.noise()).isLessThanOrEqualTo(other.noise());
  }

  /** Noise is the mean squared difference of the first logit less the second. */
  private record Agreement(int sameTop1, double noise) {
    static Agreement of(List<float[]> expected, List<float[]> found) {
      int same =
          (int)
              IntStream.range(0, expected.size())
                  .filter(i ->
                      Logits.argmax(expected.get(i), 0, 2) == Logits.argmax(found.get(i), 0, 2))
                  .count();
      double noise =
          IntStream.range(0, expected.size())
              .mapToDouble(i -> difference(expected.get(i)) - difference(found.get(i)))
              .map(d -> d * d)
              .average()
              .orElseThrow();
      return new Agreement(same, noise);
    }

    private static double difference(float[] logits) {
      return (double) logits[0] - logits[1];
    }
  }

  private static List<float[]> logits(Model model, List<RgbImage> images) {
    MobileNetV1 network = model.network();
    float[] x = new float[(int) network.input().size()];
    List<float[]> all = new ArrayList<>();
    try (Session session = Session.of(network, model.weights(), 1, 1)) {
      for (RgbImage image : images) {
        model.preprocessing().apply(image, network.height(), network.width(), x, 0);
        float[] logits = new float[network.outputs()];
        session.run(x, 1, logits);
        all.add(logits);
      }
    }
    return all;
  }
}
