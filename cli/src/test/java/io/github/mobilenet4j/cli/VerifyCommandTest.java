package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class VerifyCommandTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(56).classes(3).build();

  @TempDir Path folder;
  private Model model;
  private String images;

  @BeforeEach
  void files() {
    model = Untrained.model(NETWORK, List.of("cat", "dog", "été"));
    ModelFile.write(folder.resolve("model.safetensors"), model);
    images = ColouredFolders.write(folder.resolve("pictures"), 2).toString();
  }

  private Run verify(Model other, String... options) {
    ModelFile.write(folder.resolve("other.safetensors"), other);
    return verify("other.safetensors", options);
  }

  private Run verify(String other, String... options) {
    List<String> args = new ArrayList<>(List.of("verify", path("model.safetensors")));
    args.addAll(List.of("--against", path(other), "--images", images));
    args.addAll(Arrays.asList(options));
    return Run.of(args.toArray(String[]::new));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private Model damaged(String name) {
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : NETWORK.parameters()) {
      float[] from = model.weights().get(p);
      values.put(p.name(), from);
      if (p.name().equals(name)) {
        float[] to = from.clone();
        Arrays.fill(to, 0, to.length / 2, 2);
        values.put(name, to);
      }
    }
    return new Model(
        NETWORK, new Weights.Trained(values), model.preprocessing(), model.labels(), Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.safetensors", "a.pth", "a.onnx", "a.tflite", "a.h5"})
  void whatWasExportedAgrees(String name) {
    assertThat(Run.of("export", path("model.safetensors"), path(name)).exitCode()).isZero();
    Run run = verify(name);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .startsWith("pictures: 6, classes: 3  logits differ by  relative  same top-1\n")
        .containsPattern("as they are .* 100\\.00 %\n")
        .doesNotContain("stem")
        .endsWith("\nThey agree.\n");
  }

  @Test
  void layersAreShownWhereAskedFor() {
    Run run = verify(model, "--layers");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).containsPattern("\nblock13\\.pointwise +2×2×256 .* 0 +0\n");
  }

  @Test
  void theDamagedLayerIsNamed() {
    Run run = verify(damaged("block7.depthwise.variance"));
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out())
        .containsPattern("\nblock6\\.pointwise +4×4×128 .* 0 +0\n")
        .containsPattern("\nblock7\\.depthwise +4×4×128 .*[█▏▎▍▌▋▊▉]\n")
        .contains("\nThey differ.\nThe first layer that differs is block7.depthwise: by ")
        .containsPattern("farthest apart on .*pictures.*\\.png\n");
    assertThat(verify(damaged("block7.depthwise.variance"), "--tolerance", "10").exitCode())
        .isZero();
  }

  @Test
  void anotherPreprocessingIsSaidAndTheNetworksAcquitted() {
    Model other = model.withPreprocessing(Preprocessing.IMAGENET).withInput(64, 64);
    Run run = verify(other);
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out())
        .containsPattern("^different +model\\.safetensors +other\\.safetensors\n")
        .containsPattern("\ninput +56×56×3 +64×64×3\n")
        .containsPattern("\nmean +0\\.5 +0\\.485 0\\.456 0\\.406\n")
        .containsPattern("\ngiven the same input +0 +0 +100\\.00 %\n")
        .contains("But they agree given the same input: their networks compute the same.\n")
        .doesNotContain("block");

    Run same = verify(other, "--same-input");
    assertThat(same.exitCode()).isZero();
    assertThat(same.out()).contains("\nmean ").endsWith("\nThey agree.\n");
  }

  @Test
  void anAssumedPreprocessingIsSaid() {
    Model other =
        model
            .withPreprocessing(Preprocessing.UNIT)
            .withMetadata(Map.of(Model.PREPROCESSING, "assumed, the file does not say"));
    assertThat(verify(other).out())
        .contains("\nother.safetensors: preprocessing assumed, the file does not say\n\n");
  }

  @Test
  void assumedLabelsAreSaid() {
    Model other =
        model
            .withLabels(new Labels(List.of("kitten", "dog", "été")))
            .withMetadata(Map.of(Model.LABELS, "assumed, the file has none"));
    assertThat(verify(other).out())
        .containsPattern("\nlabel of class 0 +cat +kitten\n")
        .contains("\nother.safetensors: labels assumed, the file has none\n\n");
  }

  @Test
  void labelsInAnotherOrderAreSaid() {
    Run run = verify(model.withLabels(new Labels(List.of("dog", "cat", "été"))));
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out())
        .containsPattern("\nlabel of class 0, and 1 more +cat +dog\n")
        .contains("But they agree with classes paired by place: their networks");
  }

  @Test
  void whatDiffersInTheNetworkIsSaid() {
    MobileNetV1 symmetric = NETWORK.toBuilder().padding(Padding.SYMMETRIC).build();
    Run run =
        verify(
            new Model(
                symmetric, model.weights(), model.preprocessing(), Labels.numbered(3), Map.of()));
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out())
        .containsPattern("\npadding +same +symmetric\n")
        .containsPattern("\nlabels +3: cat; dog; été +none\n")
        .contains("The first layer that differs is stem: by ");

    MobileNetV1 wider = NETWORK.toBuilder().widthMultiplier(0.5).classes(2).build();
    run = verify(Untrained.model(wider, List.of("house", "boat")));
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out())
        .containsPattern("\nwidth multiplier +0\\.25 +0\\.5\n")
        .containsPattern("\nclasses +3 +2\n")
        .contains("No class of one is a class of the other.\n")
        .contains("differs is stem: 28×28×8 here, stem 28×28×16 there.\n");
  }

  @Test
  void jsonIsOneObject() throws IOException {
    Path broken = folder.resolve("pictures/broken.png");
    Files.writeString(broken, "no picture");
    Run run = verify(damaged("stem.kernel"), "--json");
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("broken.png").hasLineCount(1);
    JsonNode json = run.json().getFirst();
    assertThat(run.json()).hasSize(1);
    assertThat(json.propertyNames())
        .containsExactly(
            "agree",
            "tolerance",
            "images",
            "classes",
            "differences",
            "answers",
            "firstLayer",
            "layers",
            "unreadable");
    assertThat(json.get("agree").booleanValue()).isFalse();
    assertThat(json.get("images").intValue()).isEqualTo(6);
    assertThat(json.get("firstLayer").stringValue()).isEqualTo("stem");
    assertThat(json.get("layers")).hasSize(29);
    JsonNode agreements = json.get("answers").get(0);
    assertThat(agreements.get("relative").doubleValue()).isGreaterThan(1e-4);
    assertThat(agreements.get("farthest").stringValue()).endsWith(".png");
    assertThat(json.get("unreadable").get(0).get("path").stringValue())
        .isEqualTo(broken.toString());

    JsonNode same = verify(model, "--json").json().getFirst();
    assertThat(same.get("firstLayer").isNull()).isTrue();

    MobileNetV1 wider = NETWORK.toBuilder().widthMultiplier(0.5).build();
    JsonNode other = verify(Untrained.model(wider, model.labels().names()), "--json").json().get(0);
    assertThat(other.get("layers").get(0).get("largest").isNull()).isTrue();
    assertThat(other.get("differences").get(0).get("against").stringValue()).isEqualTo("0.5");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--tolerance=-1        | 2 | '-1' is not a number >= 0",
        "--tolerance=NaN       | 2 | 'NaN' is not a number >= 0",
        "--tolerance=1e400     | 2 | '1e400' is not a number >= 0",
        "--dialect=latin       | 2 | Invalid value for option '--dialect'",
        "--against-dialect=timm | 1 | other.safetensors: ",
      })
  void saysInOneLineWhatIsWrong(String option, int code, String fault) {
    Run run = verify(model, option);
    assertThat(run.exitCode()).isEqualTo(code);
    assertThat(run.err()).contains(fault).hasLineCount(1);
  }

  @Test
  void picturesThatCannotBeReadAreAFailure() throws IOException {
    Path broken = folder.resolve("broken.png");
    Files.writeString(broken, "no picture");
    images = broken.toString();
    Run run = verify(model);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("broken.png").contains("no picture to compare");
  }

  /** Google's and MLPerf Tiny's own conversions: the judge is their converter. */
  @ParameterizedTest
  @CsvSource({"vww_96_float.tflite, 1e-4, 0", "vww_96_int8.tflite, 1e-4, 3"})
  void filesThatOthersConverted(String other, String tolerance, int exitCode) {
    Path weights = SharedFiles.require("data/weights");
    Run run =
        Run.of(
            "verify",
            weights.resolve("vww_96.h5").toString(),
            "--against",
            weights.resolve(other).toString(),
            "--tolerance",
            tolerance,
            "--images",
            images);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(exitCode);
  }

  /** What the integers stand for, without the rounding of an integer network's activations. */
  @Test
  void integersThatOthersMadeStandForTheirFloats() {
    Path weights = SharedFiles.require("data/weights");
    Run run =
        Run.of(
            "verify",
            weights.resolve("vww_96_int8.tflite").toString(),
            "--precision",
            "float32",
            "--against",
            weights.resolve("vww_96.h5").toString(),
            "--tolerance",
            "0.2",
            "--images",
            images);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
  }
}
