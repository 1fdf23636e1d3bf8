package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Batch;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Loader;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Confidence;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * Runs a model on a data set and measures its answers. Images are read and preprocessed ahead, on
 * other threads, and kept in memory from one evaluation to the next where there is room.
 *
 * <pre>{@code
 * try (Evaluator evaluator = new Evaluator(model, data, 32, threads, 0, false)) {
 *   Evaluation evaluation = evaluator.evaluate(done -> {});
 *   System.out.printf("top-1 %.1f %%%n", 100 * evaluation.top1());
 * }
 * }</pre>
 */
public final class Evaluator implements AutoCloseable {
  private final Model model;
  private final ClassPairs pairs;
  private final int batch;
  private final int threads;
  private final Loader loader;
  private volatile BooleanSupplier stop = () -> false;

  private Confidence confidence;

  /** Null for what the weights are made for. */
  private Precision precision;

  /** Of images whose features do not change; empty until they are asked for. */
  private final List<ImageFeatures> kept = new ArrayList<>();

  /** The features of an image, its number in the data set, and its label there. */
  @SuppressWarnings("ArrayRecordComponent")
  private record ImageFeatures(int image, int label, float[] features) {}

  /**
   * Pairs the classes of the data with the model's: by name, or where no name is the same and there
   * are as many, in their order.
   *
   * @param model the network, its preprocessing and its labels
   * @param data the pictures
   * @param batch pictures a run of the network, ≥ 1
   * @param threads that compute, and as many again that read ahead, ≥ 1
   * @param cacheBytes memory for pictures, for when there is more than one evaluation
   * @param strict whether an unreadable image is an error; else it is left out
   * @throws MobileNetException if the model has no classifier, a class of the data is none of the
   *     model's, or a number is out of its range
   */
  public Evaluator(
      Model model, Dataset data, int batch, int threads, long cacheBytes, boolean strict) {
    MobileNetV1 network = model.network();
    network.requireClassifier();
    this.model = model;
    this.confidence = model.confidence();
    this.pairs = ClassPairs.of(data, model);
    this.batch = batch;
    this.threads = threads;
    this.loader =
        Loader.builder(data, model.preprocessing(), network.height(), network.width())
            .batch(batch)
            .threads(threads)
            .cacheBytes(cacheBytes)
            .strict(strict)
            .stopWhen(() -> stop.getAsBoolean())
            .build();
  }

  /**
   * Sets what is asked, before each image that is read and after each batch, on any thread, whether
   * to give up; it stays true once it is. Default: never.
   */
  public Evaluator stopWhen(BooleanSupplier value) {
    stop = value;
    return this;
  }

  /** Sets what the network computes in. Default: what its weights are made for. */
  public Evaluator precision(Precision value) {
    precision = value;
    return this;
  }

  /** Sets how sure the logits are taken to be. Default: the model's. */
  public Evaluator confidence(Confidence value) {
    confidence = value;
    return this;
  }

  /** Returns whether the classes were paired in their order, because no name was the same. */
  public boolean classesByOrder() {
    return pairs.byOrder();
  }

  /**
   * Measures the model.
   *
   * @param progress told after each batch how many images are done
   * @throws MobileNetException as {@link #evaluate(Weights, IntConsumer)}
   * @throws CancellationException if it gave up: see {@link #stopWhen}
   */
  public Evaluation evaluate(IntConsumer progress) {
    return evaluate(model.weights(), progress);
  }

  /**
   * Measures the model with other weights, as they are after an epoch of its training.
   *
   * @param weights of the model's network
   * @param progress told after each batch how many pictures are done
   * @throws MobileNetException if no image can be read, or one is unreadable and this is strict, or
   *     the machine lacks what it takes to read one, or the network's output is not finite
   * @throws CancellationException if it gave up: see {@link #stopWhen}
   */
  public Evaluation evaluate(Weights weights, IntConsumer progress) {
    long start = System.nanoTime();
    List<ImagePrediction> predictions = new ArrayList<>();
    run(
        weights,
        (images, logits) -> {
          for (int i = 0; i < images.n(); i++) {
            predictions.add(prediction(images.indices()[i], images.labels()[i], logits, i));
          }
          progress.accept(predictions.size());
        });
    return evaluation(predictions, start);
  }

  /**
   * The same for weights that differ from those of the last such call in the classifier alone: the
   * pooled features of the images are computed in the first call, and kept, 4 bytes each.
   *
   * @throws MobileNetException as {@link #evaluate(Weights, IntConsumer)}
   * @throws CancellationException if it gave up: see {@link #stopWhen}
   */
  public Evaluation evaluateClassifier(Weights.Trained weights, IntConsumer progress) {
    long start = System.nanoTime();
    if (kept.isEmpty()) {
      keepFeatures(weights);
    }
    Layer classifier = model.network().classifier();
    float[] kernel = weights.get(classifier, Role.KERNEL);
    float[] bias = weights.get(classifier, Role.BIAS);
    List<ImagePrediction> predictions = new ArrayList<>();
    for (ImageFeatures each : kept) {
      float[] logits = bias.clone();
      for (int c = 0; c < each.features.length; c++) {
        float feature = each.features[c];
        for (int k = 0; k < logits.length; k++) {
          logits[k] += feature * kernel[c * logits.length + k];
        }
      }
      predictions.add(prediction(each.image, each.label, logits, 0));
    }
    progress.accept(predictions.size());
    return evaluation(predictions, start);
  }

  private void keepFeatures(Weights.Trained weights) {
    int size = model.network().features();
    float[] features = new float[Math.multiplyExact(batch, size)];
    try (Backbone backbone = new Backbone(model.network(), weights, batch, threads)) {
      for (Batch images : loader.epoch(0, 0)) {
        backbone.run(images, features);
        for (int i = 0; i < images.n(); i++) {
          float[] own = Arrays.copyOfRange(features, i * size, (i + 1) * size);
          kept.add(new ImageFeatures(images.indices()[i], images.labels()[i], own));
        }
      }
    }
    if (stop.getAsBoolean()) {
      kept.clear();
      throw new CancellationException("the evaluation was stopped");
    }
  }

  private ImagePrediction prediction(int image, int label, float[] logits, int row) {
    return ImagePrediction.of(
        image, pairs.index()[label], logits, row, model.network().head(), confidence);
  }

  private Evaluation evaluation(List<ImagePrediction> predictions, long start) {
    return new Evaluation(
        model.labels().names(),
        predictions,
        loader.unreadable(),
        (System.nanoTime() - start) / 1e9);
  }

  /**
   * Computes the logits of all images, for a {@link ConfidenceFit}: 4 bytes an output and image.
   *
   * @param progress told after each batch how many images are done
   * @throws MobileNetException as {@link #evaluate(Weights, IntConsumer)}
   * @throws CancellationException if it gave up: see {@link #stopWhen}
   */
  public LabelledLogits logits(IntConsumer progress) {
    return logits(model.weights(), progress);
  }

  /**
   * The same with other weights.
   *
   * @param weights of the model's network
   * @throws MobileNetException as {@link #evaluate(Weights, IntConsumer)}
   * @throws CancellationException if it gave up: see {@link #stopWhen}
   */
  public LabelledLogits logits(Weights weights, IntConsumer progress) {
    int each = model.network().outputs();
    List<float[]> logits = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    run(
        weights,
        (images, values) -> {
          for (int i = 0; i < images.n(); i++) {
            logits.add(Arrays.copyOfRange(values, i * each, (i + 1) * each));
            labels.add(pairs.index()[images.labels()[i]]);
          }
          progress.accept(labels.size());
        });
    float[] all = new float[Math.multiplyExact(logits.size(), each)];
    for (int i = 0; i < logits.size(); i++) {
      System.arraycopy(logits.get(i), 0, all, i * each, each);
    }
    return new LabelledLogits(
        all, labels.stream().mapToInt(Integer::intValue).toArray(), model.network().head());
  }

  /** Runs all images, and hands over each batch with what the network gave of each image. */
  private void run(Weights weights, BiConsumer<Batch, float[]> result) {
    float[] logits = new float[Math.multiplyExact(batch, model.network().outputs())];
    Precision of = precision == null ? Precision.of(weights) : precision;
    try (Session session = Session.of(model.network(), weights, of, batch, threads)) {
      for (Batch images : loader.epoch(0, 0)) {
        session.run(images.x(), images.n(), logits);
        result.accept(images, logits);
      }
    }
    if (stop.getAsBoolean()) {
      throw new CancellationException("the evaluation was stopped");
    }
  }

  /** Ends the threads that read ahead. */
  @Override
  public void close() {
    loader.close();
  }
}
