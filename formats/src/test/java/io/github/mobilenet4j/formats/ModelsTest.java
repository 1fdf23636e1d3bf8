package io.github.mobilenet4j.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.tflite.TfliteGraphTest;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelsTest {
  @TempDir Path folder;

  @Test
  void recognisesAFormatByContent() throws IOException {
    Path path = Files.write(folder.resolve("model.dat"), TfliteGraphTest.files().getFirst());
    Model model = Models.read(path);
    MobileNetV1 network = model.network();
    assertThat(network.classes()).isEqualTo(3);

    ModelFile.write(path, model);
    assertThat(Models.read(path).network()).isEqualTo(network);

    Safetensors.write(
        path, Map.of(), Dialect.TUTORIAL.tensors(network, model.weights(), DataType.F32));
    assertThat(Models.read(path).metadata()).containsEntry("dialect", "tutorial");
  }

  @Test
  void aThousandClassesWithoutNamesAreImageNets() {
    Model model = Models.read(unnamed(1000));
    assertThat(model.labels()).isEqualTo(Labels.imagenet());
    assertThat(model.metadata())
        .containsEntry(Model.LABELS, "assumed to be ImageNet's, the file has none");
    assertThat(Models.read(unnamed(1001)).labels()).isEqualTo(Labels.imagenetWithBackground());

    Path saved = folder.resolve("saved.safetensors");
    ModelFile.write(saved, model);
    assertThat(ModelFile.read(saved).labels()).isEqualTo(Labels.imagenet());
    assertThat(Models.read(saved).metadata()).isEqualTo(model.metadata());
    assertThat(model.withLabels(Labels.numbered(1000)).metadata()).doesNotContainKey(Model.LABELS);
  }

  @ParameterizedTest
  @ValueSource(ints = {999, 1002})
  void otherClassesWithoutNamesStayNumbered(int classes) {
    Model model = Models.read(unnamed(classes));
    assertThat(model.labels()).isEqualTo(Labels.numbered(classes));
    assertThat(model.metadata()).doesNotContainKey(Model.LABELS);
  }

  @Test
  void aThousandClassesMayHaveOtherNames() throws IOException {
    Labels birds = new Labels(IntStream.range(0, 1000).mapToObj(i -> "bird " + i).toList());
    Path path = folder.resolve("birds.safetensors");
    ModelFile.write(path, Models.read(unnamed(1000)).withLabels(birds));
    assertThat(Models.read(path).labels()).isEqualTo(birds);
    assertThat(Models.read(path).metadata()).doesNotContainKey(Model.LABELS);

    Files.writeString(
        folder.resolve("config.json"),
        "{\"architecture\":\"mobilenetv1_025\",\"label_names\":[\"%s\"]}"
            .formatted(String.join("\",\"", birds.names())));
    Model model = Models.read(unnamed(1000, Dialect.TIMM));
    assertThat(model.labels()).isEqualTo(birds);
    assertThat(model.metadata()).doesNotContainKey(Model.LABELS);
  }

  private Path unnamed(int classes) {
    return unnamed(classes, Dialect.TUTORIAL);
  }

  private Path unnamed(int classes, Dialect dialect) {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.25).classes(classes).build();
    Path path = folder.resolve("unnamed.safetensors");
    Safetensors.write(
        path, Map.of(), dialect.tensors(network, RandomWeights.of(network, 1), DataType.F32));
    return path;
  }

  @Test
  void namesTheFormatsThatAreRead() throws IOException {
    Path path = Files.writeString(folder.resolve("model.caffemodel"), "something else");
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(
            path
                + ": is none of the formats that are read: safetensors, TensorFlow Lite, PyTorch,"
                + " Keras, ONNX, TensorFlow, TensorFlow.js");
    assertThatThrownBy(() -> Models.read(folder.resolve("missing")))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("no such file");
    Path empty = Files.createFile(folder.resolve("empty.safetensors"));
    assertThatThrownBy(() -> Models.read(empty))
        .hasMessage(empty + ": is empty, as a download leaves it that failed");
    assertThatThrownBy(() -> Models.read(folder))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(
            folder + ": is a folder, expected a file of weights, such as in it: empty.safetensors");
  }

  @ParameterizedTest
  @CsvSource({
    "lfs.safetensors, version https://git-lfs.github.com/spec/v1, is a Git LFS pointer",
    "lfs.pth, version https://git-lfs.github.com/spec/v1, is a Git LFS pointer",
    "page.onnx, <!DOCTYPE html>, is a web page",
    "packed.onnx, '\u001f\u008b\b', is compressed (gzip)",
    "photo.pth, \u00ff\u00d8\u00ff\u00e0, is an image (JPEG)",
  })
  void saysWhatAFileIsThatIsNoModel(String name, String content, String says) throws IOException {
    Path path = Files.write(folder.resolve(name), content.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": " + says);
  }

  @Test
  void kernelsOfIntegersHaveNoMeaning() {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.25).classes(3).build();
    Map<String, Tensor> tensors =
        new HashMap<>(
            Dialect.TUTORIAL.tensors(network, RandomWeights.of(network, 1), DataType.F32));
    Tensor stem = tensors.get("model.0.0.weight");
    tensors.put(
        "model.0.0.weight",
        new Tensor(DataType.U8, stem.shape(), ByteBuffer.allocate(stem.size())));
    Path path = folder.resolve("levels.safetensors");
    Safetensors.write(path, Map.of(), tensors);
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(
            path
                + ": model.0.0.weight is of type U8, expected floats: integers have no meaning"
                + " without a scale");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keras/whole.h5",
        "keras/transfer.keras",
        "keras/applications.weights.h5",
        "onnx/typed.onnx",
        "tflite/top_f32.tflite",
        "torch/timm.safetensors",
        "torch/timm.pth",
        "torch/legacy.pth",
        "torch/scripted.pt"
      })
  void contentIsReadAsItsFile(String name) throws IOException {
    Path path = Fixtures.path(name.split("/")[0], name.split("/")[1]);
    Model expected = Models.read(path);
    Model model = Models.read("upload", Files.readAllBytes(path));
    assertThat(model.network()).isEqualTo(expected.network());
    assertThat(model.metadata()).isEqualTo(expected.metadata());
    assertThat(model.preprocessing()).isEqualTo(expected.preprocessing());
    assertThat(ModelFile.metadata(model)).isEqualTo(ModelFile.metadata(expected));
    assertThat(bytes(model)).isEqualTo(bytes(expected));
  }

  private byte[] bytes(Model model) throws IOException {
    Path path = folder.resolve("bytes.safetensors");
    ModelFile.write(path, model);
    return Files.readAllBytes(path);
  }

  /** A path need not be a file's of the machine: that in a jar, for example. */
  @Test
  void aFileInAnArchiveIsRead() throws IOException {
    Path jar = folder.resolve("app.jar");
    try (FileSystem inside = FileSystems.newFileSystem(jar, Map.of("create", "true"))) {
      for (String name : List.of("timm.pth", "legacy.pth")) {
        Path path = inside.getPath("/" + name);
        Files.copy(Fixtures.path(name), path);
        assertThat(Models.read(path).network())
            .isEqualTo(Models.read(Fixtures.path(name)).network());
      }
    }
  }

  @Test
  void contentWithoutTheFilesBesideItIsRefused() throws IOException {
    byte[] onnx = Files.readAllBytes(Fixtures.path("onnx", "dynamo.onnx"));
    assertThatThrownBy(() -> Models.read("dynamo.onnx", onnx))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("read the model from its file");
    byte[] json = Files.readAllBytes(Fixtures.path("tfjs", "model.json"));
    assertThatThrownBy(() -> Models.read("model.json", json))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("read it from its file");
    assertThatThrownBy(() -> Models.read("upload", new byte[0]))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("upload: is empty, as a download leaves it that failed");
  }
}
