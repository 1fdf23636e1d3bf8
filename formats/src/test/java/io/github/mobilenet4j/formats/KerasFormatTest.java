package io.github.mobilenet4j.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Model;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KerasFormatTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"applications.h5", "whole.h5", "sequential.keras"})
  void givesTheLogitsOfItsOrigin(String file) {
    Model model = Models.read(Fixtures.path("keras", file));

    assertThat(model.network().padding()).isEqualTo(Padding.SAME);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU6);
    assertThat(model.network().epsilon()).isEqualTo(1e-3);
    assertThat(model.preprocessing()).isEqualTo(Preprocessing.TENSORFLOW);
    Fixtures.assertLogits(model, "hugging_face");
  }

  @Test
  void givesTensorFlowsProbabilitiesOfVisualWakeWords() {
    Model model = Models.read(SharedFiles.require("data/weights/vww_96.h5"));
    TfliteFormatTest.assertVisualWakeWords(model);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"relu6\" | \"gelu\" | layer any_3 (Activation) has activation gelu; the layer at this",
        "\"relu6\" | \"linear\" | layer any_1 (Conv2D) has no activation",
        "DepthwiseConv2D | SeparableConv2D | layer any_4 (SeparableConv2D) is not part of a",
        "[null, 33, 47, 3] | [null, 33, 47, 1] | input has shape [null, 33, 47, 1], expected",
        "channels_last | channels_first | layer any_1 (Conv2D) has its channels first",
        "\"strides\": [2, 2] | \"strides\": [3, 3] | layer any_1 (Conv2D) has strides [3, 3]",
        "\"strides\": [2, 2] | \"strides\": \"x\" | strides is x, expected a list of numbers",
        "\"Sequential\", \"config\" | \"Sequential\", \"x\" | has no list of layers",
        "\"use_bias\": false | \"use_bias\": true | layer any_1 (Conv2D) has no bias in the file",
      })
  void namesTheLayerThatDoesNotFit(String text, String replacement, String fault)
      throws IOException {
    Path path = folder.resolve("changed.keras");
    Files.write(path, changed(text, replacement));
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(fault);
  }

  @Test
  void refusesWhatIsNoModel() throws IOException {
    Path path = folder.resolve("broken.h5");
    byte[] whole = Files.readAllBytes(Fixtures.path("keras", "applications.h5"));
    Files.write(path, java.util.Arrays.copyOf(whole, 500));
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": broken HDF5: ");
  }

  private static byte[] changed(String text, String replacement) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipFile zip = new ZipFile(Fixtures.path("keras", "sequential.keras").toFile());
        ZipOutputStream out = new ZipOutputStream(bytes)) {
      for (ZipEntry entry : zip.stream().toArray(ZipEntry[]::new)) {
        byte[] content = zip.getInputStream(entry).readAllBytes();
        if (entry.getName().equals("config.json")) {
          String config = new String(content, StandardCharsets.UTF_8);
          assertThat(config).contains(text);
          content = config.replace(text, replacement).getBytes(StandardCharsets.UTF_8);
        }
        out.putNextEntry(new ZipEntry(entry.getName()));
        out.write(content);
      }
    }
    return bytes.toByteArray();
  }
}
