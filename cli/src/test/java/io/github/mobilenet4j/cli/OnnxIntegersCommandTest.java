package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Npy;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Integers to ONNX and back, through the commands. */
class OnnxIntegersCommandTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.1).resolution(64).classes(3).build();

  @TempDir Path folder;
  private String integers;
  private String images;

  @BeforeEach
  void quantize() {
    Path floats = folder.resolve("floats.safetensors");
    ModelFile.write(floats, Untrained.model(NETWORK, List.of("red", "green", "blue")));
    integers = path("integers.safetensors");
    images = ColouredFolders.write(folder.resolve("images"), 3).toString();
    done("quantize", floats.toString(), integers, "--images", images);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private static String done(String... arguments) {
    Run run = Run.of(arguments);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    return run.out();
  }

  private String logits(String model) {
    Path x = folder.resolve("x.npy");
    float[] values = new float[3 * 64 * 64];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % 255 - 127) / 128f;
    }
    Npy.write(x, Tensor.of(DataType.F32, List.of(1, 3, 64, 64), values));
    done("logits", "--model", model, "--input", x.toString(), "--output", path("y.npy"));
    return List.of(Npy.read(folder.resolve("y.npy")).floats()[0]).toString();
  }

  @Test
  void goThereAndBack() {
    String unsigned = path("unsigned.onnx");
    String signed = path("signed.onnx");
    assertThat(done("export", integers, unsigned)).contains("float32", "weights: integers; ONNX");
    done("export", "--signed-kernels", integers, signed);
    assertThat(done("verify", unsigned, "--against", signed, "--images", images))
        .contains("They agree.");
    assertThat(logits(unsigned)).isEqualTo(logits(signed));
    assertThat(
            done("verify", integers, "--against", unsigned, "--images", images, "--tolerance", "1"))
        .contains(
            "integers, rounded as TensorFlow Lite does", "integers, rounded as ONNX Runtime does");
    assertThat(done("info", "--model", unsigned))
        .contains("int8, per channel")
        .doesNotContain("read as the floats");
    assertThat(done("convert", unsigned, path("b.tflite"))).contains("do not round alike");
    done("verify", integers, "--against", path("b.tflite"), "--images", images);
    done("classify", "--precision", "int8", "--model", unsigned, images);
    assertThat(Run.of("export", "--signed-kernels", integers, path("a.tflite")).exitCode())
        .isEqualTo(2);
  }

  @Test
  void areToldOfWhereTheyAreFloats() throws IOException {
    Path path = folder.resolve("model.onnx");
    done("export", integers, path.toString());
    byte[] bytes = Files.readAllBytes(path);
    // The scales of a bias stand behind its second name.
    String scale = "stem.bias.scaleJ";
    int at = new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf(scale) + scale.length();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(at + 1, 1);
    Files.write(path, bytes);
    Run info = Run.of("info", "--model", path.toString());
    assertThat(info.exitCode()).isZero();
    assertThat(info.err())
        .contains("its integers are read as the floats that they stand for: node");
    assertThat(info.out()).contains("integers").contains("has a bias of another scale");
    Run classify = Run.of("classify", "--precision", "int8", "--model", path.toString(), images);
    assertThat(classify.exitCode()).isEqualTo(1);
    assertThat(classify.err()).contains("do not run as such", "another scale", "quantize makes");
  }
}
