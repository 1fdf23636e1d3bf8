package io.github.mobilenet4j.formats.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.formats.tflite.TfliteFormatTest;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.WritableGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KerasFormatTest {
  private static final String RESCALING =
      """
      {"module": "keras.layers", "class_name": "Rescaling", "config": {"name": "any_2", "dtype":\
       "float32", "scale": 0.00784313725490196, "offset": -1}, "registered_name": null}\
      """;

  /** As Keras 3 writes {@code x / 127.5}. */
  private static final String OPERATOR =
      """
      {"module": "keras.src.ops.numpy", "class_name": "%s", "config": {"name": "%s"},\
       "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history":\
       ["before", 0, 0]}}, %s], "kwargs": {}}]}\
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "applications.h5, ASYMMETRIC",
    "applications.weights.h5, ASYMMETRIC",
    "whole.h5, SAME",
    "sequential.keras, SAME",
    "transfer.keras, SAME",
    "transfer.h5, SAME"
  })
  void givesTheLogitsOfItsOrigin(String file, Padding padding) {
    Model read = Models.read(Fixtures.path("keras", file));
    // That of weights alone is taken to be the applications', the network was one of TensorFlow.
    Model model = read.withPadding(Padding.SAME);

    assertThat(read.network().padding()).isEqualTo(padding);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU6);
    assertThat(model.network().epsilon()).isEqualTo(1e-3);
    assertThat(model.preprocessing()).isEqualTo(Preprocessing.TENSORFLOW);
    Fixtures.assertLogits(model, "hugging_face");
  }

  /** What Keras computes behind the layers in front. */
  @ParameterizedTest
  @CsvSource({
    "hidden.keras, SOFTMAX, 6, SQUASH, 0.478723, 0.294241",
    "sigmoid.h5, SIGMOID, 0, RESIZE_THEN_CROP, 0.392157, 0.0277296",
    "binary.keras, BINARY, 0, RESIZE_THEN_CROP, 0.5, 0.5",
    // Two fully connected layers without an activation between them are one.
    "linear.keras, SOFTMAX, 0, RESIZE_THEN_CROP, 0.5, 0.5",
  })
  void headsGiveTheProbabilitiesOfKeras(
      String file,
      ClassifierActivation activation,
      int hidden,
      Preprocessing.Crop crop,
      double mean,
      double std) {
    Map<String, Tensor> expected =
        Safetensors.read(Fixtures.path("keras", "heads.safetensors")).tensors();
    Model model = Models.read(Fixtures.path("keras", file));

    assertThat(model.network().head().activation()).isEqualTo(activation);
    assertThat(model.network().head().hidden()).isEqualTo(hidden);
    assertThat(model.network().height()).isEqualTo(33);
    assertThat(model.preprocessing().crop()).isEqualTo(crop);
    assertThat(model.preprocessing().mean().getFirst()).isCloseTo(mean, within(1e-5));
    assertThat(model.preprocessing().std().getFirst()).isCloseTo(std, within(1e-5));
    Tensor y = expected.get(file.replaceFirst("\\..*", ""));
    int outputs = y.shape().getLast();
    for (int n = 0; n < 2; n++) {
      double[] logits =
          ReferenceForward.logits(
              model.network(), model.weights(), Nhwc.image(expected.get("x"), n));
      assertThat(logits).hasSize(outputs);
      float[] floats = new float[outputs];
      for (int k = 0; k < outputs; k++) {
        floats[k] = (float) logits[k];
      }
      float[] probabilities = activation.probabilities(floats);
      for (int k = 0; k < outputs; k++) {
        int of = activation == ClassifierActivation.BINARY ? 1 : k;
        assertThat(probabilities[of]).isCloseTo(y.floats()[n * outputs + k], within(1e-5f));
      }
    }
  }

  /** The file in an archive is the one that {@code save_weights} writes. */
  @ParameterizedTest
  @CsvSource({"sequential.keras, ASYMMETRIC", "transfer.keras, SAME"})
  void weightsAloneAreCounted(String archive, Padding padding) throws IOException {
    Path path = folder.resolve("model.weights.h5");
    Files.write(path, entry(archive, "model.weights.h5"));
    Model model = Models.read(path);
    assertThat(model.network().padding()).isEqualTo(padding);
    Fixtures.assertLogits(model.withPadding(Padding.SAME), "hugging_face");
  }

  /** Of any size, or made for another, at a size with odd sides on the way. */
  @ParameterizedTest
  @CsvSource({
    "applications.keras, SAME, ASYMMETRIC",
    "applications.weights.h5, SAME, ASYMMETRIC",
    "applications.tflite, SAME, ASYMMETRIC",
    "applications.pb, SAME, ASYMMETRIC",
    "older.keras, ASYMMETRIC, ASYMMETRIC",
    "older.weights.h5, ASYMMETRIC, ASYMMETRIC",
    "older.tflite, ASYMMETRIC, ASYMMETRIC",
    "older.pb, ASYMMETRIC, ASYMMETRIC",
    "same.keras, SAME, SAME",
    "same.weights.h5, SAME, SAME",
    "same.tflite, SAME, SAME",
    "same.pb, SAME, SAME",
  })
  void paddingIsThatOfAnySize(String file, Padding stem, Padding blocks) throws IOException {
    Fixtures.unzip(Fixtures.path("keras", "padding.zip"), folder);
    Map<String, Tensor> expected =
        Safetensors.read(Fixtures.path("keras", "padding.safetensors")).tensors();
    Tensor x = Safetensors.read(Fixtures.path("keras", "heads.safetensors")).tensors().get("x");
    Model model = Models.read(folder.resolve(file)).withInput(33, 47);

    assertThat(model.network().convolutions().stemPadding()).isEqualTo(stem);
    assertThat(model.network().padding()).isEqualTo(blocks);
    double[] found = ReferenceForward.logits(model.network(), model.weights(), Nhwc.image(x, 0));
    float[] logits = expected.get(file.replaceFirst("\\..*", "")).floats();
    for (int k = 0; k < found.length; k++) {
      assertThat(found[k]).isCloseTo(logits[k], within(1e-5));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"offset\": -1           | \"offset\": -1             | 0.5 0.5 0.5       | 0.5 0.5 0.5",
        "0.00784313725490196, \"offset\": -1 | 0.00392156862745098, \"offset\": 0.0 | 0 0 0 | 1 1"
            + " 1",
        "0.00784313725490196, \"offset\": -1 | [0.01712475383, 0.0175070028, 0.0174291938],"
            + " \"offset\": [-2.1179, -2.0357, -1.8044] | 0.485 0.456 0.406 | 0.229 0.224 0.225",
        "0.00784313725490196 | {\"class_name\": \"__numpy__\", \"config\": {\"value\": [0.004,"
            + " 0.004, 0.008]}} | 0.98039216 0.98039216 0.49019608 | 0.98039216 0.98039216"
            + " 0.49019608",
      })
  void rescalingIsPreprocessing(String text, String replacement, String mean, String std)
      throws IOException {
    Path path = folder.resolve("changed.keras");
    Files.write(path, changed("transfer.keras", text, replacement));
    Model model = Models.read(path);
    assertNumbers(model.preprocessing().mean(), mean);
    assertNumbers(model.preprocessing().std(), std);
    assertThat(model.metadata()).doesNotContainKey("preprocessing");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TrueDivide 127.5; Subtract 1 | 0.5 | 0.5",
        "Multiply 0.00392156862745098 | 0   | 1",
        "Add -127.5; TrueDivide 127.5 | 0.5 | 0.5",
      })
  void arithmeticIsPreprocessing(String operators, String mean, String std) throws IOException {
    String layers =
        Arrays.stream(operators.split("; "))
            .map(operator -> operator.split(" "))
            .map(operator ->
                String.format(Locale.ROOT, OPERATOR, operator[0], operator[0], operator[1]))
            .collect(Collectors.joining(", "));
    Path path = folder.resolve("changed.keras");
    Files.write(path, changed("transfer.keras", RESCALING, layers));
    Model model = Models.read(path);
    assertNumbers(model.preprocessing().mean(), mean);
    assertNumbers(model.preprocessing().std(), std);
  }

  private static void assertNumbers(List<Double> found, String expected) {
    String[] numbers = expected.split(" ");
    for (int i = 0; i < numbers.length; i++) {
      assertThat(found.get(i)).isCloseTo(Double.parseDouble(numbers[i]), within(1e-5));
    }
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
        "[null, 33, 47, 3] | [null, 33, 47, 2] | input has shape [null, 33, 47, 2], expected",
        "channels_last | channels_first | layer any_1 (Conv2D) has its channels first",
        "\"strides\": [2, 2] | \"strides\": [3, 3] | layer any_1 (Conv2D) has strides [3, 3]",
        "\"strides\": [2, 2] | \"strides\": \"x\" | strides is x, expected a list of numbers",
        "\"Sequential\", \"config\" | \"Sequential\", \"x\" | has no list of layers",
        "\"use_bias\": false | \"use_bias\": true | layer any_1 (Conv2D) has no bias in the file",
      })
  void namesTheLayerThatDoesNotFit(String text, String replacement, String fault)
      throws IOException {
    Path path = folder.resolve("changed.keras");
    Files.write(path, changed("sequential.keras", text, replacement));
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(fault);
  }

  @Test
  void refusesWhatIsNoModel() throws IOException {
    Path path = folder.resolve("broken.h5");
    byte[] whole = Files.readAllBytes(Fixtures.path("keras", "applications.h5"));
    Files.write(path, Arrays.copyOf(whole, 500));
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": broken HDF5: ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"offset\": -1 | \"offset\": \"x\"  | offset is x, expected a list of numbers",
        "\"offset\": -1 | \"offset\": [1, 2] | layer any_2 (Rescaling) has offset [1.0, 2.0]",
        "\"scale\": 0.0 | \"scale\": -0.0    | std is [-0.5, -0.5, -0.5], expected as",
        "\"RandomFlip\" | \"Add\"            | layer any_1 (Add) (Add) has no number for its"
            + " second",
        "\"Dropout\"    | \"Rescaling\"      | layer any_5 (Rescaling) is not in front of the",
        "\"keras_history\": [\"any_1\" | \"keras_history\": [\"any_0\" | layer any_2 (Batch"
            + "Normalization) takes [any_0], expected only any_1",
      })
  void namesTheLayerOfAModelInAModel(String text, String replacement, String fault)
      throws IOException {
    Path path = folder.resolve("changed.keras");
    Files.write(path, changed("transfer.keras", text, replacement));
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(fault);
  }

  @Test
  void weightsAloneOfAnotherNetworkAreRefused() {
    assertRefused("holds no configuration and no layers", Map.of());
    assertRefused(
        "/layers/conv2d/, stem, has 2 variables, expected [kernel]",
        Map.of("conv2d", List.of(new float[3][3][3][8], new float[8])));
    List<Object> dense = List.of(new float[8][8], new float[8]);
    assertRefused(
        "has /layers/dense_1/, for which a MobileNet V1 has no place",
        Map.of("dense", dense, "dense_1", dense));
    assertRefused("tensors have names of a MobileNet V1 in any", Map.of("dense", dense));
  }

  private void assertRefused(String fault, Map<String, List<Object>> layers) {
    Path path = folder.resolve(layers.keySet() + ".weights.h5");
    try (WritableHdfFile file = HdfFile.write(path)) {
      // The library cannot read an empty group of its own beside another.
      WritableGroup group = file.putGroup(layers.isEmpty() ? "vars" : "layers");
      layers.forEach((name, variables) -> {
        WritableGroup vars = group.putGroup(name).putGroup("vars");
        for (int i = 0; i < variables.size(); i++) {
          vars.putDataset("" + i, variables.get(i));
        }
      });
    }
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(fault);
  }

  private static byte[] entry(String archive, String name) throws IOException {
    try (ZipFile zip = new ZipFile(Fixtures.path("keras", archive).toFile())) {
      return zip.getInputStream(zip.getEntry(name)).readAllBytes();
    }
  }

  private static byte[] changed(String archive, String text, String replacement)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipFile zip = new ZipFile(Fixtures.path("keras", archive).toFile());
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
