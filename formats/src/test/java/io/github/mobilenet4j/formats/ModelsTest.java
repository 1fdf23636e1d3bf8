package io.github.mobilenet4j.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelsTest {
  @TempDir Path folder;

  @Test
  void recognisesAFormatByContent() throws IOException {
    Path path = Files.write(folder.resolve("model.dat"), TfliteGraphTest.file(file -> {}));
    Model model = Models.read(path);
    MobileNetV1 network = model.network();
    assertThat(network.classes()).isEqualTo(3);

    ModelFile.write(path, model);
    assertThat(Models.read(path).network()).isEqualTo(network);

    Safetensors.write(
        path, Map.of(), Dialect.TUTORIAL.tensors(network, model.weights(), DataType.F32));
    assertThat(Models.read(path).facts()).containsEntry("dialect", "tutorial");
  }

  @Test
  void namesTheFormatsThatAreRead() throws IOException {
    Path path = Files.writeString(folder.resolve("model.caffemodel"), "something else");
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(
            path
                + ": is none of the formats that are read: safetensors, TensorFlow Lite, PyTorch,"
                + " Keras, ONNX");
    assertThatThrownBy(() -> Models.read(folder.resolve("missing")))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("no such file");
    assertThatThrownBy(() -> Models.read(folder)).isInstanceOf(MobileNetException.class);
    Path empty = Files.createFile(folder.resolve("empty.safetensors"));
    assertThatThrownBy(() -> Models.read(empty))
        .hasMessage(empty + ": has 0 bytes, expected at least 8");
  }
}
