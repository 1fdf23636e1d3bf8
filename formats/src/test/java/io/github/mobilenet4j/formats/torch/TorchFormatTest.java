package io.github.mobilenet4j.formats.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.TutorialGolden;
import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.formats.Selection;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of PyTorch 1.13. */
class TorchFormatTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"zip", "legacy", "module", "training"})
  void readsTheGoldenWeights(String style) {
    Path path = SharedFiles.require("oracle/checkpoint-" + style + ".pth");

    Model model = Models.read(path);

    assertSameWeights(model, TutorialGolden.read().model());
    assertThat(model.metadata())
        .containsEntry("format", "pytorch")
        .containsEntry("dialect", "tutorial");
    assertThat(model.metadata().get("entry"))
        .isEqualTo(style.equals("training") ? "state_dict" : null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "timm",
        "legacy",
        "protocol-4",
        "legacy-protocol-4",
        "parameters",
        "f64",
        "shared",
        "shared-legacy",
        "strided",
        "checkpoint",
        "objects-2",
        "objects-4",
        "nested"
      })
  void readsTheSameWeightsHoweverTheyWereSaved(String name) {
    Model model = Models.read(Fixtures.path(name + ".pth"));

    assertSameWeights(model, Models.read(Fixtures.path("timm.safetensors")));
    Fixtures.assertLogits(model, "timm");
  }

  /** Read by their attributes, or of TorchScript by the text of its classes. */
  @ParameterizedTest
  @CsvSource({"whole.pth, pytorch module", "scripted.pt, torchscript", "traced.ptl, torchscript"})
  void readsANetworkOfModules(String name, String format) {
    Model model = Models.read(Fixtures.path(name));
    assertSameWeights(model, Models.read(Fixtures.path("timm.safetensors")));
    assertThat(model.network().padding()).isEqualTo(Padding.SYMMETRIC);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU6);
    assertThat(model.network().epsilon()).isEqualTo(1e-5);
    assertThat(model.metadata()).containsEntry("format", format);
    Fixtures.assertLogits(model, "timm");
  }

  /** What its modules do not say stands in the configuration that is pickled with them. */
  @ParameterizedTest
  @CsvSource({
    "same, SAME, RELU6, SOFTMAX, 'cat,dog,bird'",
    "symmetric, SYMMETRIC, RELU, SIGMOID, 'LABEL_0,LABEL_1,LABEL_2,LABEL_3'",
    "base, SAME, RELU6, SOFTMAX, ''"
  })
  void readsANetworkOfTransformers(
      String name, Padding padding, Activation activation, String probabilities, String labels) {
    Model model = Models.read(Fixtures.path("transformers-" + name + ".pth"));
    MobileNetV1 network = model.network();
    assertThat(network.height()).isEqualTo(40);
    assertThat(network.padding()).isEqualTo(padding);
    assertThat(network.activation()).isEqualTo(activation);
    assertThat(network.epsilon()).isEqualTo(1e-3);
    assertThat(network.head().activation()).hasToString(probabilities);
    assertThat(String.join(",", model.labels().names())).isEqualTo(labels);
    Map<String, Tensor> judge =
        Safetensors.read(Fixtures.path("transformers.safetensors")).tensors();
    float[] expected = judge.get(name).floats();
    double[] found =
        List.copyOf(
                ReferenceForward.run(network, model.weights(), Nhwc.image(judge.get("x"), 0))
                    .values())
            .getLast();
    assertThat(found).hasSize(expected.length);
    for (int k = 0; k < found.length; k++) {
      assertThat(found[k]).isCloseTo(expected[k], within(1e-5));
    }
  }

  @Test
  void anActivationThatIsNoModuleIsNotKnown() {
    Path path = Fixtures.path("functions.pth");
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining("has no activation among the modules: it may be in forward")
        .hasMessageContaining("torch.save(model.state_dict(), file)");
  }

  /** As timm does: the moving average is what a training is for. */
  @Test
  void saysWhichOfTwoSetsItTook() {
    Path path = Fixtures.path("nested.pth");
    Model model = Models.read(path);
    assertThat(model.metadata())
        .containsEntry("entry", "ema.module")
        .containsEntry("other entries", "checkpoint.model.state_dict");

    Selection other = Selection.DEFAULT.withEntry("checkpoint.model.state_dict");
    Model chosen = Models.read(path, other, ReadLimits.standard());
    assertThat(chosen.metadata()).containsEntry("entry", "checkpoint.model.state_dict");
    for (Parameter p : model.network().parameters()) {
      assertThat(chosen.weights().get(p)[0]).isEqualTo(1.5f * model.weights().get(p)[0]);
    }
    assertThatThrownBy(
            () -> Models.read(path, Selection.DEFAULT.withEntry("x"), ReadLimits.standard()))
        .hasMessage(path + ": has no entry x; it has [checkpoint.model.state_dict, ema.module]");
  }

  /** As another tool writes a zip archive. */
  @Test
  void readsWhatIsCompressed() throws IOException {
    Path path = folder.resolve("compressed.pth");
    try (ZipFile from = new ZipFile(Fixtures.path("timm.pth").toFile());
        ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(path))) {
      for (ZipEntry entry : from.stream().toArray(ZipEntry[]::new)) {
        to.putNextEntry(new ZipEntry(entry.getName()));
        to.write(from.getInputStream(entry).readAllBytes());
      }
    }
    Fixtures.assertLogits(Models.read(path), "timm");
  }

  @ParameterizedTest
  @CsvSource({"f16, 0x1p-11", "bf16, 0x1p-8"})
  void readsSmallerFloats(String name, float rounding) {
    Model model = Models.read(Fixtures.path(name + ".pth"));
    Model exact = Models.read(Fixtures.path("timm.safetensors"));
    for (Parameter p : exact.network().parameters()) {
      float[] found = model.weights().get(p);
      float[] expected = exact.weights().get(p);
      for (int i = 0; i < found.length; i++) {
        assertThat(found[i])
            .as(p.name())
            .isCloseTo(expected[i], within(Math.abs(expected[i]) * rounding + 1e-7f));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil-zip", "evil-legacy", "module"})
  void runsNothing(String name) {
    Path path = Fixtures.path(name + ".pth");
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining("torch.save(model.state_dict(), file)");
    assertThat(Path.of("evil-was-here")).doesNotExist();
  }

  @Test
  void saysWhereAFileEnds() throws IOException {
    for (String name : new String[] {"timm.pth", "legacy.pth"}) {
      byte[] content = Fixtures.bytes(name);
      Path cut = Files.write(folder.resolve(name), Arrays.copyOf(content, content.length / 2));
      assertThatThrownBy(() -> Models.read(cut))
          .isInstanceOf(MobileNetException.class)
          .hasMessageStartingWith(cut + ": ");
    }
  }

  private static void assertSameWeights(Model found, Model expected) {
    assertThat(found.network().widthMultiplier()).isEqualTo(expected.network().widthMultiplier());
    for (Parameter p : expected.network().parameters()) {
      assertThat(found.weights().get(p)).as(p.name()).isEqualTo(expected.weights().get(p));
    }
  }
}
