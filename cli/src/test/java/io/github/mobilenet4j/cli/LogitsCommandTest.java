package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogitsCommandTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(64).classes(5).build();

  @TempDir Path folder;

  @BeforeEach
  void model() {
    ModelFile.write(
        folder.resolve("model.safetensors"), Untrained.model(NETWORK, Labels.numbered(5).names()));
  }

  private Run logits(String tensor, List<Integer> shape, float... x) {
    Safetensors.write(
        folder.resolve("in.safetensors"),
        Map.of(),
        Map.of(tensor, Tensor.of(DataType.F32, shape, x)));
    return Run.of(
        "logits",
        "--model",
        folder + "/model.safetensors",
        "--input",
        folder + "/in.safetensors",
        "--output",
        folder + "/out.safetensors");
  }

  private Tensor output() {
    return Safetensors.read(folder.resolve("out.safetensors")).tensors().get("logits");
  }

  @Test
  void eachPictureHasTheLogitsThatItHasAlone() {
    int size = 3 * 33 * 47;
    float[] x = new float[18 * size];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat(-1, 1);
    }
    assertThat(logits("x", List.of(18, 3, 33, 47), x)).isEqualTo(new Run(0, "", ""));
    assertThat(output().shape()).containsExactly(18, 5);
    float[] together = output().floats();

    float[] last = Arrays.copyOfRange(x, 17 * size, 18 * size);
    assertThat(logits("x", List.of(1, 3, 33, 47), last).exitCode()).isZero();
    assertThat(output().floats()).isEqualTo(Arrays.copyOfRange(together, 17 * 5, 18 * 5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "y | 1,3,32,32 | there is no tensor x, but [y]",
        "x | 3,32,32   | tensor x is F32 [3, 32, 32], expected F32 [N, 3, H, W]",
        "x | 1,32,32,3 | tensor x is F32 [1, 32, 32, 3], expected F32 [N, 3, H, W]",
        "x | 0,3,32,32 | tensor x is F32 [0, 3, 32, 32], expected F32 [N, 3, H, W]",
        "x | 1,3,31,32 | input height is 31, expected >= 32"
      })
  void refusesOtherTensors(String tensor, String dimensions, String message) {
    List<Integer> shape = Arrays.stream(dimensions.split(",")).map(Integer::valueOf).toList();
    Run run = logits(tensor, shape, new float[shape.stream().reduce(1, (a, b) -> a * b)]);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains(message).hasLineCount(1);
    assertThat(folder.resolve("out.safetensors")).doesNotExist();
  }
}
