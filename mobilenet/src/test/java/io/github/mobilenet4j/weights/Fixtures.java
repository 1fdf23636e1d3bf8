package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReferenceForward;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** What src/test/python/tiny_models.py wrote. */
final class Fixtures {
  private Fixtures() {}

  static byte[] bytes(String name) {
    try (InputStream in = Fixtures.class.getResourceAsStream("/weights/" + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Safetensors modelFile() {
    return Safetensors.read("model.safetensors", bytes("model.safetensors"));
  }

  static Model model() {
    return ModelFile.read(modelFile(), ReadLimits.standard());
  }

  /** Returns the same model with random integers. */
  static Model quantized(DataType type, boolean perChannel, boolean mean) {
    Model model = model();
    return new Model(
        model.network(),
        RandomIntegers.of(model.network(), type, perChannel, mean),
        model.preprocessing(),
        model.labels(),
        model.metadata());
  }

  /** Returns the bytes of a model's file. */
  static byte[] bytesOf(Model model) {
    try {
      Path path = Files.createTempFile("model", ".safetensors");
      try {
        ModelFile.write(path, model);
        return Files.readAllBytes(path);
      } finally {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Safetensors tutorial() {
    return Safetensors.read("tutorial.safetensors", bytes("tutorial.safetensors"));
  }

  /** Checks a model of either file against PyTorch's logits. */
  static void assertLogits(Model model) {
    Safetensors expected = Safetensors.read("expected", bytes("expected.safetensors"));
    Tensor x = expected.tensors().get("x");
    float[] logits = expected.tensors().get("logits").floats();
    for (int n = 0; n < 2; n++) {
      double[] found = ReferenceForward.logits(model.network(), model.weights(), Nhwc.image(x, n));
      float[] row = Arrays.copyOfRange(logits, n * found.length, (n + 1) * found.length);
      for (int k = 0; k < found.length; k++) {
        assertThat(found[k]).isCloseTo(row[k], within(1e-4));
      }
    }
  }
}
