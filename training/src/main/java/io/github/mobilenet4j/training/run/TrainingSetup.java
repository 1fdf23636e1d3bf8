package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Loader;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.quantization.Granularity;
import io.github.mobilenet4j.quantization.Quantizer;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What a {@link Trainer} was told, as it is when the training begins.
 *
 * @param data the images
 * @param start the model before its first step
 * @param options everything that decides the result
 * @param folder receives the result
 * @param metadata for {@code config.json} and the model
 * @param resources what the machine gives
 * @param listener to the progress
 * @param stop whether to save everything and return; stays true
 */
record TrainingSetup(
    Splits data,
    Model start,
    TrainingOptions options,
    RunFolder folder,
    Map<String, String> metadata,
    Resources resources,
    TrainingListener listener,
    BooleanSupplier stop) {

  /**
   * What the machine gives, which does not change the result.
   *
   * @param threads that compute, and as many again that read images
   * @param cacheBytes memory for decoded images
   * @param checkpointEvery time between checkpoints within an epoch
   * @param exchange which of a step's shards are computed here, and who has the others
   */
  record Resources(
      int threads, long cacheBytes, Duration checkpointEvery, ShardExchange exchange) {}

  MobileNetV1 network() {
    return start.network();
  }

  /** Returns the images of a step. */
  int batch() {
    return Math.min(options.batch(), data.train().size());
  }

  /**
   * Returns the images of a shard, of which a step has {@link TrainingOptions#shards}.
   *
   * @throws MobileNetException if there are fewer images than a step of several shards has
   */
  int shard() {
    if (options.shards() > 1 && data.train().size() < options.batch()) {
      throw new MobileNetException(
          "%s images to learn from, expected at least the %s of a step of %s shards"
              .formatted(data.train().size(), options.batch(), options.shards()));
    }
    return batch() / options.shards();
  }

  /** Returns the steps of an epoch, if every image can be read. */
  int steps() {
    return data.train().size() / batch();
  }

  /** Returns what reads the images of the shards that are computed here. */
  Loader.Builder shardLoader() {
    return loader(shard()).only(batch -> resources.exchange().isOwn(batch % options.shards()));
  }

  boolean stopped() {
    return stop.getAsBoolean();
  }

  /** Returns what measures models on these images, which may be none. */
  Optional<Evaluator> evaluator(Dataset images) {
    return images.size() == 0
        ? Optional.empty()
        : Optional.of(
            new Evaluator(
                    start,
                    images,
                    shard(),
                    resources.threads(),
                    resources.cacheBytes(),
                    options.strict())
                .stopWhen(stop));
  }

  /** Returns what reads the images to learn from in batches of so many. */
  Loader.Builder loader(int batch) {
    MobileNetV1 network = network();
    return Loader.builder(data.train(), start.preprocessing(), network.height(), network.width())
        .augmentation(options.augmentation())
        .labelSmoothing(options.labelSmoothing())
        .batch(batch)
        .seed(options.seed())
        .threads(resources.threads())
        .cacheBytes(resources.cacheBytes())
        .shuffle(true)
        .dropLast(true)
        .strict(options.strict())
        .stopWhen(stop);
  }

  /** Returns the model that a training has come to in the epoch under way. */
  Model model(Checkpoint state) {
    Weights present =
        state.averages().isEmpty() ? state.weights() : new Weights.Trained(state.averages());
    Map<String, String> all = new HashMap<>(start.metadata());
    all.putAll(metadata);
    all.put("epoch", Integer.toString(state.progress().epoch() + 1));
    all.put("seed", Long.toString(options.seed()));
    return new Model(network(), present, start.preprocessing(), start.labels(), all);
  }

  /**
   * Returns a model of {@link #model} in integers.
   *
   * @param ranges of the layers' outputs
   */
  Model integers(Model model, Map<String, float[]> ranges) {
    return new Quantizer()
        .granularity(options.perTensor() ? Granularity.PER_TENSOR : Granularity.PER_CHANNEL)
        .quantize(model, ranges);
  }
}
