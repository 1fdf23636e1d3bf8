package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.quantization.Quantizer;
import io.github.mobilenet4j.weights.Model;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Trains a classifier on labelled pictures and keeps it safe while doing so.
 *
 * <pre>{@code
 * Splits images = Splits.read(Path.of("pets"), Splits.Fractions.DEFAULT);
 * TrainingOptions options = TrainingOptions.fromScratch().epochs(40).build();
 * TrainingResult result =
 *     Trainer.of(images, options, new RunFolder(Path.of("runs/pets"))).train();
 * }</pre>
 *
 * <p>The same images, options and weights to begin with give the same model, bit for bit, on any
 * number of threads, and however often the training was killed and resumed on the way; unless there
 * is a time budget.
 */
public final class Trainer {
  final TrainingOptions options;
  final RunFolder folder;
  volatile boolean stopped;

  private final Splits data;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private Model from;
  private Optional<Model> teacher = Optional.empty();
  private boolean resume;
  private int threads = Runtime.getRuntime().availableProcessors();
  private long cacheBytes = Runtime.getRuntime().maxMemory() / 4;
  private Duration checkpointEvery = Duration.ofMinutes(1);
  private ShardExchange exchange = ShardExchange.ALONE;
  private TrainingListener listener = new TrainingListener() {};

  private Trainer(Splits data, TrainingOptions options, RunFolder folder) {
    this.data = data;
    this.options = options;
    this.folder = folder;
  }

  /**
   * Returns a trainer.
   *
   * @param data the pictures to learn from and to choose the best model by
   * @param options everything that decides the result
   * @param folder receives the result
   */
  public static Trainer of(Splits data, TrainingOptions options, RunFolder folder) {
    return new Trainer(data, options, folder);
  }

  /**
   * Begins with a model's weights. Folded ones get a BatchNorm that is measured on the first batch
   * of images. Its head, if it has one, is replaced by a new classifier, unless that is a
   * classifier with softmax alone whose labels are the classes of the pictures, in the same order.
   */
  public Trainer from(Model model) {
    from = model;
    return this;
  }

  /**
   * Learns a model's logits beside the labels: see {@link TrainingOptions#distillationTemperature}.
   * They are computed of each image as it is varied for the network, brought to the teacher's size
   * and preprocessing. Its classes are found by WordNet number or name, and there may be more of
   * them.
   */
  public Trainer teacher(Model model) {
    teacher = Optional.of(model);
    return this;
  }

  /**
   * Goes on with the training that is in the folder, from its last checkpoint; where there is none,
   * it begins. The listener is told which, and where. Without this a folder that has a training is
   * refused.
   */
  public Trainer resume() {
    resume = true;
    return this;
  }

  /** Sets how many threads compute, ≥ 1; default one a processor. The result does not change. */
  public Trainer threads(int count) {
    threads = count;
    return this;
  }

  /** Sets the memory for decoded pictures; default a quarter of the heap. */
  public Trainer cacheBytes(long bytes) {
    cacheBytes = bytes;
    return this;
  }

  /** Sets the time between checkpoints within an epoch; default one minute. */
  public Trainer checkpointEvery(Duration time) {
    checkpointEvery = time;
    return this;
  }

  /**
   * Sets who computes which of the {@link TrainingOptions#shards} of a step; default {@link
   * ShardExchange#ALONE}. The other processes train with the same images, options and weights to
   * begin with, each in a folder of its own. The result does not change, and is the same in all.
   */
  public Trainer exchange(ShardExchange value) {
    exchange = value;
    return this;
  }

  /** Sets a listener to the progress. */
  public Trainer listener(TrainingListener value) {
    listener = value;
    return this;
  }

  /** Adds metadata to {@code config.json} and to the model, such as where the pictures are from. */
  public Trainer metadata(String name, String value) {
    metadata.put(name, value);
    return this;
  }

  /**
   * Trains until the last epoch or until {@link #stop}.
   *
   * @throws MobileNetException if the options do not fit the data or the model; another training is
   *     under way in the folder, or it would go on with other options, images or weights to begin
   *     with than it was begun with; a file cannot be written, the machine lacks memory, open files
   *     or a disk that answers; or the loss is no longer a number. The last checkpoint is then
   *     still there, to go on from
   */
  public TrainingResult train() {
    if (data.train().size() < 2) {
      throw new MobileNetException(
          "%s pictures to learn from, expected at least 2".formatted(data.train().size()));
    }
    if (teacher.isPresent() != options.distillationWeight() > 0) {
      throw new MobileNetException(
          "distillation weight is %s, expected %s"
              .formatted(
                  options.distillationWeight(),
                  teacher.isPresent() ? "> 0: there is a teacher" : "0: there is no teacher"));
    }
    Labels classes = new Labels(data.train().classes());
    try {
      Model start =
          from == null
              ? StartingModel.fromScratch(options, classes)
              : StartingModel.from(from, options, classes);
      TrainingSetup setup =
          new TrainingSetup(
              data,
              options.quantize() ? Quantizer.withWholePixels(start) : start,
              options,
              folder,
              Collections.unmodifiableMap(new LinkedHashMap<>(metadata)),
              new TrainingSetup.Resources(threads, cacheBytes, checkpointEvery, exchange),
              listener,
              () -> stopped);
      return new TrainingRun(setup, from, teacher).run(resume);
    } catch (OutOfMemoryError e) {
      throw new MobileNetException(
          "out of memory (%s): more of it (see -Xmx) or fewer threads can go on from the last"
                  .formatted(e.getMessage())
              + " checkpoint",
          e);
    }
  }

  /**
   * Makes {@link #train} save everything and return: after the step that is under way, after the
   * image that is being read, or within a validation after the batch that is being classified. That
   * epoch is then validated again by who goes on. From any thread; once stopped, a trainer stays
   * so.
   */
  public void stop() {
    stopped = true;
  }
}
