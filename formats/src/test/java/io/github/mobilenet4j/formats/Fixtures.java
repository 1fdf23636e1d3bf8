package io.github.mobilenet4j.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** What src/test/python/foreign.py wrote. */
public final class Fixtures {
  private Fixtures() {}

  public static Path path(String name) {
    return path("torch", name);
  }

  public static Path path(String folder, String name) {
    try {
      return Path.of(Fixtures.class.getResource("/" + folder + "/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public static byte[] bytes(String name) {
    try {
      return Files.readAllBytes(path(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Unpacks a zip archive into a folder. */
  public static void unzip(Path archive, Path folder) throws IOException {
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        Path file = folder.resolve(entry.getName());
        Files.createDirectories(file.getParent());
        try (InputStream in = zip.getInputStream(entry)) {
          Files.write(file, in.readAllBytes());
        }
      }
    }
  }

  /** Checks a model against PyTorch's logits of a network. */
  public static void assertLogits(Model model, String network) {
    Map<String, Tensor> expected = Safetensors.read(path("expected.safetensors")).tensors();
    Model sized = model.withInput(33, 47);
    float[] logits = expected.get(network).floats();
    for (int n = 0; n < 2; n++) {
      double[] found =
          ReferenceForward.logits(
              sized.network(), sized.weights(), Nhwc.image(expected.get("x"), n));
      for (int k = 0; k < found.length; k++) {
        assertThat(found[k]).isCloseTo(logits[n * found.length + k], within(1e-4));
      }
    }
  }
}
