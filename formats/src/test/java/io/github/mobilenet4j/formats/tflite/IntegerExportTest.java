package io.github.mobilenet4j.formats.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.formats.TfliteExport;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Integers that were read come back as they are, once they are written. */
class IntegerExportTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "integers_top",
        "integers_dense",
        "integers_logits",
        "integers_sigmoid",
        "integers_tensor"
      })
  void comesBackAsItIs(String name) {
    Model model = Models.read(Fixtures.path("tflite", name + ".tflite"));
    Path path = folder.resolve("model.tflite");
    new TfliteExport().write(path, model);
    Model read = Models.read(path);
    assertThat(read.network()).isEqualTo(model.network());
    assertThat(read.preprocessing()).isEqualTo(model.preprocessing());
    Weights.Quantized expected = (Weights.Quantized) model.weights();
    Weights.Quantized found = (Weights.Quantized) read.weights();
    assertThat(found.type()).isEqualTo(expected.type());
    assertThat(found.input()).isEqualTo(expected.input());
    assertThat(found.ends()).isEqualTo(expected.ends());
    for (Layer layer : model.network().layers()) {
      assertThat(found.layer(layer)).usingRecursiveComparison().isEqualTo(expected.layer(layer));
    }
    assertThatThrownBy(() -> new TfliteExport(DataType.F16).write(path, model))
        .hasMessage("the kernels are integers of 8 bits, they are not written as F16");
  }
}
