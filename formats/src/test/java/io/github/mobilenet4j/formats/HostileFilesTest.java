package io.github.mobilenet4j.formats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.Cost;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReadLimits.Limit;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.RandomWeights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files in which everything is legal but the amounts: what is mentioned once more, or announced, or
 * compressed, costs a file next to nothing, and a careless reader gigabytes or minutes.
 */
class HostileFilesTest {
  @Test
  void aFileDoesNotDecideOverTheSizeOfTheInput(@TempDir Path folder) {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.5).input(64, 5000).build();
    Model large =
        new Model(
            network,
            RandomWeights.of(network, 1),
            Preprocessing.TENSORFLOW,
            Labels.numbered(network.classes()),
            Map.of());
    Path path = folder.resolve("large.safetensors");
    ModelFile.write(path, large);
    assertThat(Cost.ofRefusing(() -> Models.read(path)))
        .isEqualTo(
            path
                + ": the model has 5000 columns, expected at most 4096"
                + " (-Dmobilenet4j.limits.inputSide allows more)");
    assertThatThrownBy(() -> ModelFile.read(path)).hasMessageContaining("5000 columns");
    ReadLimits limits = ReadLimits.DEFAULT.with(Limit.INPUT_SIDE, 5000);
    Model model = Models.read(path, limits);
    assertThat(model.network().width()).isEqualTo(5000);
    assertThat(ModelFile.read(path, limits).network()).isEqualTo(model.network());
    assertThatThrownBy(() -> Models.read(path, limits.with(Limit.ACTIVATION_BYTES, 1 << 20)))
        .hasMessageContaining("bytes of activations for one image, expected at most 1048576");
    assertThatThrownBy(() -> Models.read(path, limits.with(Limit.WEIGHT_BYTES, 1 << 20)))
        .hasMessageContaining("bytes of weights, expected at most 1048576");
  }

  @Test
  void messagesAreShort(@TempDir Path folder) throws Exception {
    String name = "N".repeat(2_000_000);
    String header =
        "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}".formatted(name);
    ByteBuffer file = ByteBuffer.allocate(12 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(header.length()).put(header.getBytes(ISO_8859_1));
    Path path = folder.resolve("name.safetensors");
    Files.write(path, file.array());
    assertThat(Cost.ofRefusing(() -> Models.read(path))).hasSizeLessThan(1000);
  }
}
