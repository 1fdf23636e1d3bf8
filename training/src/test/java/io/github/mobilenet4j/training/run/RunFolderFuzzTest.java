package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.JsonGrammar;
import io.github.mobilenet4j.fuzz.SafetensorsGrammar;
import io.github.mobilenet4j.fuzz.TableGrammars;
import io.github.mobilenet4j.fuzz.Target;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Initialization;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

public class RunFolderFuzzTest {
  private static final MobileNetV1 TINY =
      MobileNetV1.builder().widthMultiplier(0.01).resolution(32).classes(2).build();

  /** Returns the readers of a run folder's files, which come to lie in a folder. */
  public static List<Target> targets(Path path) throws IOException {
    RunFolder folder = new RunFolder(path);
    // A long text, so that some mutations do no harm.
    folder.begin(
        TrainingOptions.fromScratch().build(),
        TrainingSources.of(ColourfulImages.splits(2, 1), null, Optional.empty()),
        Map.of("data", "pets".repeat(5000)));
    Weights.Trained weights = Initialization.HE.weights(TINY, 1);
    Progress progress = Progress.begin(3).afterStep(1, 8, 5, 0.7, 0.01);
    new Checkpoint(
            progress,
            weights,
            1,
            Map.of("momentum.stem.kernel", new float[3]),
            Map.of(),
            Map.of("stem", new float[] {0, 6}))
        .write(folder.checkpoint(), TINY);
    EpochMetrics row =
        new EpochMetrics(
            1,
            10,
            0.1,
            new EpochMetrics.Figures(2, 0.3, Double.NaN),
            new EpochMetrics.Figures(1, 0.5, 0.9),
            true,
            100,
            7);
    folder.writeMetrics(List.of(row, row));
    List<byte[]> checkpoints = List.of(Files.readAllBytes(folder.checkpoint()));
    return List.of(
        new Target(
            "checkpoint",
            checkpoints,
            choices -> SafetensorsGrammar.like(checkpoints, choices),
            bytes -> {
              Files.write(folder.checkpoint(), bytes);
              Checkpoint.read(folder.checkpoint(), TINY);
            }),
        JsonGrammar.target(
            "run-config",
            List.of(Files.readString(folder.config())),
            bytes -> {
              Files.write(folder.config(), bytes);
              folder.metadata("data");
              folder.options();
              folder.sources();
            }),
        new Target(
            "metrics",
            List.of(Files.readAllBytes(folder.metrics())),
            choices -> TableGrammars.csv(choices, "1", "0.5", "NaN", "epoch", "1e400"),
            bytes -> {
              Files.write(folder.metrics(), bytes);
              folder.readMetrics(2);
            }));
  }

  @TestFactory
  Stream<DynamicTest> readers(@TempDir Path folder) throws IOException {
    return Fuzzer.tests(targets(folder));
  }
}
