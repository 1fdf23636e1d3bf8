package io.github.mobilenet4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.ConfidenceFit;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.evaluation.LabelledLogits;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.training.ClassWeights;
import io.github.mobilenet4j.training.Optimizer;
import io.github.mobilenet4j.training.TrainingPrecision;
import io.github.mobilenet4j.weights.Confidence;
import io.github.mobilenet4j.weights.Initialization;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
  private static final Splits PICTURES = ColourfulImages.splits(50, 12);

  private static final Offset<Double> NEAR = Offset.offset(1e-4);

  @TempDir private Path temporary;
  private int folders;

  private static TrainingOptions.Builder small() {
    return TrainingOptions.fromScratch().widthMultiplier(0.25).resolution(32).batch(8).epochs(3);
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
    assertThat(result.epochs().getLast().train().loss())
        .isLessThan(result.epochs().getFirst().train().loss() / 2);
    assertThat(result.evaluation().orElseThrow().top1()).isGreaterThan(0.9);
    assertThat(result.model().labels().names()).containsExactly("blue", "green", "red");
  }

  /** Whatever head there is, or none, the backbone stays and a new classifier comes. */
  @ParameterizedTest
  @ValueSource(strings = {"none", "hidden", "binary", "sigmoid"})
  void beginsWithABackboneOfAnyHead(String kind) {
    MobileNetV1 plain =
        MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(3).build();
    MobileNetV1 network =
        switch (kind) {
          case "none" -> plain.toBuilder().classes(0).build();
          case "hidden" -> plain.toBuilder().hidden(9).build();
          case "binary" ->
              plain.toBuilder()
                  .classes(2)
                  .classifierActivation(ClassifierActivation.BINARY)
                  .build();
          default -> plain.toBuilder().classifierActivation(ClassifierActivation.SIGMOID).build();
        };
    List<String> names = List.of("blue", "green", "red").subList(0, network.classes());
    Model from =
        new Model(
            network,
            RandomWeights.of(network, 3),
            Preprocessing.TENSORFLOW,
            new Labels(names),
            Map.of());
    TrainingOptions options =
        TrainingOptions.fineTuning(from)
            .batch(8)
            .epochs(1)
            .frozenBlocks(TrainingOptions.WHOLE_BACKBONE)
            .build();
    Model tuned = trainer(options).from(from).train().model();
    assertThat(tuned.network()).isEqualTo(plain.toBuilder().dropout(options.dropout()).build());
    assertThat(tuned.labels().names()).containsExactly("blue", "green", "red");
    for (Parameter p : network.toBuilder().head(MobileNetV1.Head.NONE).build().parameters()) {
      assertThat(tuned.weights().get(p)).as(p.name()).isEqualTo(from.weights().get(p));
    }
  }

  /** Blue, green and red are three greys of their own. */
  @Test
  void learnsInGreyAndWithAStemOfStrideOne() {
    TrainingOptions options =
        small()
            .epochs(12)
            .learningRate(0.03)
            .seed(5)
            .augmentation(Augmentation.of("strong,mixup=0,cutmix=0.5,erasing=0.3"))
            .preprocessing(Preprocessing.TENSORFLOW.forChannels(1))
            .stemStride(1)
            .build();
    TrainingResult result = trainer(options).train();
    MobileNetV1 network = result.model().network();
    assertThat(network.channels()).isEqualTo(1);
    assertThat(network.stemStride()).isEqualTo(1);
    assertThat(result.model().preprocessing().channels()).isEqualTo(1);
    assertThat(result.epochs().getLast().train().loss())
        .isLessThan(result.epochs().getFirst().train().loss());
    assertThat(TrainingOptions.fineTuning(result.model()).build().stemStride()).isEqualTo(1);
    assertThatThrownBy(() ->
            trainer(TrainingOptions.fineTuning(result.model()).stemStride(2).build())
                .from(result.model())
                .train())
        .hasMessage("stride of the stem is 2, the weights to begin with have 1");
  }

  @Test
  void leavesARunFolder() throws IOException {
    Trainer trainer = trainer(small().build()).metadata("data", "noise");
    TrainingResult result = trainer.train();
    RunFolder folder = trainer.folder;
    assertThat(folder.options()).isEqualTo(small().build());
    assertThat(folder.metadata("data")).isEqualTo("noise");
    assertThat(Files.readAllLines(folder.metrics()))
        .hasSize(4)
        .startsWith(
            "epoch,step,learning_rate,train_loss,train_top1,validation_loss,validation_top1,"
                + "validation_top5,validation_precision,images_per_second,seconds");
    assertThat(folder.readMetrics(3)).hasSize(3);
    assertSameWeights(ModelFile.read(folder.model()), result.model());
    assertThat(ModelFile.read(folder.last()).metadata())
        .containsEntry("epoch", "3")
        .containsEntry("data", "noise");
    try (Stream<Path> files = Files.list(folder.path())) {
      assertThat(files.map(file -> file.getFileName().toString().replaceAll("\\d{10}", "N")))
          .containsExactlyInAnyOrder(
              ".lock",
              ".lock-threads",
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
        .classifierEpochs(1)
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

  @ParameterizedTest
  @EnumSource
  void sameBitsWhereverItWasStopped(TrainingPrecision precision) throws IOException {
    TrainingOptions options = everything().precision(precision).build();
    Trainer uninterrupted = trainer(options);
    TrainingResult expected = uninterrupted.train();
    Model last = ModelFile.read(uninterrupted.folder.last());
    // 6 steps an epoch: within the head's and at its end, within another, at the end of it, …
    for (List<Integer> stops :
        List.of(List.of(2, 4), List.of(6), List.of(9, 1, 1), List.of(12), List.of(17))) {
      Trainer first = trainer(options);
      RunFolder folder = first.folder;
      List<Trainer> trainers = new ArrayList<>(List.of(first));
      for (int stop : stops) {
        Trainer trainer = trainers.getLast();
        assertThat(trainer.listener(stopAfter(trainer, stop)).train().finished()).isFalse();
        trainers.add(Trainer.of(PICTURES, folder.options(), folder).threads(2).resume());
      }
      TrainingResult result = trainers.getLast().train();
      assertThat(result.finished()).isTrue();
      assertThat(folder.options()).isEqualTo(options);
      assertSameWeights(result.model(), expected.model());
      assertSameWeights(ModelFile.read(folder.last()), last);
      assertThat(withoutTimes(result.epochs())).isEqualTo(withoutTimes(expected.epochs()));
    }
  }

  private static List<String> withoutTimes(List<EpochMetrics> epochs) {
    return epochs.stream().map(e -> e.csvRow().replaceAll(",[^,]*,[^,]*$", "")).toList();
  }

  /** Keeps what is said, and stops its trainer in the middle of a validation. */
  private static final class StopInValidation implements TrainingListener {
    private final List<String> notes = new ArrayList<>();
    private final Trainer trainer;
    private int validations;

    StopInValidation(Trainer trainer, int validations) {
      this.trainer = trainer;
      this.validations = validations;
    }

    @Override
    public void validating(int images, int of) {
      assertThat(trainer.stopped).as("asked for another batch though stopped").isFalse();
      if (images < of && --validations == 0) {
        trainer.stop();
      }
    }

    @Override
    public void note(String line) {
      notes.add(line);
    }
  }

  @Test
  void aValidationThatWasStoppedIsMadeAgain() {
    Trainer uninterrupted = trainer(everything().build());
    TrainingResult expected = uninterrupted.train();
    Trainer first = trainer(everything().build());
    RunFolder folder = first.folder;
    assertThat(first.listener(new StopInValidation(first, 2)).train().finished()).isFalse();
    assertThat(folder.readMetrics(9)).hasSize(1);

    Trainer second = Trainer.of(PICTURES, folder.options(), folder).threads(2).resume();
    StopInValidation listener = new StopInValidation(second, 1);
    assertThat(second.listener(listener).train().finished()).isFalse();
    assertThat(listener.notes)
        .containsExactly("resumes " + folder.path() + " in epoch 2 of 3, at its validation");
    assertThat(folder.readMetrics(9)).hasSize(1);

    TrainingResult result =
        Trainer.of(PICTURES, folder.options(), folder).threads(1).resume().train();
    assertSameWeights(result.model(), expected.model());
    assertSameWeights(ModelFile.read(folder.last()), ModelFile.read(uninterrupted.folder.last()));
    assertThat(withoutTimes(result.epochs())).isEqualTo(withoutTimes(expected.epochs()));
    assertThat(result.evaluation().orElseThrow().predictions())
        .isEqualTo(expected.evaluation().orElseThrow().predictions());
  }

  /** The figures of the report, in the end, are an evaluation like those of the epochs. */
  @Test
  void theLastEvaluationCanBeStopped() {
    Trainer trainer = trainer(small().epochs(1).build());
    trainer.listener(
        new TrainingListener() {
          @Override
          public void epoch(EpochMetrics metrics, boolean best) {
            trainer.stop();
          }
        });
    TrainingResult stopped = trainer.train();
    assertThat(stopped.finished()).isFalse();
    assertThat(stopped.evaluation()).isEmpty();
    assertThat(trainer.folder.report()).doesNotExist();
    List<String> notes = new ArrayList<>();
    TrainingResult result = resumed(trainer, PICTURES, notes).train();
    assertThat(result.finished()).isTrue();
    assertThat(result.epochs()).hasSize(1);
    assertThat(trainer.folder.report()).exists();
    assertThat(notes).containsExactly("all 1 epochs of " + trainer.folder.path() + " are done");
  }

  private static Trainer resumed(Trainer trainer, Splits images, List<String> notes) {
    return Trainer.of(images, trainer.options, trainer.folder)
        .threads(1)
        .resume()
        .listener(
            new TrainingListener() {
              @Override
              public void note(String line) {
                notes.add(line);
              }
            });
  }

  @Test
  void stoppedBeforeItBeganItBeginsAnew() {
    Trainer trainer = trainer(small().epochs(1).build());
    trainer.stop();
    assertThat(trainer.train().finished()).isFalse();
    List<String> notes = new ArrayList<>();
    assertThat(resumed(trainer, PICTURES, notes).train().finished()).isTrue();
    assertThat(notes)
        .containsExactly("nothing to resume in " + trainer.folder.path() + ": the training begins");
  }

  /** A training that was begun and can be gone on with. */
  private Trainer interrupted() {
    Trainer trainer = trainer(small().build());
    trainer.listener(stopAfter(trainer, 8)).train();
    return trainer;
  }

  @Test
  void saysWhereItGoesOn() {
    Trainer trainer = interrupted();
    List<String> notes = new ArrayList<>();
    resumed(trainer, PICTURES, notes).train();
    assertThat(notes)
        .containsExactly(
            "resumes " + trainer.folder.path() + " in epoch 2 of 3, after 2 of 6 steps");
  }

  private static Dataset renamed(Dataset data, List<String> classes, String name) {
    return Dataset.of(
        classes,
        IntStream.range(0, data.size()).mapToObj(i -> i == 0 ? name : data.name(i)).toList(),
        IntStream.range(0, data.size()).map(data::label).toArray(),
        data::image);
  }

  @Test
  void goesOnWithNothingButWhatItWasBegunWith() throws IOException {
    Trainer begun = interrupted();
    byte[] checkpoint = Files.readAllBytes(begun.folder.checkpoint());
    Dataset train = PICTURES.train();
    Dataset validation = PICTURES.validation();
    Dataset none = PICTURES.test();
    Dataset more = ColourfulImages.dataset(51, 1);
    List<String> shifted = List.of("green", "red", "zebra");
    List<String> turned = List.of("red", "green", "blue");
    int[] fewer = IntStream.range(0, 40).toArray();
    int[] others = IntStream.range(0, 50).map(i -> 49 - i).toArray();
    Map<Splits, String> different = new LinkedHashMap<>();
    different.put(
        new Splits(
            renamed(train, shifted, "picture 0"),
            renamed(validation, shifted, "picture 0"),
            renamed(none, shifted, "")),
        "classes (new zebra, no blue)");
    different.put(
        new Splits(
            renamed(train, turned, "picture 0"),
            renamed(validation, turned, "picture 0"),
            renamed(none, turned, "")),
        "the order of the classes");
    different.put(new Splits(more, validation, none), "51 images to learn from (50 then)");
    different.put(
        new Splits(train.subset(fewer), more.subset(0, 1), none),
        "40 images to learn from (50 then); 2 images for validation (12 then)");
    different.put(
        new Splits(train.subset(others), validation, none),
        "which images are to learn from, by name, class or size");
    different.put(
        new Splits(train, renamed(validation, train.classes(), "picture x"), none),
        "which images are for validation, by name, class or size");
    different.put(new Splits(train, validation, validation), "12 images for the test (0 then)");
    different.forEach((splits, message) ->
        assertThatThrownBy(() -> resumed(begun, splits, new ArrayList<>()).train())
            .isInstanceOf(MobileNetException.class)
            .hasMessage(
                begun.folder.path()
                    + " goes on with what it was begun with; different now: "
                    + message));
    Model from = trainer(small().epochs(1).build()).train().model();
    assertThatThrownBy(() -> resumed(begun, PICTURES, new ArrayList<>()).from(from).train())
        .hasMessageEndingWith("different now: the weights to begin with (none then)");
    assertThatThrownBy(
            () -> Trainer.of(PICTURES, small().seed(5).build(), begun.folder).resume().train())
        .isInstanceOf(MobileNetException.class)
        .hasMessage(begun.folder.path() + " goes on as it was begun: seed is 1 there, not 5");
    assertThat(begun.folder.checkpoint()).hasBinaryContent(checkpoint);
  }

  @Test
  void goesOnWithTheWeightsItWasBegunWith() {
    Model from = trainer(small().epochs(1).build()).train().model();
    Model other = trainer(small().epochs(1).seed(2).build()).train().model();
    TrainingOptions options = TrainingOptions.fineTuning(from).batch(8).epochs(2).build();
    Trainer trainer = trainer(options).from(from);
    assertThat(trainer.listener(stopAfter(trainer, 3)).train().finished()).isFalse();
    assertThatThrownBy(() -> resumed(trainer, PICTURES, new ArrayList<>()).from(other).train())
        .hasMessageEndingWith("different now: the weights to begin with");
    assertThatThrownBy(() -> resumed(trainer, PICTURES, new ArrayList<>()).train())
        .hasMessageEndingWith("different now: the weights to begin with (none now)");
    assertThat(resumed(trainer, PICTURES, new ArrayList<>()).from(from).train().finished())
        .isTrue();
  }

  /** With everything, on any number of threads, wherever it was stopped; and no other teacher. */
  @Test
  void learnsFromATeacher() throws IOException {
    Model teacher =
        trainer(small().resolution(40).epochs(4).learningRate(0.03).build()).train().model();
    Model other = trainer(small().epochs(1).seed(2).build()).train().model();
    TrainingOptions options =
        everything().distillationWeight(0.7).distillationTemperature(2).build();
    Model expected = trainer(options).teacher(teacher).train().model();
    Trainer stopped = trainer(options).threads(2).teacher(teacher);
    assertThat(stopped.listener(stopAfter(stopped, 9)).train().finished()).isFalse();
    assertThatThrownBy(() -> resumed(stopped, PICTURES, new ArrayList<>()).teacher(other).train())
        .hasMessageEndingWith("different now: the teacher");
    Model result = resumed(stopped, PICTURES, new ArrayList<>()).teacher(teacher).train().model();
    assertSameWeights(result, expected);
    assertThat(Files.readString(stopped.folder.config()))
        .containsPattern("\"teacher\": \"[0-9a-f]{64}\"")
        .contains("\"distillationWeight\": 0.7");
    assertThatThrownBy(() -> trainer(options).train())
        .hasMessage("distillation weight is 0.7, expected 0: there is no teacher");
    assertThatThrownBy(() -> trainer(small().build()).teacher(teacher).train())
        .hasMessage("distillation weight is 0.0, expected > 0: there is a teacher");
  }

  /** All that the labels say is wrong: who learns from the teacher alone is right. */
  @Test
  void aTeacherIsBelieved() {
    Model teacher =
        trainer(small().epochs(15).learningRate(0.03).augmentation(Augmentation.NONE).build())
            .train()
            .model();
    Dataset train = PICTURES.train();
    Dataset wrong =
        Dataset.of(
            train.classes(),
            IntStream.range(0, train.size()).mapToObj(i -> "wrong " + i).toList(),
            IntStream.range(0, train.size()).map(i -> (train.label(i) + 1) % 3).toArray(),
            train::image);
    TrainingOptions options = small().epochs(30).learningRate(0.03).distillationWeight(1).build();
    RunFolder folder = new RunFolder(temporary.resolve("believed"));
    Splits data = new Splits(wrong, PICTURES.validation(), PICTURES.test());
    TrainingResult result = Trainer.of(data, options, folder).teacher(teacher).train();
    assertThat(result.evaluation().orElseThrow().top1()).isGreaterThan(0.9);
  }

  /** As in inference: the running statistics are used, and stay. */
  @Test
  void withoutMomentumTheStatisticsStay() {
    Model from = trainer(small().epochs(10).learningRate(0.03).build()).train().model();
    TrainingOptions options =
        TrainingOptions.fineTuning(from).batch(8).epochs(2).batchNormMomentum(0).build();
    Model tuned = trainer(options).from(from).train().model();
    List<String> same =
        from.network().parameters().stream()
            .filter(p -> Arrays.equals(tuned.weights().get(p), from.weights().get(p)))
            .map(Parameter::name)
            .toList();
    assertThat(same)
        .containsExactlyElementsOf(
            from.network().parameters().stream()
                .filter(p -> p.role() == Role.MEAN || p.role() == Role.VARIANCE)
                .map(Parameter::name)
                .toList());
  }

  /** As calibrate finds them on the validation images; with few of these they say nothing. */
  @Test
  void endsBySayingHowSureTheModelIs() {
    Splits data = ColourfulImages.splits(50, 120);
    RunFolder folder = new RunFolder(temporary.resolve("sure"));
    Model model = Trainer.of(data, small().epochs(2).build(), folder).train().model();
    try (Evaluator evaluator = new Evaluator(model, data.validation(), 8, 1, 0, true)) {
      LabelledLogits logits = evaluator.logits(_ -> {});
      Confidence expected =
          logits.mistakes() < 10
              ? ConfidenceFit.thresholdOf(logits, 0.05)
              : ConfidenceFit.of(logits, 0.05);
      assertThat(model.confidence()).isEqualTo(expected);
      assertThat(expected.threshold()).isPresent();
    }
    assertThat(trainer(small().epochs(1).build()).train().model().confidence())
        .isEqualTo(Confidence.NONE);
  }

  /** Its config.json is gone, and another is written: that one's training never goes on from it. */
  @Test
  void aCheckpointOfNobodyKnowsWhatIsNotGoneOnFrom() throws IOException {
    Trainer trainer = interrupted();
    Files.delete(trainer.folder.config());
    assertThatThrownBy(() -> resumed(trainer, PICTURES, new ArrayList<>()).train())
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("cannot read " + trainer.folder.config());
    Trainer another = Trainer.of(PICTURES, trainer.options, trainer.folder);
    another.stop();
    another.train();
    assertThat(trainer.folder.checkpoint()).doesNotExist();
  }

  @Test
  void oneTrainingAtATimeInAFolder() {
    Trainer trainer = trainer(small().epochs(1).build());
    List<Throwable> refused = new ArrayList<>();
    trainer.listener(
        new TrainingListener() {
          @Override
          public void step(StepMetrics step) {
            Trainer second = Trainer.of(PICTURES, trainer.options, trainer.folder).resume();
            refused.add(catchThrowable(second::train));
          }
        });
    assertThat(trainer.train().finished()).isTrue();
    assertThat(refused)
        .hasSize(6)
        .allSatisfy(e ->
            assertThat(e)
                .isInstanceOf(MobileNetException.class)
                .hasMessage(
                    trainer.folder.path() + ": another training is under way in this folder"));
  }

  @Test
  void removesNothingButItsOwn() throws IOException {
    Trainer trainer = trainer(small().epochs(1).build());
    Path folder = Files.createDirectories(trainer.folder.path());
    List<Path> unfinished = new ArrayList<>();
    AtomicFile.write(
        trainer.folder.checkpoint(),
        _ -> {
          try (Stream<Path> files = Files.list(folder)) {
            files.forEach(unfinished::add);
          }
        });
    assertThat(unfinished).hasSize(1);
    Files.writeString(unfinished.getFirst(), "unfinished");
    List<Path> others =
        List.of(
            Files.writeString(folder.resolve(".movie.mkv.part"), "precious"),
            Files.writeString(folder.resolve(".model.safetensors.part"), "precious"),
            Files.writeString(folder.resolve("metrics.csv.bak"), "precious"),
            Files.createDirectories(folder.resolve(".x.part")),
            Files.writeString(folder.resolve(".x.part/notes"), "precious"));
    trainer.train();
    assertThat(others).allMatch(Files::exists);
    assertThat(unfinished).noneMatch(Files::exists);
  }

  /** The machine lacks open files from some step on: the run stops, and goes on later. */
  @Test
  void aShortageStopsItAndItGoesOnToTheSameBits() throws InterruptedException {
    TrainingResult expected = trainer(everything().build()).train();
    AtomicBoolean shortage = new AtomicBoolean();
    Dataset train = PICTURES.train();
    Dataset hungry =
        Dataset.of(
            train.classes(),
            IntStream.range(0, train.size()).mapToObj(train::name).toList(),
            IntStream.range(0, train.size()).map(train::label).toArray(),
            i -> {
              if (shortage.get()) {
                throw new MobileNetException("cannot read it: Too many open files");
              }
              return train.image(i);
            });
    Splits splits = new Splits(hungry, PICTURES.validation(), PICTURES.test());
    RunFolder folder = new RunFolder(temporary.resolve("short"));
    Trainer trainer =
        Trainer.of(splits, everything().build(), folder)
            .threads(2)
            .cacheBytes(0)
            .checkpointEvery(Duration.ZERO)
            .listener(
                new TrainingListener() {
                  @Override
                  public void step(StepMetrics step) {
                    shortage.set(step.epoch() == 2);
                  }
                });
    assertThatThrownBy(trainer::train)
        .isInstanceOf(MobileNetException.class)
        .hasMessage("cannot read it: Too many open files");
    // A thread may yet be about to end.
    for (int wait = 0; wait < 2000 && loaderThreads() > 0; wait++) {
      Thread.sleep(5);
    }
    assertThat(loaderThreads()).isZero();
    shortage.set(false);
    List<String> notes = new ArrayList<>();
    TrainingResult result =
        resumed(Trainer.of(splits, trainer.options, folder), splits, notes).train();
    assertThat(notes).hasSize(1).first().asString().contains("in epoch 2 of 3, after ");
    assertSameWeights(result.model(), expected.model());
    assertThat(withoutTimes(result.epochs())).isEqualTo(withoutTimes(expected.epochs()));
  }

  private static long loaderThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("mobilenet4j-loader-"))
        .count();
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
  void fineTuningTrainsTheClassifierFirst() {
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
            .frozenBlocks(TrainingOptions.WHOLE_BACKBONE)
            .build();
    Model tuned = trainer(head).from(other).train().model();
    assertThat(tuned.labels().names()).containsExactly("blue", "green", "red");
    assertThat(tuned.metadata())
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

  /** As if they were computed in each epoch anew, where there are as many views as epochs. */
  @Test
  void featuresAreComputedOnce() {
    Model from = trainer(small().epochs(4).learningRate(0.03).build()).train().model();
    TrainingOptions.Builder head =
        TrainingOptions.fineTuning(from)
            .batch(8)
            .epochs(4)
            .learningRate(0.05)
            .initialization(Initialization.HE)
            .dropout(0.2)
            .labelSmoothing(0.1)
            .frozenBlocks(TrainingOptions.WHOLE_BACKBONE);
    Model other = withLabels(from, "a", "b", "c");
    Trainer anew = trainer(head.featureViews(0).build()).from(other);
    Trainer once = trainer(head.featureViews(4).build()).from(other);
    List<EpochMetrics> expected = anew.train().epochs();
    List<EpochMetrics> found = once.train().epochs();
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i).train().loss()).isCloseTo(expected.get(i).train().loss(), NEAR);
      assertThat(found.get(i).validation().loss())
          .isCloseTo(expected.get(i).validation().loss(), NEAR);
    }
    Weights last = ModelFile.read(once.folder.last()).weights();
    Weights lastAnew = ModelFile.read(anew.folder.last()).weights();
    Layer classifier = from.network().classifier();
    assertThat(last.get(classifier, Role.KERNEL))
        .containsExactly(lastAnew.get(classifier, Role.KERNEL), within(1e-4f));
    assertThat(found.getLast().train().loss()).isLessThan(found.getFirst().train().loss());
  }

  @Test
  void featuresThatAreKeptGiveTheSameBits() {
    Model from = withLabels(trainer(small().epochs(2).build()).train().model(), "a", "b", "c");
    TrainingOptions options =
        TrainingOptions.fineTuning(from)
            .batch(8)
            .epochs(5)
            .classifierEpochs(3)
            .featureViews(2)
            .emaDecay(0.9)
            .augmentation(
                Augmentation.STRONG
                    .with(Augmentation.Parameter.MIXUP, 0)
                    .with(Augmentation.Parameter.CUTMIX, 0))
            .build();
    TrainingResult expected = trainer(options).from(from).train();
    for (int stop : new int[] {3, 6, 15, 20}) {
      Trainer stopped = trainer(options).threads(2).from(from);
      assertThat(stopped.listener(stopAfter(stopped, stop)).train().finished()).isFalse();
      TrainingResult result =
          resumed(stopped, PICTURES, new ArrayList<>()).threads(3).from(from).train();
      assertSameWeights(result.model(), expected.model());
      assertThat(withoutTimes(result.epochs())).isEqualTo(withoutTimes(expected.epochs()));
    }
  }

  private static Model withLabels(Model model, String... labels) {
    return model.withLabels(new Labels(List.of(labels)));
  }

  /** Backbones of 13, 14 and 8 blocks: none of them learns while only the classifier is trained. */
  @ParameterizedTest
  @EnumSource(value = MobileNetV1.Backbone.class, mode = Mode.EXCLUDE, names = "STANDARD")
  void everyBackboneIsFineTuned(MobileNetV1.Backbone backbone) {
    MobileNetV1 network =
        MobileNetV1.builder()
            .widthMultiplier(0.25)
            .resolution(32)
            .classes(3)
            .backbone(backbone)
            .build();
    Model from =
        new Model(
            network,
            RandomWeights.of(network, 1),
            Preprocessing.TENSORFLOW,
            new Labels(List.of("a", "b", "c")),
            Map.of());
    TrainingOptions.Builder options = TrainingOptions.fineTuning(from).batch(8);
    Model classifierOnly =
        trainer(options.epochs(1).frozenBlocks(TrainingOptions.WHOLE_BACKBONE).build())
            .from(from)
            .train()
            .model();
    assertThat(changed(from, classifierOnly)).isEqualTo(Set.of("classifier"));
    Trainer trainer =
        trainer(options.epochs(3).classifierEpochs(1).frozenBlocks(0).build()).from(from);
    trainer.train();
    Model all = ModelFile.read(trainer.folder.last());
    Set<String> layers =
        network.parameters().stream().map(p -> p.layer().name()).collect(Collectors.toSet());
    assertThat(changed(from, all)).isEqualTo(layers);
    int parts = 1 + network.blocks().size();
    assertThat(options.frozenBlocks(parts).build().frozenBlocks()).isEqualTo(parts);
    assertThatThrownBy(() -> options.frozenBlocks(parts + 1).build())
        .isInstanceOf(MobileNetException.class)
        .hasMessage("frozen blocks is %s, expected 0 to %s", parts + 1, parts);
  }

  /** Returns the layers that have other values. */
  private static Set<String> changed(Model before, Model after) {
    return before.network().parameters().stream()
        .filter(p -> !Arrays.equals(before.weights().get(p), after.weights().get(p)))
        .map(p -> p.layer().name())
        .collect(Collectors.toSet());
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

  /** Whether they come as such, or with the BatchNorm that some files demand. */
  @Test
  void theBatchNormOfFoldedWeightsIsMeasured() {
    Model from = trainer(small().epochs(1).build()).train().model();
    Weights.Folded folded = from.weights().folded(from.network());
    Model tuned = fineTune(from, folded, 0, "measured on 8 pictures");
    assertSameWeights(
        fineTune(from, folded.withBatchNorm(from.network()), 0, "measured on 8 pictures"), tuned);
    assertThat(tuned.weights().get(from.network().stem(), Role.MEAN)).doesNotContain(0);
    // It is not where it does not matter, and the backbone then computes what it did.
    Weights frozen = fineTune(from, folded, TrainingOptions.WHOLE_BACKBONE, "").weights();
    for (Parameter p : from.network().foldedParameters()) {
      if (!p.layer().equals(from.network().classifier())) {
        assertThat(frozen.folded(from.network()).get(p)).as(p.name()).isEqualTo(folded.get(p));
      }
    }
  }

  private Model fineTune(Model from, Weights weights, int frozenBlocks, String noted) {
    Model begin = new Model(from.network(), weights, from.preprocessing(), from.labels(), Map.of());
    TrainingOptions options =
        TrainingOptions.fineTuning(begin)
            .batch(8)
            .epochs(2)
            .classifierEpochs(1)
            .frozenBlocks(frozenBlocks)
            .build();
    StringBuilder notes = new StringBuilder();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void note(String line) {
            notes.append(line);
          }
        };
    Model tuned = trainer(options).from(begin).listener(listener).train().model();
    assertThat(notes.toString()).endsWith(noted).hasSizeLessThan(100);
    assertThat(notes.isEmpty()).isEqualTo(noted.isEmpty());
    return tuned;
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
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(3).build();
    Checkpoint saved = Checkpoint.read(trainer.folder.checkpoint(), network);
    for (Parameter p : network.parameters()) {
      for (float value : saved.weights().get(p)) {
        assertThat(value).isFinite();
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
        Trainer.of(ColourfulImages.splits(16, 0), small().build(), folder).threads(1).train();
    assertThat(result.evaluation()).isEmpty();
    assertThat(result.model().metadata()).containsEntry("epoch", "3");
    assertThat(result.epochs().getLast().validation().top1()).isNaN();
  }

  @Test
  void needsTwoPictures() {
    RunFolder folder = new RunFolder(temporary.resolve("one"));
    assertThatThrownBy(
            () -> Trainer.of(ColourfulImages.splits(1, 0), small().build(), folder).train())
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
              throw new ImageException("2.png: no picture");
            });
    Splits splits = new Splits(broken, broken.subset(), broken.subset());
    RunFolder folder = new RunFolder(temporary.resolve("broken"));
    assertThatThrownBy(() -> Trainer.of(splits, small().build(), folder).train())
        .isInstanceOf(MobileNetException.class)
        .hasMessage("no batch has two pictures that can be read: 2.png: no picture");
  }
}
