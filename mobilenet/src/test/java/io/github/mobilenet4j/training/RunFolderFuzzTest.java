package io.github.mobilenet4j.training;

import io.github.mobilenet4j.Mutations;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Initialization;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderFuzzTest {
  private static final MobileNetV1 TINY =
      MobileNetV1.builder().widthMultiplier(0.01).resolution(32).classes(2).build();

  @TempDir private Path path;
  private RunFolder folder;

  @BeforeEach
  void folder() {
    folder = new RunFolder(path);
  }

  @Test
  void checkpoint() throws IOException {
    Weights weights = Initialization.HE.weights(TINY, 1);
    Progress progress = Progress.begin(3).afterStep(1, 8, 5, 0.7, 0.01);
    new Checkpoint(progress, weights, 1, Map.of("momentum.stem.kernel", new float[3]), Map.of())
        .write(folder.checkpoint(), TINY);
    Mutations.fuzz(
        List.of(Files.readAllBytes(folder.checkpoint())),
        bytes -> Checkpoint.read(Safetensors.read("fuzz", bytes), TINY));
  }

  @Test
  void config() throws IOException {
    // A long text, so that some mutations do no harm.
    folder.begin(
        TrainingOptions.fromNothing().build(),
        TrainingSources.of(ColourfulPictures.splits(2, 1), null),
        Map.of("data", "pets".repeat(5000)));
    Mutations.fuzz(
        List.of(Files.readAllBytes(folder.config())),
        bytes -> {
          write(folder.config(), bytes);
          folder.fact("data");
          folder.options();
          folder.sources();
        });
  }

  @Test
  void metrics() throws IOException {
    EpochMetrics row = new EpochMetrics(1, 10, 0.1, 2, 0.3, 1, 0.5, 0.9, 100, 7);
    folder.writeMetrics(List.of(row, row));
    Mutations.fuzz(
        List.of(Files.readAllBytes(folder.metrics())),
        bytes -> {
          write(folder.metrics(), bytes);
          folder.readMetrics(2);
        });
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
