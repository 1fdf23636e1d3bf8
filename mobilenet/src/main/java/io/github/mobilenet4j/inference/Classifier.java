package io.github.mobilenet4j.inference;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.github.mobilenet4j.BusyException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * Images in, predictions out. Reads, preprocesses as the model asks, and runs the network.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.of(ModelFile.read(path))) {
 *   for (Prediction p : classifier.classify(Path.of("cat.jpg"), 5)) {
 *     System.out.println(p.label() + " " + p.probability());
 *   }
 * }
 * }</pre>
 *
 * <p>Safe to share between any number of threads. What all calls together use is bounded: as many
 * sessions as there are processors for, {@code processors / threads} but at least one, each with
 * its buffers (12 MB at α 1 and 224×224) and threads; and image files are decoded on at most as
 * many threads as there are processors. Further calls wait, in order of arrival and {@link
 * Builder#maxWait no longer than was set}. The result is the same bits in any case.
 *
 * <p>With all processors for each image, the default, a lone call is answered soonest. Where many
 * callers keep all processors busy, one thread for each image does more: {@code of(model, 1)}.
 *
 * <p>Closed, it throws {@link MobileNetException}, as a {@link Session} does.
 */
public final class Classifier implements AutoCloseable {
  /** What messages call an image that came without a name. */
  private static final String UNNAMED = "the image";

  private static final String WARM_UP = "warm-up.jpg";

  /** So many calls, none faster than those before, and it is warm. */
  private static final int CALLS_WITHOUT_GAIN = 20;

  private static final long MOST_WARM_UP = 2_000_000_000; // nanoseconds

  private final Model model;
  private final InferencePlan plan;
  private final int threads;
  private final int batch;
  private final ImageReader reader;

  /** Null for no limit. */
  private final Duration maxWait;

  private final Consumer<Call> listener;
  private final Semaphore decoders;

  /** One permit for each session; tests take them away. */
  final Semaphore sessions;

  private final Deque<Buffers> idle = new ConcurrentLinkedDeque<>();
  private volatile boolean closed;

  /** What one call needs; never used by two at once. */
  private record Buffers(Session session, float[] x, float[] logits) {}

  /**
   * A call that has ended, for whoever counts and measures them.
   *
   * @param images how many it brought
   * @param time from the call to its end: decoding, waiting for others, and the network
   * @param failure why it ended without a result
   */
  public record Call(int images, Duration time, Optional<MobileNetException> failure) {}

  /** What a classifier is made of. */
  public static final class Builder {
    private final Model model;
    private int threads = processors();
    private int batch = 1;
    private int sessions = Integer.MAX_VALUE;
    private Consumer<Call> listener = _ -> {};
    private Duration maxWait;
    private Precision precision;
    private ImageReader reader = new ImageReader();

    private Builder(Model model) {
      this.model = model;
    }

    /**
     * Sets the most threads that work on an image, the caller's among them, ≥ 1. More than there
     * are processors count as many as there are. The default is all processors.
     */
    public Builder threads(int threads) {
      this.threads = threads;
      return this;
    }

    /**
     * Sets the most images that run at once when a call brings several, ≥ 1. Each session has
     * buffers for so many, and where there are enough for every thread, activations for each. The
     * default is 1.
     */
    public Builder batch(int batch) {
      this.batch = batch;
      return this;
    }

    /**
     * Sets the most calls that run at once, ≥ 1. More than there are processors for count as many
     * as there are: {@code processors / threads}, the default.
     */
    public Builder sessions(int sessions) {
      this.sessions = sessions;
      return this;
    }

    /** Sets who is told of each call that has ended, on its own thread. The default is nobody. */
    public Builder listener(Consumer<Call> listener) {
      this.listener = Objects.requireNonNull(listener);
      return this;
    }

    /**
     * Sets how long a call waits for others, decoding and inference together, before it throws
     * {@link BusyException}; zero for not at all. The default is as long as it takes.
     */
    public Builder maxWait(Duration maxWait) {
      this.maxWait = Objects.requireNonNull(maxWait);
      return this;
    }

    /**
     * Sets what the network computes in. The default is what its weights are made for: integers run
     * as such, all else in float32.
     */
    public Builder precision(Precision precision) {
      this.precision = Objects.requireNonNull(precision);
      return this;
    }

    /** Sets what reads image files. The default is {@code new ImageReader()}. */
    public Builder reader(ImageReader reader) {
      this.reader = Objects.requireNonNull(reader);
      return this;
    }

    /**
     * Compiles the model.
     *
     * @throws MobileNetException if it cannot be run, or not in this precision, threads or batch is
     *     below 1, a batch has 2³¹ values or more, or the time is negative
     */
    public Classifier build() {
      if (threads < 1) {
        throw new MobileNetException("threads is " + threads + ", expected >= 1");
      }
      if (sessions < 1) {
        throw new MobileNetException("sessions is " + sessions + ", expected >= 1");
      }
      long values = batch * model.network().input().size();
      if (batch < 1 || values > Integer.MAX_VALUE) {
        throw new MobileNetException(
            "batch is %s, expected >= 1 and images of fewer than 2^31 values".formatted(batch));
      }
      if (maxWait != null && maxWait.isNegative()) {
        throw new MobileNetException("maxWait is " + maxWait + ", expected zero or more");
      }
      return new Classifier(this);
    }
  }

  private Classifier(Builder builder) {
    this.model = builder.model;
    this.threads = Math.min(builder.threads, processors());
    this.batch = builder.batch;
    this.reader = builder.reader;
    this.maxWait = builder.maxWait;
    this.listener = builder.listener;
    this.decoders = new Semaphore(processors(), true);
    this.sessions = new Semaphore(Math.min(builder.sessions, processors() / threads), true);
    Precision precision =
        builder.precision == null
            ? Precision.of(model.weights())
            : builder.precision.requireFor(model);
    this.plan = InferencePlan.compile(model.network(), model.weights(), precision);
  }

  private static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }

  /** Returns a builder. */
  public static Builder builder(Model model) {
    return new Builder(Objects.requireNonNull(model));
  }

  /**
   * Returns a classifier that uses every processor for each image.
   *
   * @throws MobileNetException if the model cannot be run
   */
  public static Classifier of(Model model) {
    return builder(model).build();
  }

  /**
   * Returns a classifier.
   *
   * @param threads the most threads that work on an image, the caller's among them, ≥ 1
   * @throws MobileNetException if the model cannot be run or threads is below 1
   */
  public static Classifier of(Model model, int threads) {
    return builder(model).threads(threads).build();
  }

  /** Returns the model. */
  public Model model() {
    return model;
  }

  /** Returns the compiled network, to open sessions on until this is closed. */
  public InferencePlan plan() {
    return plan;
  }

  /**
   * Reads an image file and classifies it.
   *
   * @param top how many classes to return, ≥ 1
   * @return the most probable classes, most probable first; of equal ones the lower index first;
   *     and whether the image shows any of them
   * @throws MobileNetException if the file is not an image that can be read, the network has no
   *     classifier or gives what is not finite, top is below 1, or the thread is interrupted while
   *     it waits
   * @throws BusyException if it waited longer than was set
   */
  public Predictions classify(Path image, int top) {
    return classify(() -> reader.read(image), top);
  }

  /**
   * Reads an image from memory and classifies it: an upload, for example.
   *
   * @param image a whole JPEG file or another that {@link ImageReader} reads; not modified
   * @param top how many classes to return, ≥ 1
   * @return as {@link #classify(Path, int)}
   * @throws io.github.mobilenet4j.ImageException if it is no image that can be read
   * @throws MobileNetException as {@link #classify(Path, int)}
   * @throws BusyException if it waited longer than was set
   */
  public Predictions classify(byte[] image, int top) {
    Objects.requireNonNull(image);
    return classify(() -> reader.read(UNNAMED, image), top);
  }

  /**
   * Reads an image from a stream, to its end, and classifies it; the stream is not closed. While it
   * has not ended, other calls do not wait for this one.
   *
   * @param top how many classes to return, ≥ 1
   * @return as {@link #classify(Path, int)}
   * @throws io.github.mobilenet4j.ImageException if it holds no image that can be read
   * @throws MobileNetException as {@link #classify(Path, int)}, and if the stream cannot be read
   * @throws BusyException if it waited longer than was set
   */
  public Predictions classify(InputStream image, int top) {
    Prediction.requireTop(top);
    requireOpen();
    return classify(reader.bytes(UNNAMED, image), top);
  }

  /**
   * Classifies an image of Java's.
   *
   * @param image which becomes an {@link RgbImage#of RgbImage}
   * @param top how many classes to return, ≥ 1
   * @return as {@link #classify(Path, int)}
   * @throws MobileNetException as {@link #classify(RgbImage, int)}
   * @throws BusyException if it waited longer than was set
   */
  public Predictions classify(BufferedImage image, int top) {
    return classify(RgbImage.of(image), top);
  }

  private Predictions classify(Supplier<RgbImage> image, int top) {
    Prediction.requireTop(top);
    return told(
        1,
        start -> {
          RgbImage read = withPermit(decoders, start, image);
          return classify(List.of(read), top, start).getFirst();
        });
  }

  /** Calls with the time of its beginning, and tells of its end. */
  private <T> T told(int images, LongFunction<T> call) {
    long start = System.nanoTime();
    Optional<MobileNetException> failure = Optional.empty();
    try {
      return call.apply(start);
    } catch (MobileNetException e) {
      failure = Optional.of(e);
      throw e;
    } finally {
      listener.accept(new Call(images, Duration.ofNanos(System.nanoTime() - start), failure));
    }
  }

  /**
   * Decodes and runs a small image until it no longer becomes faster, for a second or two: classes
   * are then loaded, methods compiled and a session is open, so that the first real call is not ten
   * times as slow as the others. To be called before a server says that it is ready.
   *
   * @throws MobileNetException if the network gives what is not finite, or the thread is
   *     interrupted while it waits
   * @throws BusyException if it waited longer than was set
   */
  public void warmUp() {
    byte[] image;
    try (InputStream in = Classifier.class.getResourceAsStream(WARM_UP)) {
      image = in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long begin = System.nanoTime();
    long fastest = Long.MAX_VALUE;
    int slower = 0;
    while (slower < CALLS_WITHOUT_GAIN && System.nanoTime() - begin < MOST_WARM_UP) {
      long start = System.nanoTime();
      features(withPermit(decoders, start, () -> reader.read(WARM_UP, image)), start);
      long time = System.nanoTime() - start;
      slower = time < fastest ? 0 : slower + 1;
      fastest = Math.min(fastest, time);
    }
  }

  /**
   * Classifies an image.
   *
   * @param top how many classes to return, ≥ 1
   * @return the most probable classes, most probable first; of equal ones the lower index first
   * @throws MobileNetException if the network has no classifier or gives what is not finite, top is
   *     below 1, or the thread is interrupted while it waits
   * @throws BusyException if it waited longer than was set
   */
  public Predictions classify(RgbImage image, int top) {
    return classify(List.of(image), top).getFirst();
  }

  /**
   * Classifies images, {@link Builder#batch} of them at once.
   *
   * @param top how many classes to return of each, ≥ 1
   * @return for each image what {@link #classify(RgbImage, int)} returns
   * @throws MobileNetException as {@link #classify(RgbImage, int)}
   * @throws BusyException if it waited longer than was set
   */
  public List<Predictions> classify(List<RgbImage> images, int top) {
    Prediction.requireTop(top);
    List<RgbImage> all = List.copyOf(images);
    return told(all.size(), start -> classify(all, top, start));
  }

  private List<Predictions> classify(List<RgbImage> images, int top, long start) {
    model.network().requireClassifier();
    return run(images, start, Classifier::logits).stream()
        .map(logits -> Predictions.of(model, logits, top))
        .toList();
  }

  /**
   * Returns the logits: {@code [classes]}, one if they are {@link ClassifierActivation#BINARY}, and
   * behind them those of other things, if the network has outputs for them.
   *
   * @throws MobileNetException as {@link #classify(RgbImage, int)}
   */
  public float[] logits(RgbImage image) {
    model.network().requireClassifier();
    return told(1, start -> run(List.of(image), start, Classifier::logits).getFirst());
  }

  /**
   * Returns the probability of every class, {@code [classes]}: what the network's {@link
   * ClassifierActivation} makes of the logits divided by the model's temperature.
   *
   * @throws MobileNetException as {@link #classify(RgbImage, int)}
   */
  public float[] probabilities(RgbImage image) {
    return model.confidence().probabilities(model.network().head(), logits(image));
  }

  /**
   * Returns the pooled features before the classifier, also of a network without one: {@link
   * io.github.mobilenet4j.network.MobileNetV1#features()} values, 1024 at α 1.
   *
   * @throws MobileNetException as {@link #classify(RgbImage, int)}
   */
  public float[] embedding(RgbImage image) {
    return told(1, start -> features(image, start));
  }

  private float[] features(RgbImage image, long start) {
    float[] features = new float[model.network().features()];
    run(
        List.of(image),
        start,
        (buffers, _) -> {
          buffers.session().features(1, features);
          return features;
        });
    return features;
  }

  private static float[] logits(Buffers buffers, int image) {
    int each = buffers.logits().length / buffers.session().batch();
    return Arrays.copyOfRange(buffers.logits(), image * each, (image + 1) * each);
  }

  /** Runs images in batches, and returns what is to be kept of each. */
  private List<float[]> run(
      List<RgbImage> images, long start, BiFunction<Buffers, Integer, float[]> result) {
    return withPermit(
        sessions,
        start,
        () -> {
          Buffers buffers = idle.pollFirst();
          if (buffers == null) {
            buffers = open();
          }
          List<float[]> results = new ArrayList<>();
          try {
            while (results.size() < images.size()) {
              int n = Math.min(batch, images.size() - results.size());
              preprocess(images.subList(results.size(), results.size() + n), buffers.x());
              buffers.session().run(buffers.x(), n, buffers.logits());
              for (int i = 0; i < n; i++) {
                results.add(result.apply(buffers, i));
              }
            }
            return results;
          } finally {
            idle.addFirst(buffers); // The one used last is the one in the caches.
            if (closed) { // meanwhile, perhaps before these were there to be closed
              close();
            }
          }
        });
  }

  private void preprocess(List<RgbImage> images, float[] x) {
    MobileNetV1 network = plan.network();
    int size = Math.toIntExact(network.input().size());
    for (int i = 0; i < images.size(); i++) {
      model.preprocessing().apply(images.get(i), network.height(), network.width(), x, i * size);
    }
  }

  private Buffers open() {
    try {
      return new Buffers(
          new Session(plan, batch, threads),
          new float[Math.toIntExact(batch * plan.network().input().size())],
          new float[Math.multiplyExact(batch, plan.network().outputs())]);
    } catch (MobileNetException e) {
      requireOpen(); // Closed meanwhile, it has no plan any more.
      throw e;
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new MobileNetException("the classifier is closed");
    }
  }

  /** Calls while no more than so many others do, and gives up when waiting takes too long. */
  private <T> T withPermit(Semaphore permits, long start, Supplier<T> call) {
    requireOpen();
    try {
      if (!permits.tryAcquire()) {
        if (maxWait == null) {
          permits.acquire();
        } else if (!permits.tryAcquire(
            NANOSECONDS.convert(maxWait) - (System.nanoTime() - start), NANOSECONDS)) {
          throw new BusyException(
              "the classifier is busy: waited %s ms, and %s other calls wait"
                  .formatted(maxWait.toMillis(), permits.getQueueLength()));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MobileNetException("interrupted while waiting for other calls", e);
    }
    try {
      requireOpen();
      return call.get();
    } finally {
      permits.release();
    }
  }

  /** Gives back threads and memory. Calls that are under way finish; those that wait throw. */
  @Override
  public void close() {
    closed = true;
    plan.letGo();
    for (Buffers buffers = idle.poll(); buffers != null; buffers = idle.poll()) {
      buffers.session().close();
    }
  }
}
