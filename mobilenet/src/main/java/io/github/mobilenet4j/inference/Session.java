package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Region;
import io.github.mobilenet4j.kernels.Workers;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Finite;
import io.github.mobilenet4j.weights.Weights;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Arrays;

/**
 * The buffers and threads to run one plan. Once warm, a run allocates nothing. The results do not
 * depend on the number of threads, the size of the batch or the place in it, to the last bit.
 *
 * <p>Of a batch, each thread takes whole pictures from the stem to the pooled features, so that
 * their activations stay in its cache. What is left over, fewer pictures than threads, is worked on
 * by all threads together, operator by operator; so is a single picture. The classifier then runs
 * once for the whole batch.
 *
 * <p>Meant for one thread: calls from several wait for each other. A call that is under way when
 * the session is closed finishes; later ones throw. Close it: its buffers, 12 MB at α 1 and
 * 224×224, and its threads go back at once, and not when the garbage collector finds them.
 */
public final class Session implements AutoCloseable {
  /** Receives the output of each layer in turn. */
  @FunctionalInterface
  public interface Trace {
    /**
     * @param layer as in {@link io.github.mobilenet4j.network.MobileNetV1#layers()}
     * @param values {@code [height, width, channels]} of {@link Layer#out()}, a copy: after
     *     BatchNorm and activation, or of the last layer the logits
     */
    void output(Layer layer, float[] values);
  }

  private final InferencePlan plan;

  /** The plan's, on the session's own memory. */
  private final Kernels kernels;

  /** Gives back all that is not Java's. */
  private final Cleaner.Cleanable resources;

  private final int batch;
  private final long imageSize;
  private final Workers workers;
  private final InputImages images = new InputImages();
  private final Floats features;
  private final Floats logits;

  /** For pictures that all threads work on together. */
  private final Lane together;

  /** For each thread, when batches are large enough that it gets pictures of its own. */
  private final Lane[] own;

  private final Run work;
  private boolean closed;

  /** What a session holds beside Java's memory; nothing in here leads to the session. */
  private record Resources(Region buffers, Workers workers, SharedMemory weights)
      implements Runnable {
    @Override
    public void run() {
      workers.close();
      buffers.close();
      weights.letGo();
    }
  }

  /**
   * @param plan what to run
   * @param batch the most images a run may have, ≥ 1
   * @param threads the most threads a run uses, the caller's among them, 1 to 1024
   * @throws MobileNetException if batch or threads is out of range, a buffer would need 2³¹ or more
   *     values, there is no memory for the buffers or no thread, or the plan is gone with what it
   *     was compiled for
   */
  public Session(InferencePlan plan, int batch, int threads) {
    if (batch < 1 || threads < 1 || threads > Workers.MOST_THREADS) {
      throw new MobileNetException(
          "batch is %s and threads is %s, expected >= 1 and 1 to %s"
              .formatted(batch, threads, Workers.MOST_THREADS));
    }
    this.plan = plan;
    this.batch = batch;
    this.imageSize = plan.network().input().size();
    SharedMemory weights = plan.own();
    Region buffers = new Region();
    boolean made = false;
    try {
      kernels = plan.kernels().in(buffers);
      features = allocate("features", plan.head().featuresStride());
      logits = allocate("logits", plan.head().logitsStride());
      together = new Lane(plan, kernels, images, features, threads);
      own = new Lane[threads > 1 && batch >= threads ? threads : 0];
      Arrays.setAll(own, t -> new Lane(plan, kernels, images, features, 1));
      work = new Run();
      workers = new Workers(threads);
      made = true;
    } catch (OutOfMemoryError e) {
      throw new MobileNetException(
          "no memory for a session on images of %s, batch %s, threads %s: %s"
              .formatted(plan.network().input(), batch, threads, e.getMessage()),
          e);
    } finally {
      if (!made) {
        buffers.close();
        weights.letGo();
      }
    }
    resources = InferencePlan.CLEANER.register(this, new Resources(buffers, workers, weights));
  }

  /**
   * Compiles weights for a session alone: closing it gives back the memory of the plan too, at
   * once. For weights that are soon replaced by others, as in training.
   *
   * @param batch the most images a run may have, ≥ 1
   * @param threads the most threads a run uses, the caller's among them, 1 to 1024
   * @throws MobileNetException as {@link InferencePlan#compile} and {@link Session}
   */
  public static Session of(MobileNetV1 network, Weights weights, int batch, int threads) {
    InferencePlan plan = InferencePlan.compile(network, weights);
    try {
      return new Session(plan, batch, threads);
    } finally {
      plan.letGo();
    }
  }

  private Floats allocate(String name, int stride) {
    long size = (long) batch * stride;
    if (size > Integer.MAX_VALUE) {
      throw new MobileNetException(
          "batch is %s, its %s need a buffer of %s values, expected fewer than 2^31"
              .formatted(batch, name, size));
    }
    return kernels.allocate((int) size);
  }

  /**
   * The operators of a run, as {@link Workers} count them: one for the pictures that threads have
   * for themselves, if any, then the steps of each picture left over, then the classifier.
   */
  private final class Run implements Workers.Work {
    private int n;
    private int alone;
    private long last;
    private long[] nanos;

    /** Times of the pictures that each thread took for itself. */
    private final long[][] ownNanos = new long[own.length][plan.operators().size()];

    private void begin(int count) {
      n = count;
      alone = own.length == 0 ? 0 : n / own.length * own.length;
      last = System.nanoTime();
    }

    private int first() {
      return alone > 0 ? 1 : 0;
    }

    @Override
    public int operators() {
      return first() + (n - alone) * together.steps() + 1;
    }

    @Override
    public int tasks(int operator) {
      if (operator < first()) {
        return alone;
      }
      return operator == operators() - 1
          ? plan.head().tasks(workers.threads())
          : together.step((operator - first()) % together.steps()).tasks();
    }

    @Override
    public void run(int operator, int task, int thread) {
      if (operator < first()) {
        own[thread].run(task, nanos == null ? null : ownNanos[thread]);
      } else if (operator == operators() - 1) {
        plan.head().classify(n, task, workers.threads(), features, logits);
      } else {
        int index = operator - first();
        int image = alone + index / together.steps();
        together.step(index % together.steps()).body().run(image, task, thread);
      }
    }

    @Override
    public void finished(int operator) {
      if (nanos == null) {
        return;
      }
      long now = System.nanoTime();
      if (operator == operators() - 1) {
        nanos[nanos.length - 1] += now - last;
      } else if (operator >= first()) {
        nanos[together.operator((operator - first()) % together.steps())] += now - last;
      }
      last = now;
    }

    /** Threads run side by side, so that the time is their mean. */
    private void addOwnNanos() {
      for (long[] thread : ownNanos) {
        for (int op = 0; op < thread.length; op++) {
          nanos[op] += thread[op] / own.length;
          thread[op] = 0;
        }
      }
    }
  }

  /** Returns the plan. */
  public InferencePlan plan() {
    return plan;
  }

  /** Returns the most pictures a run may have. */
  public int batch() {
    return batch;
  }

  /**
   * Computes logits.
   *
   * @param x {@code [n, H, W, 3]}, preprocessed; not modified
   * @param n images, 1 to {@link #batch()}
   * @param result {@code [n, classes]}, written
   * @throws MobileNetException if n is out of range, an array is too short, this is closed, or the
   *     logits of an image are not finite though its values in x are; the message then names the
   *     layer where that began, and the result is written. NaN and ±∞ in x are passed on
   */
  public synchronized void run(float[] x, int n, float[] result) {
    requireOpen();
    requireImages(n);
    require("x", x.length, n * imageSize);
    int classes = plan.network().classes();
    require("logits", result.length, (long) n * classes);
    images.set(x);
    work.begin(n);
    try {
      workers.run(work);
    } finally {
      images.set(null);
      // Whoever forgets to close must not lose the memory under a running network.
      Reference.reachabilityFence(this);
    }
    copy(logits, plan.head().logitsStride(), n, classes, result);
    if (Finite.firstNot(result, 0, n * classes) >= 0) {
      explain(x, n, result);
    }
  }

  /** Throws if an answer that is not finite is the network's doing. */
  private void explain(float[] x, int n, float[] result) {
    int classes = plan.network().classes();
    int size = Math.toIntExact(imageSize);
    for (int i = 0; i < n; i++) {
      if (Finite.firstNot(result, i * classes, (i + 1) * classes) < 0
          || Finite.firstNot(x, i * size, (i + 1) * size) >= 0) {
        continue;
      }
      try (Region buffers = new Region()) {
        LayerByLayer layers = new LayerByLayer(plan, plan.kernels().in(buffers));
        float[] image = Arrays.copyOfRange(x, i * size, (i + 1) * size);
        while (layers.hasNext()) {
          float[] values = layers.next(image);
          int at = Finite.firstNot(values, 0, values.length);
          if (at >= 0) {
            throw new MobileNetException(
                "%s gives %s for image %s: its weights are too large for float32"
                    .formatted(layers.layer().name(), values[at], i));
          }
        }
      }
    }
  }

  /**
   * Computes logits and adds the time of each operator.
   *
   * @param nanos nanoseconds by operator, in the order of {@link InferencePlan#operators()}
   * @throws MobileNetException as {@link #run}
   */
  public synchronized void profile(float[] x, int n, float[] result, long[] nanos) {
    require("nanos", nanos.length, plan.operators().size());
    work.nanos = nanos;
    try {
      run(x, n, result);
      work.addOwnNanos();
    } finally {
      work.nanos = null;
    }
  }

  /**
   * Computes one image and hands out the output of every layer on the way, the same bits that a run
   * computes. For comparing networks: it runs on the calling thread alone and allocates.
   *
   * <p>Other calls, also from the trace itself, come between two layers and do not disturb it. If
   * one of them closes the session, the trace ends with an exception.
   *
   * @param x {@code [H, W, 3]}, preprocessed; not modified
   * @throws MobileNetException if the array is too short, or this is closed, before or meanwhile
   */
  public void trace(float[] x, Trace trace) {
    require("x", x.length, imageSize);
    try (Region buffers = new Region()) {
      LayerByLayer layers;
      synchronized (this) {
        requireOpen();
        layers = new LayerByLayer(plan, plan.kernels().in(buffers));
      }
      while (layers.hasNext()) {
        float[] values;
        synchronized (this) {
          requireOpen();
          values = layers.next(x);
        }
        trace.output(layers.layer(), values);
      }
    } catch (OutOfMemoryError e) {
      throw new MobileNetException("no memory for a trace: " + e.getMessage(), e);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new MobileNetException("the session is closed");
    }
  }

  /**
   * Copies the pooled features of the last run (1024 values a picture at α 1).
   *
   * @param n pictures, as in that run
   * @param result {@code [n, features]}, written
   * @throws MobileNetException if n is out of range, the array is too short or this is closed
   */
  public synchronized void features(int n, float[] result) {
    requireOpen();
    requireImages(n);
    int count = plan.network().features();
    require("features", result.length, (long) n * count);
    copy(features, plan.head().featuresStride(), n, count, result);
  }

  private static void copy(Floats from, int stride, int n, int count, float[] to) {
    for (int image = 0; image < n; image++) {
      from.get(image * stride, to, image * count, count);
    }
  }

  private void requireImages(int n) {
    if (n < 1 || n > batch) {
      throw new MobileNetException("n is %s, expected 1 to %s".formatted(n, batch));
    }
  }

  private static void require(String name, int found, long expected) {
    if (found < expected) {
      throw new MobileNetException(
          "%s has %s values, expected at least %s".formatted(name, found, expected));
    }
  }

  /** Waits for the end of a run, then gives back threads and memory. */
  @Override
  public synchronized void close() {
    closed = true;
    resources.clean();
  }
}
