package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Workers;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The buffers and threads to run one plan. A run allocates nothing. The results do not depend on
 * the number of threads, the size of the batch or the place in it, to the last bit.
 *
 * <p>Not safe to share between threads: one session for each thread that runs networks.
 */
public final class Session implements AutoCloseable {
  /** Receives the output of each operator in turn. */
  public interface Trace {
    /**
     * @param operator its name
     * @param shape of one picture's output
     * @param values {@code [n, height, width, channels]}, a copy
     */
    void output(String operator, Shape shape, float[] values);
  }

  /** Where the stem finds the pictures of the current run. */
  static final class Input {
    private float[] pictures;

    float[] pictures() {
      return pictures;
    }
  }

  private final InferencePlan plan;
  private final int batch;
  private final Workers workers;
  private final Input input = new Input();

  /** The outputs of stem and blocks, and how they lie there. */
  private final List<Floats> outputs = new ArrayList<>();

  private final List<Halo> halos = new ArrayList<>();

  private final Floats features;
  private final Floats logits;

  private final Step[] steps;

  /** The operator that a step belongs to. */
  private final int[] operatorOf;

  private final Steps work = new Steps();

  /**
   * @param plan what to run
   * @param batch the most pictures a run may have, ≥ 1
   * @param threads the most threads a run uses, the caller's among them, ≥ 1
   * @throws MobileNetException if batch or threads is below 1, or the batch needs a buffer of 2³¹
   *     or more values
   */
  public Session(InferencePlan plan, int batch, int threads) {
    if (batch < 1 || threads < 1) {
      throw new MobileNetException(
          "batch is %d and threads is %d, expected >= 1".formatted(batch, threads));
    }
    this.plan = plan;
    this.batch = batch;
    Kernels kernels = plan.kernels();
    Buffers buffers = new Buffers(kernels, batch);
    int scratchSize = plan.stem().scratch(threads);
    int sharedSize = 0;
    for (SeparableBlock block : plan.blocks()) {
      scratchSize = Math.max(scratchSize, block.scratch(batch, threads));
      sharedSize = Math.max(sharedSize, block.sharedScratch(batch, threads));
    }
    Floats[] scratch = new Floats[threads];
    for (int t = 0; t < threads; t++) {
      scratch[t] = kernels.allocate(scratchSize);
    }
    Floats shared = kernels.allocate(sharedSize);
    features = kernels.allocate(Math.multiplyExact(batch, plan.head().featuresStride()));
    logits = kernels.allocate(Math.multiplyExact(batch, plan.head().logitsStride()));

    List<List<Step>> byOperator = new ArrayList<>();
    Halo at = Halo.of(plan.network().stem().out());
    Floats x = buffers.other(at, null);
    outputs.add(x);
    halos.add(at);
    byOperator.add(List.of(plan.stem().step(input, scratch, x, at, threads)));
    for (SeparableBlock block : plan.blocks()) {
      at = block.out();
      Floats y = buffers.other(at, x);
      outputs.add(y);
      halos.add(at);
      byOperator.add(block.steps(x, y, scratch, shared, batch, threads));
      x = y;
    }
    byOperator.add(plan.head().steps(x, at, features, logits, threads));

    steps = byOperator.stream().flatMap(List::stream).toArray(Step[]::new);
    operatorOf = new int[steps.length];
    int step = 0;
    for (int op = 0; op < byOperator.size(); op++) {
      for (int i = 0; i < byOperator.get(op).size(); i++) {
        operatorOf[step++] = op;
      }
    }
    workers = new Workers(threads);
  }

  /** Two buffers for each shape are enough: one is read while the other is written. */
  private record Buffers(Kernels kernels, int batch, Map<Halo, List<Floats>> byShape) {
    Buffers(Kernels kernels, int batch) {
      this(kernels, batch, new HashMap<>());
    }

    /** Returns a buffer of a shape which is not {@code taken}. Its halo is zero and stays so. */
    Floats other(Halo halo, Floats taken) {
      List<Floats> known = byShape.computeIfAbsent(halo, _ -> new ArrayList<>());
      for (Floats buffer : known) {
        if (buffer != taken) {
          return buffer;
        }
      }
      long size = (long) batch * halo.image();
      if (size > Integer.MAX_VALUE) {
        throw new MobileNetException(
            "batch is %d, at %s that needs a buffer of %d values, expected fewer than 2^31"
                .formatted(batch, halo.shape(), size));
      }
      Floats made = kernels.allocate((int) size);
      known.add(made);
      return made;
    }
  }

  private final class Steps implements Workers.Work {
    private int n;
    private long[] nanos;
    private long last;

    @Override
    public int operators() {
      return steps.length;
    }

    @Override
    public int tasks(int operator) {
      return steps[operator].tasks(n);
    }

    @Override
    public void run(int operator, int task, int thread) {
      steps[operator].run(n, task, thread);
    }

    @Override
    public void finished(int operator) {
      if (nanos != null) {
        long now = System.nanoTime();
        nanos[operatorOf[operator]] += now - last;
        last = now;
      }
    }
  }

  private static float[] withoutHalo(Floats buffer, Halo halo, int n) {
    Shape shape = halo.shape();
    float[] values = new float[Math.toIntExact(n * shape.size())];
    int to = 0;
    for (int image = 0; image < n; image++) {
      for (int h = 0; h < shape.height(); h++) {
        for (int w = 0; w < shape.width(); w++) {
          buffer.get(halo.at(image, h, w), values, to, shape.channels());
          to += shape.channels();
        }
      }
    }
    return values;
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
   * @param n pictures, 1 to {@link #batch()}
   * @param result {@code [n, classes]}, written
   * @throws MobileNetException if n is out of range or an array is too short
   */
  public void run(float[] x, int n, float[] result) {
    begin(x, n, result);
    workers.run(work);
    end(n, result);
  }

  /**
   * Computes logits and adds the time of each operator.
   *
   * @param nanos nanoseconds by operator, in the order of {@link InferencePlan#operators()}
   * @throws MobileNetException if n is out of range or an array is too short
   */
  public void profile(float[] x, int n, float[] result, long[] nanos) {
    require("nanos", nanos.length, plan.operators().size());
    work.nanos = nanos;
    try {
      run(x, n, result);
    } finally {
      work.nanos = null;
    }
  }

  /**
   * Computes logits and hands out the output of the stem and of each block on the way, as they are
   * after BatchNorm and activation. For comparing networks: it runs on the calling thread alone and
   * allocates.
   *
   * @throws MobileNetException if n is out of range or an array is too short
   */
  public void trace(float[] x, int n, float[] result, Trace trace) {
    begin(x, n, result);
    for (int step = 0; step < steps.length; step++) {
      for (int task = 0; task < work.tasks(step); task++) {
        work.run(step, task, 0);
      }
      int op = operatorOf[step];
      if (op < outputs.size() && operatorOf[step + 1] != op) {
        Halo halo = halos.get(op);
        trace.output(plan.operators().get(op), halo.shape(), withoutHalo(outputs.get(op), halo, n));
      }
    }
    end(n, result);
  }

  private void begin(float[] x, int n, float[] result) {
    MobileNetV1 network = plan.network();
    if (n < 1 || n > batch) {
      throw new MobileNetException("n is %d, expected 1 to %d".formatted(n, batch));
    }
    require("x", x.length, n * network.input().size());
    require("logits", result.length, (long) n * network.classes());
    input.pictures = x;
    work.n = n;
    work.last = System.nanoTime();
  }

  private void end(int n, float[] result) {
    input.pictures = null;
    copy(logits, plan.head().logitsStride(), n, plan.network().classes(), result);
  }

  /**
   * Copies the pooled features of the last run (1024 values a picture at α 1).
   *
   * @param n pictures, as in that run
   * @param result {@code [n, features]}, written
   * @throws MobileNetException if n is out of range or the array is too short
   */
  public void features(int n, float[] result) {
    if (n < 1 || n > batch) {
      throw new MobileNetException("n is %d, expected 1 to %d".formatted(n, batch));
    }
    int count = plan.network().features();
    require("features", result.length, (long) n * count);
    copy(features, plan.head().featuresStride(), n, count, result);
  }

  private static void copy(Floats from, int stride, int n, int count, float[] to) {
    for (int image = 0; image < n; image++) {
      from.get(image * stride, to, image * count, count);
    }
  }

  private static void require(String name, int found, long expected) {
    if (found < expected) {
      throw new MobileNetException(
          "%s has %d values, expected at least %d".formatted(name, found, expected));
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    workers.close();
  }
}
