package io.github.mobilenet4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.data.Batch;
import io.github.mobilenet4j.data.Loader;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.quantization.Quantizer;
import io.github.mobilenet4j.training.Arithmetic;
import io.github.mobilenet4j.training.FakeQuantization;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.TrainingPrecision;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training that ends in integers. */
class QuantizedTrainingTest {
  private static final Splits PICTURES = ColourfulImages.splits(50, 12);
  private static final String INT8 = "model-int8.safetensors";

  @TempDir private Path temporary;
  private int folders;

  /** The seed is one of many with which so short a training goes well. */
  private static TrainingOptions.Builder small() {
    return TrainingOptions.fromScratch()
        .seed(5)
        .widthMultiplier(0.25)
        .resolution(32)
        .batch(8)
        .epochs(5)
        .quantize(true)
        .quantizeFrom(3);
  }

  private Trainer trainer(TrainingOptions options) {
    RunFolder folder = new RunFolder(temporary.resolve("run" + folders++));
    return Trainer.of(PICTURES, options, folder).threads(1);
  }

  /** Each stage of it has a state of its own: classifier, floats, following, settled. */
  private static TrainingOptions everything(boolean perTensor) {
    return small()
        .perTensor(perTensor)
        .classifierEpochs(1)
        .emaDecay(0.9)
        .dropout(0.3)
        .augmentation(Augmentation.STRONG)
        .build();
  }

  private static List<byte[]> files(RunFolder folder) throws IOException {
    List<byte[]> bytes = new ArrayList<>();
    for (Path file : List.of(folder.model(), folder.last(), folder.quantized())) {
      bytes.add(Files.readAllBytes(file));
    }
    return bytes;
  }

  private static List<String> withoutTimes(RunFolder folder) throws IOException {
    return Files.readAllLines(folder.metrics()).stream()
        .map(row -> row.replaceAll(",[^,]*,[^,]*$", ""))
        .toList();
  }

  @Test
  void leavesIntegersThatWereValidated() throws IOException {
    Trainer trainer = trainer(small().epochs(15).quantizeFrom(11).learningRate(0.03).build());
    TrainingResult result = trainer.train();
    assertThat(result.epochs().stream().map(EpochMetrics::quantized))
        .startsWith(false, false)
        .containsSubsequence(false, true, true, true, true, true)
        .hasSize(15);
    Model integers = ModelFile.read(trainer.folder.quantized());
    assertThat(integers.weights()).isInstanceOf(Weights.Quantized.class);
    assertThat(integers.metadata())
        .containsEntry(Quantizer.QUANTIZATION, "int8, per channel, learned in training")
        .containsEntry("epoch", result.model().metadata().get("epoch"));
    assertThat(integers.preprocessing()).isEqualTo(result.model().preprocessing());
    assertThat(Integer.parseInt(integers.metadata().get("epoch"))).isBetween(11, 15);
    assertThat(result.evaluation().orElseThrow().top1()).isGreaterThan(0.9);

    // The figures are those of the file that is there.
    int best = Integer.parseInt(integers.metadata().get("epoch"));
    try (Evaluator evaluator =
        new Evaluator(integers, PICTURES.validation(), 8, 1, 1 << 20, true)) {
      Evaluation evaluation = evaluator.evaluate(_ -> {});
      EpochMetrics.Figures found = result.epochs().get(best - 1).validation();
      assertThat(evaluation.top1()).isEqualTo(found.top1());
      assertThat(evaluation.loss()).isEqualTo(found.loss());
    }
    assertThat(withoutTimes(trainer.folder).get(10)).endsWith(",float32");
    assertThat(withoutTimes(trainer.folder).get(11)).endsWith(",int8");
    try (Stream<Path> files = Files.list(trainer.folder.path())) {
      Path events =
          files.filter(file -> file.toString().contains("tfevents")).findFirst().orElseThrow();
      assertThat(new String(Files.readAllBytes(events), StandardCharsets.ISO_8859_1))
          .contains("top-1/validation_int8", "top-1/validation");
    }
    assertThat(trainer.folder.report())
        .content()
        .contains("best model in integers of 8 bits, the curves from epoch 11 on too,", INT8);
  }

  /** What it learned on is what the integers compute, but for a step here and there. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void integersComputeWhatWasTrained(boolean perTensor) {
    Trainer trainer =
        trainer(
            small()
                .epochs(12)
                .quantizeFrom(7)
                .perTensor(perTensor)
                .preprocessing(Preprocessing.IMAGENET)
                .learningRate(0.03)
                .dropout(0)
                .build());
    trainer.train();
    Model last = ModelFile.read(trainer.folder.last());
    MobileNetV1 network = last.network();
    Checkpoint end = Checkpoint.read(trainer.folder.checkpoint(), network);
    Weights.Quantized integers =
        (Weights.Quantized)
            new TrainingSetup(
                    PICTURES, last, trainer.options, trainer.folder, null, null, null, null)
                .integers(last, end.ranges())
                .weights();
    int n = PICTURES.train().size();
    int classes = network.classes();
    float[] rounded = new float[n * classes];
    float[] computed = new float[n * classes];
    Arithmetic arithmetic =
        Arithmetic.rounding(new FakeQuantization(perTensor, true, end.ranges()));
    try (Loader loader =
            Loader.builder(
                    PICTURES.train(), last.preprocessing(), network.height(), network.width())
                .batch(n)
                .build();
        TrainingGraph graph = new TrainingGraph(network, end.weights(), n, 1, 0, 0.1, arithmetic);
        Session session = Session.of(network, integers, n, 1)) {
      Batch batch = loader.epoch(0, 0).iterator().next();
      graph.step(batch.x(), batch.targets(), n, 0, rounded);
      session.run(batch.x(), n, computed);
    }
    Quantization logits = integers.after(network.classifier());
    int same = 0;
    double squares = 0;
    for (int i = 0; i < rounded.length; i++) {
      squares += Math.pow((computed[i] - rounded[i]) / logits.scale(), 2) / rounded.length;
      same += Math.abs(computed[i] - rounded[i]) < 1.5 * logits.scale() ? 1 : 0;
    }
    assertThat(same).isGreaterThan(rounded.length * 3 / 4);
    assertThat(Math.sqrt(squares)).isLessThan(1.6);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sameBitsOnAnyNumberOfThreads(boolean perTensor) throws IOException {
    Trainer one = trainer(everything(perTensor));
    one.train();
    Trainer three = trainer(everything(perTensor)).threads(3);
    three.train();
    assertThat(files(three.folder)).containsExactlyElementsOf(files(one.folder));
  }

  /** 6 steps an epoch: within and between all stages. */
  @ParameterizedTest
  @ValueSource(ints = {5, 11, 12, 14, 18, 23, 24, 27})
  void sameBitsWhereverItWasStopped(int steps) throws IOException {
    Trainer uninterrupted = trainer(everything(steps % 2 == 0));
    uninterrupted.train();
    Trainer first = trainer(uninterrupted.options);
    first.listener(
        new TrainingListener() {
          private int made;

          @Override
          public void step(StepMetrics step) {
            if (++made == steps) {
              first.stop();
            }
          }
        });
    assertThat(first.train().finished()).isFalse();
    Trainer second = Trainer.of(PICTURES, first.options, first.folder).threads(2).resume();
    assertThat(second.train().finished()).isTrue();
    assertThat(files(second.folder)).containsExactlyElementsOf(files(uninterrupted.folder));
    assertThat(withoutTimes(second.folder)).isEqualTo(withoutTimes(uninterrupted.folder));
  }

  /** The last stage settles; before it patience ends nothing. */
  @ParameterizedTest
  @CsvSource({"30, 21, 28, 31", "1, 1, 2, 2", "2, 2, 3, 3", "5, 1, 4, 6", "6, 5, 6, 7"})
  void stages(int epochs, int from, int settledFrom, int end) {
    TrainingOptions.Builder options = TrainingOptions.fromScratch().epochs(epochs).quantize(true);
    if (epochs == 5) {
      options.quantizeFrom(1);
    }
    List<Stage> stages = Stage.of(options.build());
    Stage rounded =
        stages.stream()
            .filter(stage -> stage.rounding() == Stage.Rounding.FOLLOWING)
            .findFirst()
            .orElseThrow();
    assertThat(rounded.begin() + 1).isEqualTo(from);
    assertThat(rounded.end() + 1).isEqualTo(settledFrom);
    assertThat(stages.getLast().end() + 1).isEqualTo(end);
    assertThat(stages).filteredOn(Stage::last).containsExactly(stages.getLast());
    assertThat(stages).allMatch(stage -> stage.since() == 0);
  }

  @Test
  void whatIsLearnedAlreadyNeedsLess() throws IOException {
    Model floats = trainer(small().quantize(false).quantizeFrom(0).build()).train().model();
    TrainingOptions options = TrainingOptions.quantizing(floats).build();
    assertThat(options.epochs()).isEqualTo(5);
    assertThat(options.quantizeFrom()).isEqualTo(1);
    assertThat(options.learningRate())
        .isCloseTo(TrainingOptions.fromScratch().build().learningRate() / 10, within(1e-9));
    Trainer trainer = trainer(options).from(floats);
    TrainingResult result = trainer.train();
    assertThat(result.quantized()).isPresent();
    assertThat(result.epochs()).hasSize(5).allMatch(EpochMetrics::quantized);
  }

  @Test
  void refusesWhatDoesNotGoTogether() {
    assertThatThrownBy(() -> small().quantize(false).build())
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("quantize, which is not set");
    assertThatThrownBy(() -> small().quantizeFrom(6).build())
        .hasMessage("quantize from is 6, expected 1 to 5");
    assertThatThrownBy(() -> small().classifierEpochs(3).build())
        .hasMessage("quantize from is 3, expected 4 to 5");
    assertThatThrownBy(() -> small().precision(TrainingPrecision.BFLOAT16).build())
        .hasMessageContaining("precision is bf16, expected float32 with quantize");
    assertThatThrownBy(() -> small().minutes(3).build())
        .hasMessageContaining("minutes is 3.0, expected none with quantize");
  }
}
