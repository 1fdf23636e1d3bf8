package io.github.mobilenet4j.formats.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What src/test/python/onnx_files.py wrote: ways in which people export a network. */
class OnnxFilesTest {
  private static final Map<String, Tensor> EXPECTED =
      Safetensors.read(Fixtures.path("onnx", "expected.safetensors")).tensors();
  private static final String DATA = "dynamo.onnx.data";

  @TempDir private Path folder;

  private static Path path(String name) {
    return Fixtures.path("onnx", name + ".onnx");
  }

  private enum Ends {
    LOGITS,
    PROBABILITIES,
    LOGARITHMS
  }

  @ParameterizedTest
  @CsvSource({
    "dynamo, LOGITS, 1e-4",
    "symbolic, LOGITS, 1e-4",
    "pixels, LOGITS, 1e-4",
    "fractions, LOGITS, 1e-4",
    "uint8, LOGITS, 1e-4",
    "log_softmax, LOGARITHMS, 1e-4",
    "sigmoid, PROBABILITIES, 1e-4",
    "binary, PROBABILITIES, 1e-4",
    "hidden, PROBABILITIES, 1e-4",
    "unsorted, LOGITS, 1e-4",
    "grey, LOGITS, 1e-4",
    "qdq_channel, LOGITS, 1e-4",
    "qdq_tensor, LOGITS, 1e-4",
    "qdq_six, LOGITS, 1e-3",
    // ONNX Runtime computes these in float16 as well.
    "typed, LOGITS, 5e-3",
  })
  void imagesGiveOnnxRuntimesOutputs(String name, Ends ends, double tolerance) {
    Tensor images = EXPECTED.get("x");
    Model model = Models.read(path(name)).withInput(images.shape().get(2), images.shape().get(3));
    MobileNetV1 network = model.network();
    // A file says what it does to images, or nothing: then it is fed what PyTorch's usually are.
    Preprocessing preprocessing = Preprocessing.IMAGENET;
    if (model.metadata().containsKey(Model.PREPROCESSING)) {
      assertThat(name).isNotIn("pixels", "fractions", "uint8");
    } else {
      preprocessing = model.preprocessing();
    }
    float[] pixels = images.floats();
    float[] expected = EXPECTED.get(name + ".y").floats();
    int area = network.height() * network.width();
    int channels = network.channels();
    for (int n = 0; n < 2; n++) {
      double[] x = new double[area * channels];
      for (int i = 0; i < x.length; i++) {
        int c = i % channels;
        double v = pixels[(n * 3 + c) * area + i / channels] / 255.0;
        x[i] = (v - preprocessing.mean().get(c)) / preprocessing.std().get(c);
      }
      double[] y = found(network, ReferenceForward.logits(network, model.weights(), x), ends);
      for (int k = 0; k < y.length; k++) {
        assertThat(y[k]).as("%s %s", n, k).isCloseTo(expected[n * y.length + k], within(tolerance));
      }
    }
  }

  private static double[] found(MobileNetV1 network, double[] logits, Ends ends) {
    return switch (ends) {
      case LOGITS -> logits;
      case LOGARITHMS -> DoubleStream.of(ReferenceForward.softmax(logits)).map(Math::log).toArray();
      case PROBABILITIES ->
          network.head().activation() == ClassifierActivation.SOFTMAX
              ? ReferenceForward.softmax(logits)
              : DoubleStream.of(logits).map(z -> 1 / (1 + Math.exp(-z))).toArray();
    };
  }

  @Test
  void whatStandsInFrontAndBehindIsOfTheModel() {
    for (String name : new String[] {"pixels", "fractions", "uint8"}) {
      assertThat(Models.read(path(name)).preprocessing())
          .isEqualTo(
              Preprocessing.UNIT.withNormalization(
                  Preprocessing.IMAGENET.mean(), Preprocessing.IMAGENET.std()));
    }
    assertThat(Models.read(path("hidden")).network().head().hidden()).isEqualTo(6);
    assertThat(Models.read(path("binary")).network().classes()).isEqualTo(2);
    assertThat(Models.read(path("sigmoid")).network().head().activation())
        .isEqualTo(ClassifierActivation.SIGMOID);
    assertThat(Models.read(path("qdq_six")).network().activation()).isEqualTo(Activation.RELU6);
    assertThat(Models.read(path("symbolic")).network().input()).hasToString("224×224×3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "argmax | (ArgMax /ArgMax) leaves the best classes alone: end the model with logits",
        "two_outputs | the graph has 2 outputs, [",
        "operator | computes in integers: quantize with QuantFormat.QDQ, or read the float model",
        "dynamic | quantises as it runs: read the float model that this one was made of",
        "optimised | is an operator of com.microsoft.nchwc: read the model as it was before",
      })
  void saysWhatToBringInstead(String name, String advice) {
    assertThatThrownBy(() -> Models.read(path(name)))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(advice);
  }

  /** Returns a copy of the model that has its values in a file of another name, as long. */
  private Path withLocation(String location) throws IOException {
    assertThat(location).hasSameSizeAs(DATA);
    String content = new String(Files.readAllBytes(path("dynamo")), StandardCharsets.ISO_8859_1);
    return Files.write(
        folder.resolve("dynamo.onnx"),
        content.replace(DATA, location).getBytes(StandardCharsets.ISO_8859_1));
  }

  private void assertRefused(Path path, String says) {
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": tensor ")
        .hasMessageContaining(says);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/../hostname",
        "../../etc/passwd",
        "a/../dynamo.data",
        "..\\windows\\datas",
        "C:\\windows\\datas",
        "................",
        "                ",
      })
  void valuesLieBesideTheModel(String location) throws IOException {
    Path path = withLocation(location);
    boolean name = location.startsWith("....");
    assertRefused(path, name ? "which is not there" : "expected the name of a file beside");
  }

  @Test
  void linksLeadNowhereElse() throws IOException {
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Path data = Files.copy(path("dynamo").resolveSibling(DATA), elsewhere.resolve("blob"));
    Path path = withLocation(DATA);
    assertRefused(path, "dynamo.onnx.data, which is not there: it belongs beside the model");
    Path beside = folder.resolve(DATA);
    Files.createSymbolicLink(beside, data);
    assertRefused(path, "leads out of the model's folder");

    // As a download cache has it: both are links into one folder.
    Path blob = Files.move(path, elsewhere.resolve("other"));
    Files.createSymbolicLink(path, blob);
    assertThat(Models.read(path).network().classes()).isEqualTo(5);

    Files.delete(beside);
    Files.createDirectory(beside);
    assertRefused(path, "which is not there");
  }

  @Test
  void valuesAreAsManyAsTheShapeSays() throws IOException {
    byte[] values = Files.readAllBytes(path("dynamo").resolveSibling(DATA));
    Path path = withLocation(DATA);
    Files.write(folder.resolve(DATA), Arrays.copyOf(values, values.length - 1));
    assertRefused(path, "in dynamo.onnx.data of " + (values.length - 1) + " bytes");
    Files.write(folder.resolve(DATA), new byte[0]);
    assertRefused(path, "of 0 bytes");
  }

  @Test
  void contentWithoutAFileHasNothingBesideIt() throws IOException {
    byte[] content = Files.readAllBytes(path("dynamo"));
    assertThatThrownBy(() -> OnnxFormat.read("bytes", content, ReadLimits.standard()))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("has its values in dynamo.onnx.data: read the model from its file");
  }
}
