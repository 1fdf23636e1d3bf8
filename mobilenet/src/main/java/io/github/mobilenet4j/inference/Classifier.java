package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Pictures in, predictions out. Reads, preprocesses as the model asks, and runs the network.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.of(ModelFile.read(path))) {
 *   for (Prediction p : classifier.classify(Path.of("cat.jpg"), 5)) {
 *     System.out.println(p.label() + " " + p.probability());
 *   }
 * }
 * }</pre>
 *
 * <p>Safe to share between threads: each call takes a session of its own, which is kept for the
 * next call. Sessions have threads of their own; an application that classifies on many threads at
 * once does best with one thread for each picture: {@code of(model, 1)}. Once it is closed, calls
 * with a picture throw {@link IllegalStateException}.
 */
public final class Classifier implements AutoCloseable {
  private final Model model;
  private final InferencePlan plan;
  private final int threads;
  private final ImageReader reader = new ImageReader();
  private final Queue<Buffers> idle = new ConcurrentLinkedQueue<>();
  private volatile boolean closed;

  /** What one call needs; never used by two at once. */
  private record Buffers(Session session, float[] x, float[] logits) {}

  private Classifier(Model model, int threads) {
    this.model = model;
    this.plan = InferencePlan.compile(model.network(), model.weights());
    this.threads = threads;
  }

  /**
   * Returns a classifier that uses every processor for each picture.
   *
   * @throws MobileNetException if the model cannot be run
   */
  public static Classifier of(Model model) {
    return of(model, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Returns a classifier.
   *
   * @param threads the most threads that work on a picture, the caller's among them, ≥ 1
   * @throws MobileNetException if the model cannot be run or threads is below 1
   */
  public static Classifier of(Model model, int threads) {
    if (threads < 1) {
      throw new MobileNetException("threads is " + threads + ", expected >= 1");
    }
    return new Classifier(model, threads);
  }

  /** Returns the model. */
  public Model model() {
    return model;
  }

  /** Returns the compiled network, to open sessions on. */
  public InferencePlan plan() {
    return plan;
  }

  /**
   * Reads a picture file and classifies it.
   *
   * @param top how many classes to return, ≥ 1
   * @return the most probable classes, most probable first; of equal ones the lower index first
   * @throws MobileNetException if the file is not a picture that can be read or top is below 1
   */
  public List<Prediction> classify(Path picture, int top) {
    return classify(reader.read(picture), top);
  }

  /**
   * Classifies a picture.
   *
   * @param top how many classes to return, ≥ 1
   * @return the most probable classes, most probable first; of equal ones the lower index first
   * @throws MobileNetException if top is below 1
   */
  public List<Prediction> classify(RgbImage picture, int top) {
    if (top < 1) {
      throw new MobileNetException("top is " + top + ", expected >= 1");
    }
    float[] probabilities = probabilities(picture);
    return IntStream.range(0, probabilities.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -probabilities[i]))
        .limit(top)
        .map(i -> new Prediction(i, model.labels().name(i), probabilities[i]))
        .toList();
  }

  /** Returns the logit of every class, {@code [classes]}. */
  public float[] logits(RgbImage picture) {
    return run(picture, buffers -> buffers.logits().clone());
  }

  /** Returns the probability of every class, {@code [classes]}: the softmax of the logits. */
  public float[] probabilities(RgbImage picture) {
    return run(picture, buffers -> softmax(buffers.logits()));
  }

  /**
   * Returns the pooled features before the classifier: {@link
   * io.github.mobilenet4j.network.MobileNetV1#features()} values, 1024 at α 1.
   */
  public float[] embedding(RgbImage picture) {
    return run(
        picture,
        buffers -> {
          float[] features = new float[model.network().features()];
          buffers.session().features(1, features);
          return features;
        });
  }

  /** Returns {@code exp(x) / Σ exp(x)}, computed in double precision. */
  static float[] softmax(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double[] powers = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      powers[i] = Math.exp(logits[i] - max);
      sum += powers[i];
    }
    float[] probabilities = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = (float) (powers[i] / sum);
    }
    return probabilities;
  }

  private <T> T run(RgbImage picture, Function<Buffers, T> result) {
    if (closed) {
      throw new IllegalStateException("the classifier is closed");
    }
    Buffers buffers = idle.poll();
    if (buffers == null) {
      buffers =
          new Buffers(
              new Session(plan, 1, threads),
              new float[Math.toIntExact(plan.network().input().size())],
              new float[plan.network().classes()]);
    }
    try {
      model
          .preprocessing()
          .apply(picture, plan.network().height(), plan.network().width(), buffers.x(), 0);
      buffers.session().run(buffers.x(), 1, buffers.logits());
      return result.apply(buffers);
    } finally {
      idle.add(buffers);
      if (closed) { // meanwhile, perhaps before these were there to be closed
        close();
      }
    }
  }

  /** Ends the threads. Calls that are under way finish. */
  @Override
  public void close() {
    closed = true;
    for (Buffers buffers = idle.poll(); buffers != null; buffers = idle.poll()) {
      buffers.session().close();
    }
  }
}
