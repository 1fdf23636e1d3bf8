package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFileTest {
  @TempDir Path folder;

  @Test
  void readsWhatPythonWrote() {
    Model model = Fixtures.model();

    assertThat(model.network().widthMultiplier()).isEqualTo(0.008);
    assertThat(model.network().height()).isEqualTo(33);
    assertThat(model.network().width()).isEqualTo(47);
    assertThat(model.network().classes()).isEqualTo(3);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU);
    assertThat(model.network().padding()).isEqualTo(Padding.SYMMETRIC);
    assertThat(model.network().epsilon()).isEqualTo(1e-5);
    assertThat(model.network().dropout()).isEqualTo(0.25);
    assertThat(model.preprocessing())
        .isEqualTo(
            new Preprocessing(
                Preprocessing.Crop.RESIZE_THEN_CROP,
                0.875,
                Resampling.BICUBIC,
                Preprocessing.IMAGENET.mean(),
                Preprocessing.IMAGENET.std()));
    assertThat(model.labels().names()).containsExactly("tench", "café \"au\" lait", "🐈");
    assertThat(model.metadata()).isEqualTo(Map.of("origin", "tiny_models.py"));
    Fixtures.assertLogits(model);
  }

  @Test
  void writesWhatItReadsBitForBit() throws IOException {
    Model model = Fixtures.model();
    Path path = folder.resolve("model.safetensors");

    ModelFile.write(path, model);
    byte[] bytes = Files.readAllBytes(path);
    Model read = ModelFile.read(path.toString(), bytes);

    assertThat(read.network()).isEqualTo(model.network());
    assertThat(read.preprocessing()).isEqualTo(model.preprocessing());
    assertThat(read.labels()).isEqualTo(model.labels());
    assertThat(read.metadata()).isEqualTo(model.metadata());
    for (Parameter p : model.network().parameters()) {
      assertThat(read.weights().get(p)).as(p.name()).isEqualTo(model.weights().get(p));
    }
    ModelFile.write(path, read);
    assertThat(path).hasBinaryContent(bytes);
  }

  @Test
  void foldedWeightsStayFolded() throws IOException {
    Model trained = Fixtures.model();
    Weights folded = trained.weights().folded(trained.network());
    Model model =
        new Model(
            trained.network(),
            folded,
            trained.preprocessing(),
            trained.labels(),
            trained.metadata());
    Path path = folder.resolve("model.safetensors");

    ModelFile.write(path, model);
    byte[] bytes = Files.readAllBytes(path);
    Model read = ModelFile.read(path.toString(), bytes);

    assertThat(Safetensors.read(path).tensors()).hasSize(28 * 2);
    assertThat(Safetensors.read(path).metadata()).containsEntry("weights", "folded");
    assertThat(read.weights()).isInstanceOf(Weights.Folded.class);
    for (Parameter p : folded.parameters(model.network())) {
      assertThat(read.weights().get(p)).as(p.name()).isEqualTo(folded.get(p));
    }
    Fixtures.assertLogits(read);
    ModelFile.write(path, read);
    assertThat(path).hasBinaryContent(bytes);
  }

  /** As files of folded weights were before. */
  @Test
  void readsFoldedWeightsThatWereWrittenWithBatchNorm() {
    Model trained = Fixtures.model();
    MobileNetV1 network = trained.network();
    Weights.Folded folded = trained.weights().folded(network);
    Path path = folder.resolve("model.safetensors");
    ModelFile.write(
        path,
        new Model(
            network,
            folded.withBatchNorm(network),
            trained.preprocessing(),
            trained.labels(),
            trained.metadata()));

    Weights read = ModelFile.read(path).weights();

    assertThat(read).isInstanceOf(Weights.Trained.class);
    for (Parameter p : network.foldedParameters()) {
      assertThat(read.folded(network).get(p)).as(p.name()).isEqualTo(folded.get(p));
    }
  }

  @Test
  void halvesTheKernelsOnly() throws IOException {
    Model model = Fixtures.model();
    Path path = folder.resolve("model.safetensors");

    ModelFile.write(path, model, DataType.F16);
    Model read = ModelFile.read(path);

    for (Parameter p : model.network().parameters()) {
      float[] original = model.weights().get(p);
      float[] found = read.weights().get(p);
      for (int i = 0; i < original.length; i++) {
        float expected =
            p.role() == Role.KERNEL
                ? Float.float16ToFloat(Float.floatToFloat16(original[i]))
                : original[i];
        assertThat(found[i]).as(p.name()).isEqualTo(expected, within(0f));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mobilenet4j | 4 | metadata mobilenet4j is 4, expected one of [1, 2, 3]",
        "stem_stride | 3 | stride of the stem is 3",
        "channels | three | metadata channels is three, expected a whole number",
        "channels | 1 | stem.kernel has shape [3, 3, 3, 8], expected [3, 3, 1, 8]",
        "others | 1 | classifier.kernel has shape [8, 3], expected [8, 4]",
        "others | -1 | outputs for other things is -1 beside 3 classes under SOFTMAX",
        "others | 2147483647 | network is about",
        "hidden | 7 | missing hidden.bias",
        "classifier_activation | tanh | metadata classifier_activation is tanh, expected one of",
        "architecture | mobilenet_v2 | metadata architecture is mobilenet_v2",
        "width_multiplier | wide | metadata width_multiplier is wide, expected a number",
        "width_multiplier | NaN | width multiplier is NaN",
        "width_multiplier | 1 | stem.kernel has shape [3, 3, 3, 8], expected [3, 3, 3, 32]",
        "height | 31 | input height is 31",
        "height | 1e9 | metadata height is 1e9, expected a whole number",
        "classes | 4 | classifier.kernel has shape [8, 3], expected [8, 4]",
        "classes | 2147483647 | network is about",
        "activation | gelu | metadata activation is gelu, expected one of [relu, relu6]",
        "body | standard | missing block1.standard.kernel",
        "labels | [\"a\"] | 1 labels for 3 classes",
        "labels | [1,2,3] | metadata labels is [1,2,3], expected a list of strings",
        "labels | [\"a\" | labels: JSON at character 4",
        "facts | {\"a\":1} | metadata facts is {\"a\":1}, expected a map from string to string",
        "mean | [1,2] | mean is [1.0, 2.0]",
        "dropout | | metadata has no dropout",
        "weights | trained | metadata weights is trained, expected one of [folded, quantized]",
        "weights | folded | missing stem.bias [8]",
        "weights | quantized | metadata has no quantization",
      })
  void namesTheFieldThatIsWrong(String key, String value, String message) {
    Safetensors good = Fixtures.modelFile();
    Map<String, String> metadata = new HashMap<>(good.metadata());
    if (value == null) {
      metadata.remove(key);
    } else {
      metadata.put(key, value);
    }
    Safetensors bad = new Safetensors("some.safetensors", metadata, good.tensors());

    assertThatThrownBy(() -> ModelFile.read(bad, ReadLimits.standard()))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("some.safetensors: ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"I8, true, true", "I8, false, false", "U8, false, false", "U8, true, true"})
  void integersComeBackAsTheyAre(DataType type, boolean perChannel, boolean mean)
      throws IOException {
    Model model = Fixtures.quantized(type, perChannel, mean);
    Path path = folder.resolve("model.safetensors");

    ModelFile.write(path, model);
    byte[] bytes = Files.readAllBytes(path);
    Model read = ModelFile.read(path.toString(), bytes);

    assertThat(read.network()).isEqualTo(model.network());
    Weights.Quantized expected = (Weights.Quantized) model.weights();
    Weights.Quantized found = (Weights.Quantized) read.weights();
    assertThat(found.type()).isEqualTo(expected.type());
    assertThat(found.input()).isEqualTo(expected.input());
    assertThat(found.ends()).isEqualTo(expected.ends());
    for (Layer layer : model.network().layers()) {
      assertThat(found.layer(layer)).usingRecursiveComparison().isEqualTo(expected.layer(layer));
    }
    ModelFile.write(path, read);
    assertThat(path).hasBinaryContent(bytes);
    assertThatThrownBy(() -> ModelFile.write(path, model, DataType.F16))
        .hasMessage("the kernels are integers of 8 bits, they are not written as F16");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"activations\":\"i8\" | \"activations\":\"f32\" | activations are of type F32, expected"
            + " U8 or I8",
        "\"activations\":\"i8\" | \"activations\":\"u8\" | the input has zero point -1, expected"
            + " one of U8",
        "\"input_type\":\"i8\" | \"input_type\":\"i16\" | types I16 and I8, expected of [U8, I8,"
            + " F32]",
        "\"mean\":true | \"mean\":1 | quantization.mean is 1, expected boolean",
        "\"mean\":true, | '' | quantization.mean is missing",
        "\"product\":\"double\" | \"product\":\"triple\" | product is triple, expected single or"
            + " double",
        "\"zero_point\":0 | \"zero_point\":128 | stem: the kernel's zero point is 128, expected"
            + " -128 to 127",
        "\"zero_point\":0 | \"zero_point\":1e3 | zero_point is 1000.0, expected int",
        "\"scale\":0 | \"scale\":-0 | expected a scale > 0",
        "\"stem\":{ | \"tail\":{ | quantization.layers.stem is null, expected an object",
        "\"stem\":{ | \"tail\":{},\"stem\":{ | quantization.layers has 29 layers, expected 28",
      })
  void namesTheQuantisationThatIsWrong(String good, String bad, String message) {
    Safetensors file = quantizedFile();
    Map<String, String> metadata = new HashMap<>(file.metadata());
    String text = metadata.get("quantization");
    int at = text.indexOf(good);
    assertThat(at).isNotNegative();
    metadata.put("quantization", text.substring(0, at) + bad + text.substring(at + good.length()));
    assertThatThrownBy(() ->
            ModelFile.read(
                new Safetensors("some", metadata, file.tensors()), ReadLimits.standard()))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("some: ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stem.scales | F32 | 7 | stem.scales has shape [7], expected [8]",
        "stem.scales | I32 | 8 | stem.scales is of type I32, expected F32",
        "stem.bias | F32 | 8 | stem.bias is of type F32, expected I32",
        "stem.other | F32 | 8 | unexpected stem.other",
        "classifier.kernel | F32 | 24 | classifier.kernel has shape [24], expected [8, 3]",
      })
  void namesTheTensorThatIsWrong(String name, DataType type, int length, String message) {
    Safetensors file = quantizedFile();
    Map<String, Tensor> tensors = new HashMap<>(file.tensors());
    tensors.put(
        name, new Tensor(type, List.of(length), ByteBuffer.allocate(length * type.bytes())));
    assertThatThrownBy(() ->
            ModelFile.read(
                new Safetensors("some", file.metadata(), tensors), ReadLimits.standard()))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(message);
  }

  private static Safetensors quantizedFile() {
    return Safetensors.read(
        "quantized", Fixtures.bytesOf(Fixtures.quantized(DataType.I8, true, true)));
  }
}
