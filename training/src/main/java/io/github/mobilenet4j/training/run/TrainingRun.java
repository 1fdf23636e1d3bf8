package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.data.Batch;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Loader;
import io.github.mobilenet4j.evaluation.ConfidenceFit;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.evaluation.LabelledLogits;
import io.github.mobilenet4j.files.FolderLock;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.UnfoldedBatchNorm;
import io.github.mobilenet4j.weights.Confidence;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/** One call of {@link Trainer#train}: begins or goes on, runs the stages, evaluates the result. */
final class TrainingRun {
  /** Validation images of which a twentieth, and a temperature, say something. */
  private static final int LEAST_FOR_CONFIDENCE = 100;

  private static final int LEAST_MISTAKES = 10;

  /** The part of the validation images that the threshold takes for none of the classes. */
  private static final double UNKNOWN = 0.05;

  private final TrainingSetup setup;
  private final TrainingOptions options;
  private final RunFolder folder;
  private final TrainingListener listener;
  private final Model from;
  private final Optional<Model> teacher;
  private final float[] classFactors;

  /**
   * @param from the weights to begin with, as they were given; null for none
   * @param teacher whose logits are learned too
   */
  TrainingRun(TrainingSetup setup, Model from, Optional<Model> teacher) {
    this.setup = setup;
    this.from = from;
    this.teacher = teacher;
    options = setup.options();
    folder = setup.folder();
    listener = setup.listener();
    classFactors = options.classWeights().factors(setup.data().train().counts());
  }

  /**
   * @param resume whether to go on with the training in the folder, if there is one
   */
  TrainingResult run(boolean resume) {
    try (FolderLock _ = folder.open(resume)) {
      try (StageInputs inputs = new StageInputs(setup, teacher)) {
        Checkpoint state = state(resume);
        List<EpochMetrics> epochs;
        Progress progress = state.progress();
        listener.begins(
            setup.network(), Math.min(progress.epoch() + 1, progress.epochs()), progress.epochs());
        int unreadable = 0;
        try (RunRecorder recorder = new RunRecorder(folder, progress)) {
          for (Stage stage : Stage.of(options)) {
            if (!stage.isOver(state.progress()) && !setup.stopped()) {
              try (StageRun run =
                  new StageRun(setup, stage, state, classFactors, inputs, recorder)) {
                state = run.run();
                unreadable = Math.max(unreadable, run.unreadable());
              }
            }
          }
          epochs = recorder.epochs();
        }
        if (unreadable > 0) {
          listener.note("pictures that cannot be read and were left out: " + unreadable);
        }
        if (!Files.exists(folder.model())) {
          ModelFile.write(folder.model(), setup.model(state));
        }
        return result(epochs, state.progress().finished(), inputs.evaluator());
      }
    }
  }

  /**
   * Evaluates the best model on images that it has not learned from, and writes the report. Before
   * that the models' files get what the validation says of how sure they are.
   */
  private TrainingResult result(
      List<EpochMetrics> epochs, boolean finished, Optional<Evaluator> validation) {
    // Only then are there integers of this training: none before, and none of floats' epochs.
    boolean integers = !epochs.isEmpty() && epochs.getLast().quantized();
    if (finished) {
      try {
        fitConfidence(folder.model(), validation);
        if (integers) {
          fitConfidence(folder.quantized(), validation);
        }
        Model measured = ModelFile.read(integers ? folder.quantized() : folder.model());
        Dataset test = setup.data().test();
        Dataset images = test.size() > 0 ? test : setup.data().validation();
        try (Evaluator tester = setup.evaluator(test).orElse(null)) {
          Optional<Evaluation> evaluation =
              Optional.ofNullable(tester)
                  .or(() -> validation)
                  .map(e ->
                      e.confidence(measured.confidence()).evaluate(measured.weights(), done -> {}));
          RunReport.write(setup, epochs, images, evaluation);
          return result(epochs, integers, true, evaluation);
        }
      } catch (CancellationException _) {
        // Who goes on evaluates it again.
      }
    }
    return result(epochs, integers, false, Optional.empty());
  }

  private TrainingResult result(
      List<EpochMetrics> epochs,
      boolean integers,
      boolean finished,
      Optional<Evaluation> evaluation) {
    return new TrainingResult(
        ModelFile.read(folder.model()),
        integers ? Optional.of(ModelFile.read(folder.quantized())) : Optional.empty(),
        epochs,
        finished,
        evaluation);
  }

  /** Gives a model's file the temperature and the threshold that fit the validation images. */
  private void fitConfidence(Path file, Optional<Evaluator> validation) {
    if (setup.data().validation().size() < LEAST_FOR_CONFIDENCE) {
      return;
    }
    Model model = ModelFile.read(file);
    LabelledLogits logits = validation.orElseThrow().logits(model.weights(), done -> {});
    // Where hardly any is wrong, no temperature is too low.
    Confidence fitted =
        logits.mistakes() < LEAST_MISTAKES
            ? ConfidenceFit.thresholdOf(logits, UNKNOWN)
            : ConfidenceFit.of(logits, UNKNOWN);
    ModelFile.write(file, model.withConfidence(fitted));
  }

  /** Returns what to go on with: the last checkpoint, or the beginning. */
  private Checkpoint state(boolean resume) {
    TrainingSources sources = TrainingSources.of(setup.data(), from, teacher);
    if (resume && Files.exists(folder.checkpoint())) {
      folder.requireBegunWith(options);
      folder.requireBegunWith(sources);
      Checkpoint state = Checkpoint.read(folder.checkpoint(), setup.network());
      listener.note(whereItGoesOn(state.progress(), setup.steps()));
      return state;
    }
    if (resume) {
      listener.note("nothing to resume in " + folder.path() + ": the training begins");
    }
    folder.begin(options, sources, setup.metadata());
    Progress progress = Progress.begin(options.epochs());
    Weights.Trained weights = trainable();
    Map<String, float[]> averages = new HashMap<>();
    if (options.emaDecay() > 0) {
      setup.network().parameters().forEach(p -> averages.put(p.name(), weights.get(p).clone()));
    }
    return new Checkpoint(progress, weights, 0, Map.of(), averages, Map.of());
  }

  private String whereItGoesOn(Progress progress, int steps) {
    if (progress.finished()) {
      return "all %s epochs of %s are done".formatted(progress.epochs(), folder.path());
    }
    return "resumes %s in epoch %s of %s, %s"
        .formatted(
            folder.path(),
            progress.epoch() + 1,
            progress.epochs(),
            progress.batch() == 0
                ? "at its beginning"
                : progress.batch() < steps
                    ? "after %s of %s steps".formatted(progress.batch(), steps)
                    : "at its validation");
  }

  /** Returns the weights to begin with, with a BatchNorm that is measured if they have none. */
  private Weights.Trained trainable() {
    MobileNetV1 network = setup.network();
    Weights.Trained weights = setup.start().weights().withBatchNorm(network);
    if (Stage.of(options).getLast().frozenParts(network) < TrainingGraph.parts(network)
        && weights.addsBiasesOnly(network)) {
      listener.note(
          "as usual, BatchNorm is folded into these weights; for training it is measured on %s pictures"
              .formatted(setup.shard()));
      try (Loader loader =
          setup.loader(setup.shard()).build()) { // the first shard of all processes
        Iterator<Batch> batches = StageRun.batches(loader, Progress.begin(1), setup);
        if (batches.hasNext()) { // not stopped
          return UnfoldedBatchNorm.of(
              network,
              weights.folded(network),
              batches.next(),
              setup.resources().threads(),
              setup.stop());
        }
      }
    }
    return weights;
  }
}
