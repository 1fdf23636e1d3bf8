package io.github.mobilenet4j.formats.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.TutorialGolden;
import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
        "checkpoint"
      })
  void readsTheSameWeightsHoweverTheyWereSaved(String name) {
    Model model = Models.read(Fixtures.path(name + ".pth"));

    assertSameWeights(model, Models.read(Fixtures.path("timm.safetensors")));
    Fixtures.assertLogits(model, "timm");
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
  @CsvSource({
    "evil-zip, posix.system",
    "evil-legacy, posix.system",
    "module, torch.nn.modules.linear.Linear"
  })
  void refusesEveryOtherNameAndRunsNothing(String name, String global) {
    Path path = Fixtures.path(name + ".pth");
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": the pickle asks for " + global + "; only tensors")
        .hasMessageEndingWith("torch.save(model.state_dict(), file)");
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
