package io.github.mobilenet4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Parameter;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  private static final Splits PICTURES = ColourfulPictures.splits(50, 12);

  @TempDir private Path temporary;
  private int folders;

  private static TrainingOptions.Builder small() {
    return TrainingOptions.fromNothing().widthMultiplier(0.25).resolution(32).batch(8).epochs(3);
  }

  private Trainer trainer(TrainingOptions options) {
    RunFolder folder = new RunFolder(temporary.resolve("run" + folders++));
    return Trainer.of(PICTURES, options, folder).threads(1);
  }

  /** Stops its trainer after a number of steps. */
  private static TrainingListener stopAfter(Trainer trainer, int steps) {
    return new TrainingListener() {
      private int made;

      @Override
      public void step(StepMetrics step) {
        if (++made == steps) {
          trainer.stop();
        }
      }
    };
  }

  private static void assertSameWeights(Model found, Model expected) {
    for (Parameter p : expected.network().parameters()) {
      assertThat(found.weights().get(p)).as(p.name()).isEqualTo(expected.weights().get(p));
    }
  }

  @Test
  void learns() {
    TrainingOptions options =
        small().epochs(15).learningRate(0.03).augmentation(Augmentation.NONE).build();
    TrainingResult result = trainer(options).train();
    assertThat(result.finished()).isTrue();
    assertThat(result.epochs()).hasSize(15);
    assertThat(result.epochs().getLast().trainLoss())
        .isLessThan(result.epochs().getFirst().trainLoss() / 2);
    assertThat(result.evaluation().orElseThrow().top1()).isGreaterThan(0.9);
    assertThat(result.model().labels().names()).containsExactly("blue", "green", "red");
  }

  @Test
  void leavesARunFolder() throws IOException {
    Trainer trainer = trainer(small().build()).fact("data", "noise");
    TrainingResult result = trainer.train();
    RunFolder folder = trainer.folder;
    assertThat(folder.options()).isEqualTo(small().build());
    assertThat(folder.fact("data")).isEqualTo("noise");
    assertThat(Files.readAllLines(folder.metrics()))
        .hasSize(4)
        .startsWith(
            "epoch,step,learning_rate,train_loss,train_top1,validation_loss,validation_top1,"
                + "validation_top5,images_per_second,seconds");
    assertThat(folder.readMetrics(3)).hasSize(3);
    assertSameWeights(ModelFile.read(folder.model()), result.model());
    assertThat(ModelFile.read(folder.last()).facts())
        .containsEntry("epoch", "3")
        .containsEntry("data", "noise");
    try (Stream<Path> files = Files.list(folder.path())) {
      assertThat(files.map(file -> file.getFileName().toString().replaceAll("\\d{10}", "N")))
          .containsExactlyInAnyOrder(
              "checkpoint.safetensors",
              "config.json",
              "events.out.tfevents.N.mobilenet4j",
              "last.safetensors",
              "metrics.csv",
              "model.safetensors",
              "report.html");
    }
  }

  @Test
  void refusesAFolderWithATraining() {
    Trainer trainer = trainer(small().epochs(1).build());
    trainer.train();
    assertThatThrownBy(trainer::train)
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("has a training already");
  }

  /** All that has a state of its own: RMSprop's memories, averages, dropout, augmentation. */
  private static TrainingOptions.Builder everything() {
    return small()
        .optimizer(Optimizer.RmsProp.DEFAULT)
        .emaDecay(0.9)
        .dropout(0.3)
        .clipNorm(1)
        .labelSmoothing(0.1)
        .headEpochs(1)
        .classWeights(new ClassWeights.Listed(List.of(1.0, 2.0, 3.0)))
        .augmentation(Augmentation.STRONG);
  }

  @Test
  void sameBitsOnAnyNumberOfThreads() {
    Model one = trainer(everything().build()).train().model();
    for (int threads : new int[] {2, 4}) {
      Trainer trainer = trainer(everything().build()).threads(threads);
      assertSameWeights(trainer.train().model(), one);
    }
  }

  @Test
  void sameBitsWhereverItWasStopped() throws IOException {
    Trainer uninterrupted = trainer(everything().build());
    TrainingResult expected = uninterrupted.train();
    Model last = ModelFile.read(uninterrupted.folder.last());
    // 6 steps an epoch: within the head's and at its end, within another, at the end of it, …
    for (List<Integer> stops :
        List.of(List.of(2, 4), List.of(6), List.of(9, 1, 1), List.of(12), List.of(17))) {
      Trainer first = trainer(everything().build());
      RunFolder folder = first.folder;
      List<Trainer> trainers = new ArrayList<>(List.of(first));
      for (int stop : stops) {
        Trainer trainer = trainers.getLast();
        assertThat(trainer.listener(stopAfter(trainer, stop)).train().finished()).isFalse();
        trainers.add(Trainer.of(PICTURES, folder.options(), folder).threads(2).resume());
      }
      TrainingResult result = trainers.getLast().train();
      assertThat(result.finished()).isTrue();
      assertSameWeights(result.model(), expected.model());
      assertSameWeights(ModelFile.read(folder.last()), last);
      assertThat(withoutTimes(result.epochs())).isEqualTo(withoutTimes(expected.epochs()));
    }
  }

  private static List<String> withoutTimes(List<EpochMetrics> epochs) {
    return epochs.stream().map(e -> e.csvRow().replaceAll(",[^,]*,[^,]*$", "")).toList();
  }

  @Test
  void aFinishedTrainingIsNotRepeated() {
    Trainer trainer = trainer(small().epochs(1).build());
    Model model = trainer.train().model();
    TrainingResult again = trainer.resume().train();
    assertThat(again.finished()).isTrue();
    assertThat(again.epochs()).hasSize(1);
    assertSameWeights(again.model(), model);
  }

  @Test
  void fineTuningTrainsTheHeadFirst() {
    Model from = trainer(small().epochs(1).build()).train().model();
    Model other =
        new Model(
            from.network(),
            from.weights(),
            from.preprocessing(),
            new Labels(List.of("a", "b", "c")),
            Map.of("licence", "CC0", Model.PREPROCESSING, "assumed", Model.LABELS, "assumed"));
    TrainingOptions head =
        TrainingOptions.fineTuning(other)
            .batch(8)
            .epochs(1)
            .frozenBlocks(TrainingOptions.WHOLE_BODY)
            .build();
    Model tuned = trainer(head).from(other).train().model();
    assertThat(tuned.labels().names()).containsExactly("blue", "green", "red");
    assertThat(tuned.facts())
        .containsEntry("licence", "CC0")
        .doesNotContainKeys(Model.PREPROCESSING, Model.LABELS);
    MobileNetV1 network = tuned.network();
    for (Parameter p : network.parameters()) {
      if (p.layer().equals(network.classifier())) {
        assertThat(tuned.weights().get(p)).isNotEqualTo(other.weights().get(p));
      } else {
        assertThat(tuned.weights().get(p)).as(p.name()).isEqualTo(other.weights().get(p));
      }
    }
  }

  @Test
  void frozenBlocksKeepValuesAndStatistics() {
    Model from = trainer(small().epochs(1).build()).train().model();
    TrainingOptions options =
        TrainingOptions.fineTuning(from).batch(8).epochs(1).frozenBlocks(3).build();
    Model tuned = trainer(options).from(from).train().model();
    for (Parameter p : from.network().parameters()) {
      boolean frozen = p.name().matches("(stem|block[12]\\.).*");
      if (p.role() == Role.KERNEL || p.role() == Role.MEAN) {
        assertThat(tuned.weights().get(p).equals(from.weights().get(p))).isFalse();
        assertThat(Arrays.equals(tuned.weights().get(p), from.weights().get(p)))
            .as(p.name())
            .isEqualTo(frozen);
      }
    }
  }

  @Test
  void knowsAnotherWidth() {
    Model from = trainer(small().epochs(1).build()).train().model();
    assertThatThrownBy(() -> trainer(small().widthMultiplier(0.5).build()).from(from).train())
        .hasMessage("width multiplier is 0.5, the weights to begin with have 0.25");
  }

  @Test
  void aLossThatIsNoNumberStopsWithAdvice() {
    Trainer trainer =
        trainer(small().learningRate(1e20).warmUpEpochs(0).build()).checkpointEvery(Duration.ZERO);
    assertThatThrownBy(trainer::train)
        .isInstanceOf(MobileNetException.class)
        .hasMessageMatching(
            "step \\d+ \\(epoch 1\\): (the loss is|a value is) .*; it began in .*\\. Try a lower"
                + " learning rate .*");
    // What was saved is of use.
    if (Files.exists(trainer.folder.checkpoint())) {
      Checkpoint saved =
          Checkpoint.read(
              trainer.folder.checkpoint(),
              MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(3).build());
      for (Parameter p :
          MobileNetV1.builder().widthMultiplier(0.25).classes(3).build().parameters()) {
        for (float value : saved.weights().get(p)) {
          assertThat(value).isFinite();
        }
      }
    }
  }

  @Test
  void earlyStoppingAndTimeBudgetEndIt() {
    TrainingResult impatient =
        trainer(small().epochs(50).patience(1).learningRate(1e-9).build()).train();
    assertThat(impatient.finished()).isTrue();
    assertThat(impatient.epochs()).hasSizeLessThan(50);
    TrainingResult hurried = trainer(small().epochs(100_000).minutes(0.02).build()).train();
    assertThat(hurried.finished()).isTrue();
    assertThat(hurried.epochs()).hasSizeBetween(1, 10_000);
  }

  @Test
  void withoutValidationTheLastModelIsTheBest() {
    RunFolder folder = new RunFolder(temporary.resolve("alone"));
    TrainingResult result =
        Trainer.of(ColourfulPictures.splits(16, 0), small().build(), folder).threads(1).train();
    assertThat(result.evaluation()).isEmpty();
    assertThat(result.model().facts()).containsEntry("epoch", "3");
    assertThat(result.epochs().getLast().validationTop1()).isNaN();
  }

  @Test
  void needsTwoPictures() {
    RunFolder folder = new RunFolder(temporary.resolve("one"));
    assertThatThrownBy(
            () -> Trainer.of(ColourfulPictures.splits(1, 0), small().build(), folder).train())
        .hasMessage("1 pictures to learn from, expected at least 2");
  }

  @Test
  void saysWhyThereIsNothingToLearn() {
    Dataset broken =
        Dataset.of(
            List.of("a", "b"),
            List.of("1.png", "2.png"),
            new int[] {0, 1},
            i -> {
              if (i == 0) {
                return new RgbImage(1, 1, new byte[3]);
              }
              throw new MobileNetException("2.png: no picture");
            });
    Splits splits = new Splits(broken, broken.subset(), broken.subset());
    RunFolder folder = new RunFolder(temporary.resolve("broken"));
    assertThatThrownBy(() -> Trainer.of(splits, small().build(), folder).train())
        .isInstanceOf(MobileNetException.class)
        .hasMessage("no batch has two pictures that can be read: 2.png: no picture");
  }
}
