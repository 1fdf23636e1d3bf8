package io.github.mobilenet4j.formats.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What src/test/python/tensorflow_files.py wrote: files of TensorFlow 2.21. */
public class TensorFlowFormatTest {
  private static final Map<String, Tensor> EXPECTED =
      Safetensors.read(Fixtures.path("tensorflow", "expected.safetensors")).tensors();

  @TempDir Path folder;

  /** Unpacks a golden file and returns the frozen graph, or the folder of the SavedModel. */
  public static Path unpack(String name, Path folder) throws IOException {
    Fixtures.unzip(Fixtures.path("tensorflow", name + ".zip"), folder);
    Path frozen = folder.resolve(name + ".pb");
    return Files.exists(frozen) ? frozen : folder.resolve(name);
  }

  private Model read(String name) throws IOException {
    return Models.read(unpack(name, folder));
  }

  @ParameterizedTest
  @CsvSource({
    "slim, false",
    "bytes, true",
    "arithmetic, false",
    "padded, false",
    "grey, false",
    "open, false",
    "keras_top, false",
    "session, false",
    "resource, false",
    "exported, true",
    "saved, false"
  })
  void imagesGiveTensorFlowsOutputs(String name, boolean scales) throws IOException {
    Model model = read(name).withInput(64, 64);
    MobileNetV1 network = model.network();
    int channels = network.channels();
    Preprocessing preprocessing =
        scales ? model.preprocessing() : Preprocessing.TENSORFLOW.forChannels(channels);
    float[] pixels = EXPECTED.get("pixels").floats();
    double[] x = new double[pixels.length / 3 * channels];
    for (int i = 0; i < x.length; i++) {
      int c = i % channels;
      double value = pixels[i / channels * 3 + c] / 255.0;
      x[i] = (value - preprocessing.mean().get(c)) / preprocessing.std().get(c);
    }
    double[] y = ReferenceForward.logits(network, model.weights(), x);
    y =
        network.head().activation() == ClassifierActivation.BINARY
            ? new double[] {1 / (1 + Math.exp(-y[0]))}
            : ReferenceForward.softmax(y);
    float[] expected = EXPECTED.get(name + ".y").floats();
    assertThat(y).hasSize(expected.length);
    for (int k = 0; k < y.length; k++) {
      assertThat(y[k]).as("%s", k).isCloseTo(expected[k], within(1e-5 * expected[k]));
    }
  }

  @Test
  void theNetworkIsTheFiles() throws IOException {
    Model slim = read("slim");
    assertThat(slim.network().epsilon()).isEqualTo(1e-3);
    assertThat(slim.weights()).isInstanceOf(Weights.Trained.class);
    assertThat(slim.network().activation()).isEqualTo(Activation.RELU6);
    assertThat(slim.metadata()).containsEntry("format", "tensorflow frozen graph");
    Model padded = read("padded");
    assertThat(padded.network().padding()).isEqualTo(Padding.SYMMETRIC);
    assertThat(padded.network().activation()).isEqualTo(Activation.RELU);
    assertThat(read("grey").network().input()).hasToString("64×64×1");
    assertThat(read("open").network().input()).hasToString("224×224×3");
    assertThat(read("saved").network().classes()).isEqualTo(2);
    assertThat(read("exported").metadata()).containsEntry("format", "tensorflow SavedModel");
    assertThat(read("bytes").preprocessing().std()).containsExactly(0.5, 0.5, 0.5);
    assertThat(read("exported").preprocessing().mean()).containsExactly(0.5, 0.5, 0.5);
  }

  @Test
  void theGraphsOwnFileIsTheFolder() throws IOException {
    Path saved = unpack("session", folder);
    assertThat(Models.read(saved.resolve("saved_model.pb")).network())
        .isEqualTo(Models.read(saved).network());
  }

  @Test
  void aFrozenGraphIsKnownByWhatIsInIt() throws IOException {
    Path frozen = unpack("slim", folder);
    Path other = Files.copy(frozen, folder.resolve("graph"));
    assertThat(Models.read(other).network()).isEqualTo(Models.read(frozen).network());
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "saved"})
  void damagedVariablesAreRefused(String name) throws IOException {
    Path saved = unpack(name, folder);
    Path variables = saved.resolve("variables");
    Path data = variables.resolve("variables.data-00000-of-00001");
    Path index = variables.resolve("variables.index");
    byte[] bytes = Files.readAllBytes(data);
    byte[] changed = bytes.clone();
    for (int i = 0; i < changed.length; i += 4) {
      changed[i] ^= 1;
    }
    Files.write(data, changed);
    assertFault(saved, "is damaged: its values have another checksum");
    Files.write(data, Arrays.copyOf(bytes, 100));
    assertFault(saved, "in variables.data-00000-of-00001 of 100 bytes");
    Files.delete(data);
    assertFault(saved, "has its value in variables/variables.data-00000-of-00001, which is not");
    bytes = Files.readAllBytes(index);
    bytes[20] ^= 1;
    Files.write(index, bytes);
    assertFault(saved, "variables.index: is damaged: a block of it is broken or has another");
    Files.write(index, Arrays.copyOf(bytes, bytes.length - 1));
    assertFault(saved, "is no index of a checkpoint, or is cut off");
    Files.delete(index);
    assertFault(saved, "is a variable, whose value is not there: it is in variables/ beside");
  }

  private static void assertFault(Path path, String fault) {
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path.resolve("saved_model.pb") + ": ")
        .hasMessageContaining(fault);
  }

  /** Names of the same length keep a file whole. */
  @ParameterizedTest
  @CsvSource({
    "Relu6, Selu6, is not part of a MobileNet V1",
    "AvgPool, MaxPool, is not part of a MobileNet V1",
    "SAME, LAME, has padding LAME",
    "NHWC, NCHW, 'has axes NCHW, expected NHWC'",
    "Softmax, TopKV2x, is not part of a MobileNet V1",
    "BiasAdd, MatMul3, is not part of a MobileNet V1",
    "Placeholder, PlaceholdeR, 'the graph has the inputs [], expected one'",
  })
  void namesTheNodeThatDoesNotFit(String word, String other, String fault) throws IOException {
    Path frozen = unpack("slim", folder);
    String text = new String(Files.readAllBytes(frozen), StandardCharsets.ISO_8859_1);
    String changed = text.replace(word, other.substring(0, word.length()));
    assertThat(changed).isNotEqualTo(text);
    Files.write(frozen, changed.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Models.read(frozen))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(frozen + ": ")
        .hasMessageContaining(fault);
  }

  @Test
  void aGraphOfTrainingIsRefused() throws IOException {
    Path frozen = unpack("slim", folder);
    String text = new String(Files.readAllBytes(frozen), StandardCharsets.ISO_8859_1);
    String changed = text.replace("is_training", "is_traininG");
    Files.write(frozen, changed.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Models.read(frozen))
        .hasMessageContaining("normalises by the images at hand, as in training");
  }
}
