package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Batch;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Loader;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.files.FolderLock;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Parameter;
import io.github.mobilenet4j.random.SplitMix64;
import io.github.mobilenet4j.report.Epoch;
import io.github.mobilenet4j.report.Mistake;
import io.github.mobilenet4j.report.Report;
import io.github.mobilenet4j.training.MovingAverage;
import io.github.mobilenet4j.training.Optimization;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.TrainingParameter;
import io.github.mobilenet4j.training.UnfoldedBatchNorm;
import io.github.mobilenet4j.weights.FoldedBatchNorm;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.StreamSupport;

/** One call of {@link Trainer#train}. */
final class TrainingRun {
  /** Steps between two points of TensorBoard's curve of the loss. */
  private static final int STEPS_A_POINT = 10;

  /** Pictures in the report. */
  private static final int MISTAKES = 24;

  private final Trainer trainer;
  private final TrainingOptions options;
  private final RunFolder folder;
  private final TrainingListener listener;
  private final Model start;
  private final MobileNetV1 network;
  private final int batch;
  private final float[] classFactors;
  private final float[] targets;
  private final float[] logits;

  private Progress progress;
  private Weights weights;
  private List<EpochMetrics> metrics = new ArrayList<>();

  /** What the optimizer of the present stage goes on with; null if it is new. */
  private Checkpoint resumed;

  /** By name, for all values of the network; empty without moving average. */
  private final Map<String, float[]> averages = new HashMap<>();

  private long mark;
  private long saved;

  TrainingRun(Trainer trainer, Model start) {
    this.trainer = trainer;
    this.start = start;
    options = trainer.options;
    folder = trainer.folder;
    listener = trainer.listener;
    network = start.network();
    weights = start.weights();
    progress = Progress.begin(options.epochs());
    Dataset images = trainer.data.train();
    batch = Math.min(options.batch(), images.size());
    classFactors = options.classWeights().factors(images.counts());
    targets = new float[Math.multiplyExact(batch, network.classes())];
    logits = new float[targets.length];
  }

  TrainingResult run() {
    try (FolderLock _ = folder.open(trainer.resume)) {
      return runLocked();
    }
  }

  private TrainingResult runLocked() {
    try (Loader loader = loader()) {
      TrainingSources sources = TrainingSources.of(trainer.data, trainer.from);
      if (trainer.resume && Files.exists(folder.checkpoint())) {
        resume(sources, loader.batches());
      } else {
        begin(sources, loader);
      }
      listener.begins(
          network, Math.min(progress.epoch() + 1, progress.epochs()), progress.epochs());
      run(loader);
      if (!loader.unreadable().isEmpty()) {
        listener.note(
            "pictures that cannot be read and were left out: " + loader.unreadable().size());
      }
    }
    if (!Files.exists(folder.model())) {
      ModelFile.write(folder.model(), model());
    }
    Model best = ModelFile.read(folder.model());
    if (!progress.finished()) {
      return new TrainingResult(best, metrics, false, Optional.empty());
    }
    try {
      return new TrainingResult(best, metrics, true, judge(best));
    } catch (CancellationException _) {
      return new TrainingResult(best, metrics, false, Optional.empty());
    }
  }

  private void begin(TrainingSources sources, Loader loader) {
    if (trainer.resume) {
      listener.note("nothing to resume in " + folder.path() + ": the training begins");
    }
    folder.begin(options, sources, trainer.metadata);
    if (frozen(options.frozenBlocks()) < TrainingGraph.parts(network)
        && FoldedBatchNorm.isIn(network, weights)) {
      listener.note(
          "BatchNorm is folded into these weights: it is measured on %s pictures".formatted(batch));
      Iterator<Batch> batches = batches(loader);
      if (batches.hasNext()) { // not stopped
        weights =
            UnfoldedBatchNorm.of(
                network, weights, batches.next(), trainer.threads, () -> trainer.stopped);
      }
    }
    if (options.emaDecay() > 0) {
      network.parameters().forEach(p -> averages.put(p.name(), weights.get(p).clone()));
    }
  }

  /**
   * @param batches of an epoch
   */
  private void resume(TrainingSources sources, int batches) {
    folder.requireBegunWith(options);
    folder.requireBegunWith(sources);
    resumed = Checkpoint.read(folder.checkpoint(), network);
    progress = resumed.progress();
    weights = resumed.weights();
    averages.putAll(resumed.averages());
    if (progress.epoch() > 0) {
      metrics = new ArrayList<>(folder.readMetrics(progress.epoch()));
    }
    listener.note(whereItGoesOn(batches));
  }

  private String whereItGoesOn(int batches) {
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
                : progress.batch() < batches
                    ? "after %s of %s steps".formatted(progress.batch(), batches)
                    : "at its validation");
  }

  private Loader loader() {
    return Loader.builder(
            trainer.data.train(), start.preprocessing(), network.height(), network.width())
        .augmentation(options.augmentation())
        .labelSmoothing(options.labelSmoothing())
        .batch(batch)
        .seed(options.seed())
        .threads(trainer.threads)
        .cacheBytes(trainer.cacheBytes)
        .shuffle(true)
        .dropLast(true)
        .strict(options.strict())
        .stopWhen(() -> trainer.stopped)
        .build();
  }

  /** Returns what is left of the epoch under way. */
  private Iterator<Batch> batches(Loader loader) {
    // BatchNorm has no variance of a single value; unreadable pictures may leave one picture.
    Iterator<Batch> batches =
        StreamSupport.stream(loader.epoch(progress.epoch(), progress.batch()).spliterator(), false)
            .filter(images -> images.n() > 1)
            .iterator();
    if (!batches.hasNext() && progress.images() == 0 && !trainer.stopped) {
      throw new MobileNetException(
          "no batch has two pictures that can be read: " + loader.unreadable().getFirst().reason());
    }
    return batches;
  }

  private void run(Loader loader) {
    try (EventFile events = new EventFile(folder.path(), now(), progress.step())) {
      for (Stage stage : Stage.of(options)) {
        if (progress.epoch() < Math.min(stage.end(), progress.epochs()) && !trainer.stopped) {
          run(stage, loader, events);
        }
      }
    }
  }

  private void run(Stage stage, Loader loader, EventFile events) {
    try (TrainingGraph graph =
            new TrainingGraph(
                network,
                weights,
                batch,
                trainer.threads,
                frozen(stage.frozenBlocks()),
                options.batchNormMomentum());
        Evaluator evaluator = evaluator(trainer.data.validation())) {
      Work work = new Work(stage, graph);
      if (resumed != null && (progress.epoch() > stage.begin() || progress.batch() > 0)) {
        work.optimization.restore(resumed.optimizerSteps(), resumed.memory());
      }
      resumed = null;
      mark = System.nanoTime();
      saved = mark;
      while (progress.epoch() < Math.min(stage.end(), progress.epochs()) && !trainer.stopped) {
        work.epoch(loader, evaluator, events);
      }
      weights = graph.weights();
    }
  }

  /** Returns how many parts of this network are frozen. */
  private int frozen(int frozenBlocks) {
    return frozenBlocks == TrainingOptions.WHOLE_BACKBONE
        ? TrainingGraph.parts(network)
        : frozenBlocks;
  }

  private Evaluator evaluator(Dataset images) {
    return images.size() == 0
        ? null
        : new Evaluator(start, images, batch, trainer.threads, trainer.cacheBytes, options.strict())
            .stopWhen(() -> trainer.stopped);
  }

  /** The epochs of a stage. */
  private final class Work {
    private final Stage stage;
    private final TrainingGraph graph;
    private final Optimization optimization;
    private final MovingAverage average;

    Work(Stage stage, TrainingGraph graph) {
      this.stage = stage;
      this.graph = graph;
      optimization = new Optimization(options.optimizer(), options.weightDecay(), graph);
      average =
          options.emaDecay() == 0 ? null : new MovingAverage(options.emaDecay(), averages, graph);
    }

    private void epoch(Loader loader, Evaluator evaluator, EventFile events) {
      int count = loader.batches();
      Iterator<Batch> batches = batches(loader);
      while (batches.hasNext()) {
        step(batches.next(), rate(count, progress.batch()));
        report(count, events);
        if (trainer.stopped || overtime()) {
          break;
        }
        if (System.nanoTime() - saved >= trainer.checkpointEvery.toNanos()) {
          checkpoint();
        }
      }
      if (trainer.stopped) {
        checkpoint();
      } else {
        finish(evaluator, count, events);
      }
    }

    /** Returns the learning rate of the step that a batch of this epoch makes. */
    private double rate(int batches, int number) {
      double step = 1.0 / batches;
      double epoch = progress.epoch() + number * step;
      return options.learningRate() * stage.rateFactor(options, epoch, progress.epochs(), step);
    }

    private double lastRate(int batches) {
      return rate(batches, progress.batch() - 1);
    }

    private void step(Batch images, double rate) {
      int n = images.n();
      int classes = network.classes();
      for (int i = 0; i < n * classes; i++) {
        targets[i] = images.targets()[i] * classFactors[i % classes];
      }
      long seed = options.seed() * SplitMix64.GOLDEN_GAMMA + progress.step();
      float loss = graph.step(images.x(), targets, n, seed, logits);
      if (!Float.isFinite(loss)) {
        throw diverged("the loss is " + loss);
      }
      optimization.step(
          rate,
          rate * options.backboneRate(),
          options.clipNorm() == 0 ? Double.POSITIVE_INFINITY : options.clipNorm());
      if (average != null) {
        average.step(progress.step());
      }
      progress = progress.afterStep(images.number() + 1, n, right(images.labels(), n), loss, lap());
    }

    private int right(int[] labels, int n) {
      int right = 0;
      for (int i = 0; i < n; i++) {
        int row = i * network.classes();
        int best = 0;
        for (int k = 1; k < network.classes(); k++) {
          best = logits[row + k] > logits[row + best] ? k : best;
        }
        right += best == labels[i] ? 1 : 0;
      }
      return right;
    }

    private void report(int batches, EventFile events) {
      listener.step(
          new StepMetrics(
              progress.epoch() + 1,
              progress.epochs(),
              progress.batch(),
              batches,
              progress.loss(),
              progress.top1(),
              lastRate(batches),
              progress.images() / progress.epochSeconds()));
      if (progress.step() % STEPS_A_POINT == 0) {
        events.scalar(now(), progress.step(), "loss/running", progress.loss());
        events.scalar(now(), progress.step(), "learning_rate", lastRate(batches));
      }
    }

    private void finish(Evaluator evaluator, int batches, EventFile events) {
      requireFinite();
      weights = graph.weights();
      Model model = model();
      Evaluation evaluation = null;
      if (evaluator != null) {
        int of = trainer.data.validation().size();
        try {
          evaluation = evaluator.evaluate(model.weights(), done -> listener.validating(done, of));
        } catch (CancellationException _) {
          checkpoint(); // all steps of the epoch are made, and its validation is not
          return;
        }
      }
      double top1 = evaluation == null ? Double.NaN : evaluation.top1();
      double loss = evaluation == null ? Double.NaN : evaluation.loss();
      EpochMetrics row =
          new EpochMetrics(
              progress.epoch() + 1,
              progress.step(),
              lastRate(batches),
              progress.loss(),
              progress.top1(),
              loss,
              top1,
              evaluation == null ? Double.NaN : evaluation.top5(),
              progress.images() / progress.epochSeconds(),
              progress.seconds());
      metrics.add(row);
      // Without validation the last model is the best that is known.
      boolean best = evaluation == null || progress.improvesOn(top1, loss);
      if (best) {
        progress = progress.withBest(evaluation == null ? 0 : top1, evaluation == null ? 0 : loss);
        ModelFile.write(folder.model(), model);
      }
      ModelFile.write(folder.last(), model);
      folder.writeMetrics(metrics);
      write(row, events);
      double validation = lap();
      progress = progress.afterEpoch(epochs(validation), validation);
      checkpoint();
      listener.epoch(row, best);
    }

    /** Returns how many epochs there will be, now that one more is done. */
    private int epochs(double validation) {
      int done = progress.epoch() + 1;
      boolean patient =
          options.patience() == 0
              || stage.classifierOnly()
              || progress.epoch() - Math.max(progress.bestEpoch(), stage.begin())
                  < options.patience();
      if (!patient) {
        listener.note(
            "no better validation in %s epochs: the training ends".formatted(options.patience()));
        return done;
      }
      if (options.minutes() == 0) {
        return progress.epochs();
      }
      double left = 60 * options.minutes() - progress.seconds() - validation;
      int fit = (int) Math.max(left / (progress.epochSeconds() + validation), 0);
      return Math.min(done + fit, options.epochs());
    }

    private boolean overtime() {
      return options.minutes() > 0 && progress.seconds() >= 60 * options.minutes();
    }

    private void checkpoint() {
      requireFinite();
      weights = graph.weights();
      new Checkpoint(progress, weights, optimization.steps(), optimization.memory(), averages)
          .write(folder.checkpoint(), network);
      saved = System.nanoTime();
    }

    /** So that no file is replaced by one that is of no use. */
    private void requireFinite() {
      if (!graph.variables().stream().allMatch(p -> allFinite(p.values()))) {
        throw diverged("a value is no longer finite");
      }
    }

    private MobileNetException diverged(String what) {
      return new MobileNetException(
          String.format(
              Locale.ROOT,
              "step %d (epoch %d): %s; %s. Try a lower learning rate (now %s), a longer warm-up or"
                  + " a limit of the gradient's norm. The last checkpoint is untouched",
              progress.step() + 1,
              progress.epoch() + 1,
              what,
              origin(),
              options.learningRate()));
    }

    /** Forward first: where that broke, everything after it did too. */
    private String origin() {
      List<Parameter> order = network.parameters();
      Optional<TrainingParameter> first =
          graph.variables().stream()
              .filter(p -> !allFinite(p.values()))
              .min(Comparator.comparingInt(p -> order.indexOf(p.definition())));
      if (first.isPresent()) {
        return "it began in " + first.get().name();
      }
      for (TrainingParameter p : graph.parameters().reversed()) {
        if (!allFinite(p.gradient())) {
          return "it began in the gradient of " + p.name();
        }
      }
      return "all weights are finite, so it is the logits that are too large";
    }
  }

  private static boolean allFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  private void write(EpochMetrics row, EventFile events) {
    Map<String, Double> curves = new LinkedHashMap<>();
    curves.put("loss/train", row.trainLoss());
    curves.put("loss/validation", row.validationLoss());
    curves.put("top-1/train", row.trainTop1());
    curves.put("top-1/validation", row.validationTop1());
    curves.put("images_per_second", row.imagesPerSecond());
    double seconds = now();
    curves.forEach((name, value) -> {
      if (!value.isNaN()) {
        events.scalar(seconds, row.step(), name, value);
      }
    });
  }

  /** Returns the model as it is now. */
  private Model model() {
    Weights present =
        averages.isEmpty() ? weights : new Weights("moving average", network, averages);
    Map<String, String> metadata = new HashMap<>(start.metadata());
    metadata.putAll(trainer.metadata);
    metadata.put("epoch", Integer.toString(progress.epoch() + 1));
    metadata.put("seed", Long.toString(options.seed()));
    return new Model(network, present, start.preprocessing(), start.labels(), metadata);
  }

  /** Evaluates the best model on pictures that it has not learned from, and writes the report. */
  private Optional<Evaluation> judge(Model best) {
    Dataset images =
        trainer.data.test().size() > 0 ? trainer.data.test() : trainer.data.validation();
    try (Evaluator evaluator = evaluator(images)) {
      Optional<Evaluation> evaluation =
          Optional.ofNullable(evaluator).map(e -> e.evaluate(best.weights(), done -> {}));
      report(evaluation, images).write(folder.report());
      return evaluation;
    }
  }

  private Report report(Optional<Evaluation> evaluation, Dataset images) {
    Map<String, String> settings = new LinkedHashMap<>();
    trainer.metadata.forEach((name, value) -> settings.put(name.replace('_', ' '), value));
    settings.putAll(OptionTable.of(options));
    return new Report(
        "%s classes, MobileNet V1 %s, %s×%s"
            .formatted(
                network.classes(), network.widthMultiplier(), network.height(), network.width()),
        "%s pictures to learn from; the figures are of the best model on %s others"
            .formatted(trainer.data.train().size(), images.size()),
        metrics.stream()
            .map(m ->
                new Epoch(
                    m.epoch(),
                    m.trainLoss(),
                    m.trainTop1(),
                    m.validationLoss(),
                    m.validationTop1(),
                    m.learningRate()))
            .toList(),
        evaluation,
        evaluation.map(e -> Mistake.worst(e, images, MISTAKES)).orElse(List.of()),
        settings);
  }

  /** Returns the seconds since the last lap. */
  private double lap() {
    long now = System.nanoTime();
    double seconds = (now - mark) / 1e9;
    mark = now;
    return seconds;
  }

  private static double now() {
    return System.currentTimeMillis() / 1e3;
  }
}
