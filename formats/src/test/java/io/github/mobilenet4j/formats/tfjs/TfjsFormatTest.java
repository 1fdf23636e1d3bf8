package io.github.mobilenet4j.formats.tfjs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A layers model of the weights of sigmoid.h5, whose outputs KerasFormatTest compares. */
class TfjsFormatTest {
  private static final List<String> FILES =
      List.of("model.json", "group1-shard1of2.bin", "group1-shard2of2.bin");

  @TempDir Path folder;

  @Test
  void readsWhatKerasSaves() {
    Model model = Models.read(Fixtures.path("tfjs", "model.json"));
    Model same = Models.read(Fixtures.path("keras", "sigmoid.h5"));
    assertThat(model.network()).isEqualTo(same.network());
    assertThat(model.preprocessing()).isEqualTo(same.preprocessing());
    for (Parameter p : same.network().parameters()) {
      assertThat(model.weights().get(p)).as(p.name()).isEqualTo(same.weights().get(p));
    }
    assertThat(model.metadata()).containsEntry("format", "tensorflow.js");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "group1-shard2of2.bin\"] | x.bin\"] | x.bin is not beside it: all files of the model must",
        "group1-shard2of2.bin\"] | ../x\"]  | names the file ../x, expected one in the same folder",
        "\"float32\"}            | \"x\"}    | is of type x and shape",
        "layers-model            | graph-model | is a graph model of TensorFlow.js, expected a"
            + " layers",
        "weightsManifest         | y         | is JSON without modelTopology and weightsManifest",
        "\"shape\": [3, 3, 3, 8] | \"shape\": [3, 3, 3, 9] | bytes together, expected ",
        "\"shape\": [3, 3, 3, 8] | \"shape\": [3, 3, 3] | has more bytes than the tensors in it",
      })
  void namesWhatIsWrong(String text, String replacement, String fault) throws IOException {
    for (String file : FILES) {
      Files.copy(Fixtures.path("tfjs", file), folder.resolve(file));
    }
    Path path = folder.resolve("model.json");
    String json = Files.readString(path);
    assertThat(json).contains(text);
    Files.writeString(path, json.replace(text, replacement));
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(fault);
  }

  @Test
  void aFileThatIsCutOffIsRefused() throws IOException {
    for (String file : FILES) {
      Files.copy(Fixtures.path("tfjs", file), folder.resolve(file));
    }
    Path shard = folder.resolve(FILES.getLast());
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(() -> Models.read(folder.resolve("model.json")))
        .hasMessageContaining("bytes together, expected ");
  }
}
