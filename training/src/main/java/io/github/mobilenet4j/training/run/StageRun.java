package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Batch;
import io.github.mobilenet4j.data.Batches;
import io.github.mobilenet4j.data.KeptFeatures;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.evaluation.Teacher;
import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.random.SplitMix64;
import io.github.mobilenet4j.training.Arithmetic;
import io.github.mobilenet4j.training.MovingAverage;
import io.github.mobilenet4j.training.Optimization;
import io.github.mobilenet4j.training.SoftTargets;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.run.EpochMetrics.Figures;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;
import java.util.stream.StreamSupport;

/** The loop: the epochs of a {@link Stage}, each of steps and a validation. */
final class StageRun implements AutoCloseable {
  private final TrainingSetup setup;
  private final TrainingOptions options;
  private final Stage stage;
  private final Batches batches;

  /** Whether the backbone's features are kept, of all images. */
  private final boolean keeps;

  private final RunRecorder recorder;
  private final EarlyStopping stopping;
  private final TrainingGraph graph;
  private final Optional<Teacher> teacher;
  private final Optional<Evaluator> evaluator;
  private final Optimization optimization;
  private final MovingAverage average;
  private final Map<String, float[]> averages;
  private final int classes;
  private final float[] classFactors;
  private final float[] targets;
  private final float[] logits;

  /** Of steps of several shards; null where there is one, which is the mean over itself. */
  private final ShardSum sum;

  /** The next shard that has images, null if it has not been asked for. */
  private Batch upcoming;

  private Progress progress;
  private long lap;
  private long saved;

  /**
   * @param state where to go on
   * @param classFactors how much an image counts, by its class
   * @param inputs stay open
   */
  StageRun(
      TrainingSetup setup,
      Stage stage,
      Checkpoint state,
      float[] classFactors,
      StageInputs inputs,
      RunRecorder recorder) {
    this.setup = setup;
    this.stage = stage;
    this.classFactors = classFactors;
    teacher = inputs.teacher();
    evaluator = inputs.evaluator();
    this.recorder = recorder;
    options = setup.options();
    stopping = EarlyStopping.of(options);
    // What floats reached before says nothing of integers.
    progress =
        stage.rounding() == Stage.Rounding.FOLLOWING && stage.isNew(state.progress())
            ? state.progress().withoutBest()
            : state.progress();
    averages = state.averages();
    classes = setup.network().classes();
    targets = new float[Math.multiplyExact(setup.shard(), classes)];
    logits = new float[targets.length];
    batches = inputs.batches(stage, state.weights());
    keeps = batches instanceof KeptFeatures;
    graph = keeps ? classifierGraph(state) : graph(state);
    try {
      optimization = new Optimization(options.optimizer(), options.weightDecay(), graph);
      if (progress.epoch() > stage.since() || progress.batch() > 0) {
        optimization.restore(state.optimizerSteps(), state.memory());
      }
      average =
          options.emaDecay() == 0 ? null : new MovingAverage(options.emaDecay(), averages, graph);
      sum =
          options.shards() == 1
              ? null
              : new ShardSum(
                  graph, options.shards(), setup.resources().exchange(), options.shardGradients());
    } catch (RuntimeException | Error e) {
      graph.close();
      throw e;
    }
  }

  private TrainingGraph classifierGraph(Checkpoint state) {
    return TrainingGraph.ofClassifier(
        setup.network(), state.weights(), setup.batch(), setup.resources().threads());
  }

  private TrainingGraph graph(Checkpoint state) {
    return new TrainingGraph(
        setup.network(),
        state.weights(),
        setup.shard(),
        setup.resources().threads(),
        stage.frozenParts(setup.network()),
        options.batchNormMomentum(),
        new Arithmetic(options.precision(), stage.quantization(options, state.ranges())));
  }

  /** Runs what is left of the stage, until it is to stop, and returns what it has come to. */
  Checkpoint run() {
    lap = System.nanoTime();
    saved = lap;
    while (!stage.isOver(progress) && !setup.stopped()) {
      epoch();
    }
    return state();
  }

  /** Returns how many pictures were left out. */
  int unreadable() {
    return batches.unreadable().size();
  }

  private void epoch() {
    Iterator<Batch> left = batches(batches, progress, setup);
    upcoming = null;
    while (sum == null ? wholeStep(left) : shardedStep(left)) {
      if (setup.stopped() || stopping.outOfTime(progress)) {
        break;
      }
      if (System.nanoTime() - saved >= setup.resources().checkpointEvery().toNanos()) {
        checkpoint();
      }
    }
    if (setup.stopped()) {
      checkpoint();
    } else {
      finishEpoch();
    }
  }

  /**
   * Returns what is left of the epoch under way.
   *
   * @throws MobileNetException if there is nothing to learn from in a whole epoch
   */
  static Iterator<Batch> batches(Batches loader, Progress progress, TrainingSetup setup) {
    // BatchNorm has no variance of a single value; unreadable images may leave one image.
    Iterator<Batch> batches =
        StreamSupport.stream(
                loader
                    .epoch(progress.epoch(), progress.batch() * setup.options().shards())
                    .spliterator(),
                false)
            .filter(images -> images.n() > 1)
            .iterator();
    if (!batches.hasNext()
        && progress.sums().images() == 0
        && !setup.stopped()
        && !loader.unreadable().isEmpty()) { // none of this process's, otherwise
      throw new MobileNetException(
          "no batch has two pictures that can be read: " + loader.unreadable().getFirst().reason());
    }
    return batches;
  }

  /** Makes the step of the next batch, and returns whether there was one. */
  private boolean wholeStep(Iterator<Batch> batches) {
    if (!batches.hasNext()) {
      return false;
    }
    Batch images = batches.next();
    update(images.number() + 1, compute(images, 0, null));
    return true;
  }

  /** Makes the next step whose shards have images, and returns whether there was one. */
  private boolean shardedStep(Iterator<Batch> batches) {
    for (int step = progress.batch(); step < setup.steps(); step++) {
      sum.begin();
      for (int i = 0; i < sum.own().length; i++) {
        int shard = sum.own()[i];
        if (upcoming == null && batches.hasNext()) {
          upcoming = batches.next();
        }
        if (setup.stopped()) {
          sum.abandon();
          return false;
        }
        sum.beginShard();
        boolean has = upcoming != null && upcoming.number() == step * options.shards() + shard;
        int index = i;
        sum.add(
            index,
            has
                ? compute(upcoming, shard, first -> sum.written(index, upcoming.n(), first))
                : ShardSum.Totals.NONE);
        upcoming = has ? null : upcoming;
      }
      ShardSum.Totals totals = sum.finish();
      if (totals.images() > 0) {
        update(step + 1, totals);
        return true;
      }
    }
    return false;
  }

  /**
   * Computes gradients.
   *
   * @param written as in {@link TrainingGraph#step}
   */
  private ShardSum.Totals compute(Batch images, int shard, IntConsumer written) {
    int n = images.n();
    for (int i = 0; i < n * classes; i++) {
      targets[i] = images.targets()[i] * classFactors[i % classes];
    }
    long seed =
        options.seed() * SplitMix64.GOLDEN_GAMMA + progress.step() * options.shards() + shard;
    Optional<SoftTargets> soft =
        teacher.map(t ->
            new SoftTargets(
                t.logits(images.x(), n),
                options.distillationTemperature(),
                options.distillationWeight()));
    float loss = graph.step(images.x(), targets, soft, n, seed, logits, written);
    if (!Float.isFinite(loss)) {
      throw Divergence.explained("the loss is " + loss, graph, progress, options);
    }
    return new ShardSum.Totals(n, correct(images.labels(), n), loss);
  }

  /** Changes the weights by the gradients, and tells of the step. */
  private void update(int next, ShardSum.Totals totals) {
    double rate = rate(progress.batch());
    optimization.step(
        rate,
        rate * options.backboneRate(),
        options.clipNorm() == 0 ? Double.POSITIVE_INFINITY : options.clipNorm());
    if (average != null) {
      average.step(progress.step());
    }
    progress = progress.afterStep(next, totals.images(), totals.correct(), totals.loss(), lap());
    StepMetrics metrics =
        new StepMetrics(
            progress.epoch() + 1,
            progress.epochs(),
            progress.batch(),
            setup.steps(),
            progress.loss(),
            progress.top1(),
            rate(progress.batch() - 1),
            progress.imagesPerSecond());
    setup.listener().step(metrics);
    recorder.step(metrics);
  }

  /** Returns the learning rate of the step that a batch of this epoch makes. */
  private double rate(int batch) {
    double step = 1.0 / setup.steps();
    double epoch = progress.epoch() + batch * step;
    return stage.learningRate(options, epoch, progress.epochs(), step);
  }

  private int correct(int[] labels, int n) {
    int correct = 0;
    for (int i = 0; i < n; i++) {
      correct += Logits.argmax(logits, i, classes) == labels[i] ? 1 : 0;
    }
    return correct;
  }

  /** Validates the epoch whose steps are made, and writes what it has brought. */
  private void finishEpoch() {
    Model model = setup.model(state());
    Map<String, float[]> ranges = graph.ranges();
    Optional<Model> integers =
        ranges.isEmpty() ? Optional.empty() : Optional.of(setup.integers(model, ranges));
    Weights validated = integers.orElse(model).weights();
    int images = setup.data().validation().size();
    Figures validation;
    try {
      validation =
          evaluator
              .map(e -> evaluation(e, validated, images))
              .map(e -> new Figures(e.loss(), e.top1(), e.top5()))
              .orElse(Figures.NONE);
    } catch (CancellationException _) {
      checkpoint(); // all steps of the epoch are made, and its validation is not
      return;
    }
    EpochMetrics metrics =
        new EpochMetrics(
            progress.epoch() + 1,
            progress.step(),
            rate(progress.batch() - 1),
            new Figures(progress.loss(), progress.top1(), Double.NaN),
            validation,
            integers.isPresent(),
            progress.imagesPerSecond(),
            progress.seconds());
    boolean best = evaluator.isEmpty() || progress.improvesOn(validation.top1(), validation.loss());
    if (best) {
      // Without validation the last model is the best that is known.
      progress =
          evaluator.isEmpty()
              ? progress.withBest(0, 0)
              : progress.withBest(validation.top1(), validation.loss());
      ModelFile.write(setup.folder().model(), model);
      integers.ifPresent(of -> ModelFile.write(setup.folder().quantized(), of));
    }
    ModelFile.write(setup.folder().last(), model);
    // Before the checkpoint: who goes on reads a row for each epoch that it says is done.
    recorder.epoch(metrics, best);
    double seconds = lap();
    progress = progress.afterEpoch(epochs(seconds), seconds);
    checkpoint();
    setup.listener().epoch(metrics, best);
  }

  private Evaluation evaluation(Evaluator evaluator, Weights weights, int images) {
    IntConsumer progress = done -> setup.listener().validating(done, images);
    return keeps && weights instanceof Weights.Trained trained
        ? evaluator.evaluateClassifier(trained, progress)
        : evaluator.evaluate(weights, progress);
  }

  /** Returns how many epochs there will be, now that one more is done. */
  private int epochs(double validationSeconds) {
    if (stopping.outOfPatience(progress, stage)) {
      setup
          .listener()
          .note(
              "no better validation in %s epochs: the training ends".formatted(options.patience()));
      return progress.epoch() + 1;
    }
    return stopping.epochsInTime(progress, validationSeconds);
  }

  private void checkpoint() {
    state().write(setup.folder().checkpoint(), setup.network());
    saved = System.nanoTime();
    setup.listener().saved(progress.step());
  }

  /**
   * Returns what the training has come to.
   *
   * @throws MobileNetException if a value is not finite, so that no file is replaced by one that is
   *     of no use
   */
  private Checkpoint state() {
    if (Divergence.isIn(graph)) {
      throw Divergence.explained("a value is no longer finite", graph, progress, options);
    }
    return new Checkpoint(
        progress,
        graph.weights(),
        optimization.steps(),
        optimization.memory(),
        averages,
        graph.ranges());
  }

  /** Returns the seconds since the last lap. */
  private double lap() {
    long now = System.nanoTime();
    double seconds = (now - lap) / 1e9;
    lap = now;
    return seconds;
  }

  @Override
  public void close() {
    if (sum != null) {
      sum.close();
    }
    graph.close();
  }
}
