package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
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
import java.util.List;
import java.util.Map;

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
     *     BatchNorm and activation, of the classifier the logits
     */
    void output(Layer layer, float[] values);
  }

  private final InferencePlan plan;

  /** Gives back all that is not Java's. */
  private final Cleaner.Cleanable resources;

  private final MobileNetV1 network;
  private final List<Layer> layers;
  private final int pool;
  private final long imageSize;
  private final Workers workers;
  private final Batch batch;
  private final BatchPass pass;

  /** Where a run's outputs of layers go, null where they are not wanted. */
  private final float[][] wanted;

  /** Of the last run, {@code [batch, features]}. */
  private final float[] features;

  /** For runs on bytes, made at the first one. */
  private RawRun raw;

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
    this.network = plan.network();
    this.layers = network.layers();
    this.pool = layers.indexOf(network.pool());
    this.wanted = new float[layers.size()][];
    this.imageSize = network.input().size();
    int each = plan.sequence().stream().mapToInt(Operator::batchMemory).sum();
    if ((long) batch * each > Integer.MAX_VALUE) {
      throw new MobileNetException(
          "batch is %s, its features and logits need a buffer of %s values, expected fewer than 2^31"
              .formatted(batch, (long) batch * each));
    }
    SharedMemory weights = plan.own();
    Region buffers = new Region();
    boolean made = false;
    try {
      Kernels kernels = plan.kernels().in(buffers);
      this.batch = new Batch(layers, kernels.allocate(batch * each), batch);
      features = new float[batch * network.features()];
      pass = new BatchPass(plan.sequence(), kernels, this.batch, threads);
      workers = new Workers(threads);
      made = true;
    } catch (OutOfMemoryError e) {
      throw new MobileNetException(
          "no memory for a session on images of %s, batch %s, threads %s: %s"
              .formatted(network.input(), batch, threads, e.getMessage()),
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
    return of(network, weights, Precision.of(weights), batch, threads);
  }

  /**
   * As {@link #of(MobileNetV1, Weights, int, int)}, in a precision.
   *
   * @throws MobileNetException as {@link InferencePlan#compile(MobileNetV1, Weights, Precision)}
   *     and {@link Session}
   */
  public static Session of(
      MobileNetV1 network, Weights weights, Precision precision, int batch, int threads) {
    InferencePlan plan = InferencePlan.compile(network, weights, precision);
    try {
      return new Session(plan, batch, threads);
    } finally {
      plan.letGo();
    }
  }

  /** Returns the plan. */
  public InferencePlan plan() {
    return plan;
  }

  /** Returns the most pictures a run may have. */
  public int batch() {
    return batch.most();
  }

  /**
   * Computes logits; of a network without a classifier the pooled features.
   *
   * @param x {@code [n, H, W, C]}, preprocessed; not modified
   * @param n images, 1 to {@link #batch()}
   * @param result {@code [n, outputs]}, {@link MobileNetV1#outputs()} of each image, written
   * @throws MobileNetException if n is out of range, an array is too short, this is closed, or the
   *     outputs of an image are not finite though its values in x are; the message then names the
   *     layer where that began, and the result is written. NaN and ±∞ in x are passed on
   */
  public synchronized void run(float[] x, int n, float[] result) {
    run(x, n, result, null);
  }

  /**
   * Computes logits and adds the time of each operator.
   *
   * @param nanos nanoseconds by operator, in the order of {@link InferencePlan#operators()}
   * @throws MobileNetException as {@link #run(float[], int, float[])}
   */
  public synchronized void profile(float[] x, int n, float[] result, long[] nanos) {
    require("nanos", nanos.length, plan.sequence().size());
    run(x, n, result, nanos);
  }

  /**
   * Computes the output of a quantised network as it stands in its file, to the byte as TensorFlow
   * Lite's reference kernels: probabilities, or logits where the file ends with them.
   *
   * @param x {@code [n, H, W, C]} of the file's type, int8 or uint8 (which it also is where that is
   *     float32); not modified
   * @param n images, 1 to {@link #batch()}
   * @param result {@code [n, outputs]} of the file's type, likewise, written
   * @throws MobileNetException if n is out of range, an array is too short, this is closed, or the
   *     plan's precision is another than {@link Precision#INT8}
   */
  public synchronized void run(byte[] x, int n, byte[] result) {
    requireOpen();
    requireImages(n);
    require("x", x.length, n * imageSize);
    require("result", result.length, (long) n * network.outputs());
    if (raw == null) {
      raw = new RawRun(plan.quantized(), network, batch.most());
    }
    raw.begin(x, Math.toIntExact(n * imageSize));
    Arrays.fill(wanted, null);
    wanted[pool] = features;
    batch.begin(raw.images(), n, raw.outputs(), wanted);
    compute(null);
    raw.end(n, result);
  }

  private void run(float[] x, int n, float[] result, long[] nanos) {
    requireImages(x, n);
    require("result", result.length, (long) n * network.outputs());
    Arrays.fill(wanted, null);
    wanted[pool] = features;
    if (network.hasClassifier()) {
      wanted[wanted.length - 1] = result;
    }
    compute(x, n, wanted, nanos);
    if (!network.hasClassifier()) {
      System.arraycopy(features, 0, result, 0, n * network.outputs());
    }
    requireFinite(x, n, result);
  }

  /**
   * Computes the outputs of layers, the same bits whichever are asked for.
   *
   * @param x {@code [n, H, W, C]}, preprocessed; not modified
   * @param n images, 1 to {@link #batch()}
   * @param outputs by layer of {@link MobileNetV1#layers()}, those that are wanted: {@code [n,
   *     height, width, channels]} of {@link Layer#out()}, written: after BatchNorm and activation,
   *     of the classifier the logits
   * @throws MobileNetException if there is no such layer, or as {@link #run(float[], int,
   *     float[])}; values are held to be finite where the last layer is asked for
   */
  public synchronized void run(float[] x, int n, Map<Layer, float[]> outputs) {
    requireImages(x, n);
    int found = 0;
    for (int i = 0; i < layers.size(); i++) {
      wanted[i] = outputs.get(layers.get(i));
      if (wanted[i] != null) {
        require(layers.get(i).name(), wanted[i].length, n * layers.get(i).out().size());
        found++;
      }
    }
    if (found < outputs.size()) {
      throw new MobileNetException(
          "outputs of %s are asked for, expected layers of the network, and an array for each"
              .formatted(outputs.keySet().stream().map(Layer::name).toList()));
    }
    float[] pooled = wanted[pool];
    float[] last = wanted[wanted.length - 1];
    wanted[pool] = features;
    compute(x, n, wanted, null);
    if (pooled != null) {
      System.arraycopy(features, 0, pooled, 0, n * (int) layers.get(pool).out().size());
    }
    if (last != null) {
      requireFinite(x, n, last);
    }
  }

  private void compute(float[] x, int n, float[][] outputs, long[] nanos) {
    batch.begin(x, n, outputs);
    compute(nanos);
  }

  /** Runs what the batch has begun. */
  private void compute(long[] nanos) {
    pass.begin(nanos);
    try {
      workers.run(pass);
      pass.end();
    } finally {
      batch.begin(null, 0, null);
      Arrays.fill(wanted, null);
      // Whoever forgets to close must not lose the memory under a running network.
      Reference.reachabilityFence(this);
    }
  }

  /** Computes every layer of an image; the features of the last run stay. */
  private synchronized float[][] everyLayer(float[] x) {
    requireOpen();
    float[][] outputs = new float[layers.size()][];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = new float[Math.toIntExact(layers.get(i).out().size())];
    }
    compute(x, 1, outputs, null);
    return outputs;
  }

  /** Throws if outputs that are not finite are the network's doing. */
  private void requireFinite(float[] x, int n, float[] last) {
    int each = network.outputs();
    int size = Math.toIntExact(imageSize);
    for (int image = 0; image < n; image++) {
      if (Finite.firstNot(last, image * each, (image + 1) * each) < 0
          || Finite.firstNot(x, image * size, (image + 1) * size) >= 0) {
        continue;
      }
      float[][] outputs = everyLayer(Arrays.copyOfRange(x, image * size, (image + 1) * size));
      Finite.requireOutputs("image " + image, layers, List.of(outputs));
    }
  }

  /**
   * Computes one image and hands out the output of every layer on the way, the same bits that a run
   * computes, finite or not. For comparing networks: it allocates.
   *
   * <p>Other calls, also from the trace itself, come between two layers and do not disturb it. If
   * one of them closes the session, the trace ends with an exception.
   *
   * @param x {@code [H, W, C]}, preprocessed; not modified
   * @throws MobileNetException if the array is too short, or this is closed, before or meanwhile
   */
  public void trace(float[] x, Trace trace) {
    require("x", x.length, imageSize);
    float[][] outputs;
    try {
      outputs = everyLayer(x);
    } catch (OutOfMemoryError e) {
      throw new MobileNetException("no memory for a trace: " + e.getMessage(), e);
    }
    for (int i = 0; i < outputs.length; i++) {
      synchronized (this) {
        requireOpen();
      }
      trace.output(layers.get(i), outputs[i]);
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
    int count = n * network.features();
    require("features", result.length, count);
    System.arraycopy(features, 0, result, 0, count);
  }

  private void requireImages(float[] x, int n) {
    requireOpen();
    requireImages(n);
    require("x", x.length, n * imageSize);
    if (plan.precision() == Precision.INT8) {
      // An integer could not pass it on.
      int at = Finite.firstNot(x, 0, Math.toIntExact(n * imageSize));
      if (at >= 0) {
        throw new MobileNetException("x has %s at %s, expected numbers".formatted(x[at], at));
      }
    }
  }

  private void requireImages(int n) {
    if (n < 1 || n > batch.most()) {
      throw new MobileNetException("n is %s, expected 1 to %s".formatted(n, batch.most()));
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
