package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Npy;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
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

  @Test
  void pixelsAreScaledAsTheModelSays() throws IOException {
    Model model = ModelFile.read(folder.resolve("model.safetensors"));
    byte[] rgb = new byte[3 * 33 * 47];
    new SplittableRandom(1).nextBytes(rgb);
    ByteBuffer planes = ByteBuffer.allocate(rgb.length);
    float[] expected = new float[5];
    float[] x = new float[rgb.length];
    for (int c = 0; c < 3; c++) {
      for (int i = c; i < rgb.length; i += 3) {
        planes.put(rgb[i]);
      }
    }
    Tensor pixels = new Tensor(DataType.U8, List.of(1, 3, 33, 47), planes.flip());
    model.preprocessing().scale(new RgbImage(33, 47, rgb), x, 0);
    try (Session session = Session.of(model.withInput(33, 47).network(), model.weights(), 1, 1)) {
      session.run(x, 1, expected);
    }
    Path in = folder.resolve("in.npy");
    Npy.write(in, pixels);
    Run run =
        Run.of(
            "logits",
            "--model=" + folder.resolve("model.safetensors"),
            "--input=" + in,
            "--output=" + folder.resolve("out.npy"));
    assertThat(run).isEqualTo(new Run(0, "", ""));
    Tensor out = Npy.read(folder.resolve("out.npy"));
    assertThat(out.shape()).containsExactly(1, 5);
    assertThat(out.floats()).isEqualTo(expected);
    assertThat(Files.exists(folder.resolve("out.safetensors"))).isFalse();
  }

  @Test
  void refusesValuesThatAreNotFinite() {
    float[] x = new float[3 * 32 * 32];
    x[5] = Float.NaN;
    assertThat(logits("x", List.of(1, 3, 32, 32), x).err())
        .contains("in.safetensors: tensor x has the value NaN, expected finite numbers");
  }

  @Test
  void withoutClassifierAndInGreyThereAreEmbeddings() {
    MobileNetV1 network = NETWORK.toBuilder().channels(1).classes(0).build();
    ModelFile.write(
        folder.resolve("model.safetensors"),
        new Model(
            network,
            RandomWeights.of(network, 1),
            Preprocessing.UNIT.forChannels(1),
            new Labels(List.of()),
            Map.of()));
    float[] x = new float[2 * 32 * 32];
    Run refused = logits("x", List.of(2, 1, 32, 32), x);
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err())
        .contains("has no classifier; --embeddings writes its pooled features");
    Run run =
        Run.of(
            "logits",
            "--embeddings",
            "--model=" + folder.resolve("model.safetensors"),
            "--input=" + folder.resolve("in.safetensors"),
            "--output=" + folder.resolve("out.safetensors"));
    assertThat(run).isEqualTo(new Run(0, "", ""));
    assertThat(
            Safetensors.read(folder.resolve("out.safetensors")).tensors().get("embeddings").shape())
        .containsExactly(2, network.features());
    assertThat(logits("x", List.of(2, 3, 32, 32), new float[3 * x.length]).err())
        .contains("has no classifier");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "y | 1,3,32,32 | there is no tensor x, but [y]",
        "x | 3,32,32   | tensor x is F32 [3, 32, 32], expected F32 or U8 [N, 3, H, W]",
        "x | 1,32,32,3 | tensor x is F32 [1, 32, 32, 3], expected F32 or U8 [N, 3, H, W]",
        "x | 0,3,32,32 | tensor x is F32 [0, 3, 32, 32], expected F32 or U8 [N, 3, H, W]",
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
