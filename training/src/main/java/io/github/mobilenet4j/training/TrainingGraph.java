package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Region;
import io.github.mobilenet4j.kernels.Workers;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A network that computes the gradient of its loss: one forward pass with the statistics of the
 * batch, one backward pass. It holds the values that are trained; an optimizer changes them between
 * steps.
 *
 * <p>The same input gives the same bits with any number of threads.
 *
 * <p>Not safe to share between threads.
 */
public final class TrainingGraph implements AutoCloseable {
  private final MobileNetV1 network;
  private final Kernels kernels;
  private final Region memory = new Region();
  private final int batch;

  /** In place of a number of frozen blocks: all are, and features come in place of images. */
  private static final int FEATURES = -1;

  /** Number of values of an input: an image or its features. */
  private final long inputSize;

  /** Number of convolutions at the beginning that are not trained. */
  private final int frozen;

  private final Values values;
  private final MiniBatch current = new MiniBatch();
  private final List<Convolution> convolutions = new ArrayList<>();
  private final Head head;
  private final KernelGradients kernelGradients;

  /** Gradients by activations: one is read while the other is written. */
  private final Buffer[] gradients = new Buffer[2];

  private final Scratch[] scratch;
  private final List<Tasks> operators = new ArrayList<>();

  /** Whether the last operator of chunks does them in reversed order. */
  private boolean reversed;

  /** By convolution: how many operators there are up to the end of its forward pass. */
  private final List<Integer> forwardEnds = new ArrayList<>();

  /** By the operator after which it is there: the first parameter that has its gradient. */
  private final Map<Integer, Integer> completes = new HashMap<>();

  private final Workers workers;
  private final Run run = new Run();

  /**
   * @param network what to train
   * @param initial the values to begin with; copied
   * @param batch the most pictures of a step, ≥ 1
   * @param threads the most threads, the caller's among them, 1 to {@link Workers#MOST_THREADS}
   * @param frozenBlocks how much of the backbone keeps its values and statistics: 0 nothing, 1 the
   *     stem, k the stem and the first k−1 blocks
   * @param momentum of BatchNorm's running statistics in PyTorch's convention, {@code running ← (1
   *     − momentum) · running + momentum · batch}; TensorFlow's decay is 1 − momentum. 0: the
   *     running statistics stay as they are, and BatchNorm normalises by them, as it does in
   *     inference
   * @throws MobileNetException if an argument is out of its range, the values are those of another
   *     network, the batch needs a buffer of 2³¹ values or more, or it does not fit into memory
   */
  public TrainingGraph(
      MobileNetV1 network,
      Weights.Trained initial,
      int batch,
      int threads,
      int frozenBlocks,
      double momentum) {
    this(network, initial, batch, threads, frozenBlocks, momentum, Arithmetic.FLOAT32);
  }

  /**
   * Makes one that computes with rounded kernels and activations, or with other products.
   *
   * @throws MobileNetException as the other constructor
   */
  public TrainingGraph(
      MobileNetV1 network,
      Weights.Trained initial,
      int batch,
      int threads,
      int frozenBlocks,
      double momentum,
      Arithmetic arithmetic) {
    this(network, initial, batch, threads, frozenBlocks, momentum, arithmetic, currentKernels());
  }

  /**
   * Returns a graph of the classifier alone, whose steps take features, {@code [n, features]} as
   * {@link io.github.mobilenet4j.network.MobileNetV1#features} says, in place of images. The
   * backbone is frozen, and not computed.
   *
   * @throws MobileNetException as the constructors
   */
  public static TrainingGraph ofClassifier(
      MobileNetV1 network, Weights.Trained initial, int batch, int threads) {
    return new TrainingGraph(
        network, initial, batch, threads, FEATURES, 0, Arithmetic.FLOAT32, currentKernels());
  }

  TrainingGraph(
      MobileNetV1 network,
      Weights.Trained initial,
      int batch,
      int threads,
      int frozenBlocks,
      double momentum,
      Arithmetic arithmetic,
      Kernels machine) {
    check(batch >= 1, "batch", batch, ">= 1");
    check(
        threads >= 1 && threads <= Workers.MOST_THREADS,
        "threads",
        threads,
        "1 to " + Workers.MOST_THREADS);
    int parts = parts(network);
    boolean ofFeatures = frozenBlocks == FEATURES;
    check(
        frozenBlocks >= 0 && frozenBlocks <= parts || ofFeatures,
        "frozen blocks",
        frozenBlocks,
        "0 to " + parts);
    check(momentum >= 0 && momentum <= 1, "BatchNorm momentum", momentum, "0 to 1");
    check(
        network.backbone() != MobileNetV1.Backbone.STANDARD,
        "backbone",
        network.backbone(),
        "separable blocks");
    check(
        network.hasClassifier()
            && network.head().hidden() == 0
            && network.head().others() == 0
            && network.head().activation() == ClassifierActivation.SOFTMAX,
        "head",
        network.head(),
        "a classifier alone, with softmax");
    initial.requireFor(network);
    this.network = network;
    this.batch = batch;
    this.kernels = machine.in(memory);
    List<Layer.Convolution> layers =
        network.layers().stream()
            .filter(Layer.Convolution.class::isInstance)
            .map(Layer.Convolution.class::cast)
            .toList();
    this.frozen =
        ofFeatures
            ? layers.size()
            : (int) layers.stream().filter(layer -> layer.block() < frozenBlocks).count();
    this.inputSize = ofFeatures ? network.features() : network.input().size();
    try {
      this.values =
          new Values(
              network, initial, Set.copyOf(layers.subList(0, frozen)), arithmetic.quantization());
      addConvolutions(ofFeatures ? List.of() : layers, momentum, arithmetic.precision());
      checkBuffer(network.classifier(), (long) batch * Channels.pixelStride(network.classes()));
      BatchNorm last = ofFeatures ? null : convolutions.getLast().out();
      this.head = new Head(kernels, network, values, current, batch, last);
      this.kernelGradients = allocateKernelGradients(threads);
      this.scratch = allocateScratch(threads);
      addOperators();
      this.workers = new Workers(threads);
    } catch (OutOfMemoryError e) {
      memory.close();
      throw new MobileNetException(
          "training with batches of %s on %s threads does not fit into memory: %s"
              .formatted(batch, threads, e.getMessage()),
          e);
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  private static void check(boolean valid, String what, Object found, String expected) {
    if (!valid) {
      throw new MobileNetException(what + " is " + found + ", expected " + expected);
    }
  }

  private static Kernels currentKernels() {
    try {
      return KernelChoice.current().kernels();
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      throw new MobileNetException(e.getMessage(), e);
    }
  }

  private void addConvolutions(
      List<Layer.Convolution> layers, double momentum, TrainingPrecision precision) {
    // What a frozen layer makes is read by the next one and never again.
    int still = Math.min(frozen, layers.size());
    Buffer[] passing = {allocateFor(layers.subList(0, still)), null};
    passing[1] = allocateFor(layers.subList(0, still));
    Buffer[] outputs = new Buffer[layers.size()];
    Arrays.setAll(outputs, i -> i < frozen ? passing[i % 2] : allocateFor(List.of(layers.get(i))));
    Buffer dz = allocateFor(layers.subList(still, layers.size()), TrainingGraph::keptGradient);
    for (int i = 0; i < layers.size(); i++) {
      Layer.Convolution layer = layers.get(i);
      BatchNorm out =
          new BatchNorm(
              kernels,
              network,
              layer,
              values,
              momentum,
              i < frozen,
              outputs[i],
              Chunk.count(batch));
      BatchNorm in = i == 0 ? null : convolutions.getLast().out();
      convolutions.add(
          switch (layer) {
            case Layer.Standard _ -> new Stem(kernels, network, values, current, out);
            case Layer.Depthwise d -> new Depthwise(kernels, network, d, values, in, out);
            case Layer.Pointwise p -> new Pointwise(kernels, precision, p, values, in, out, dz);
          });
    }
    for (int parity = 0; parity < gradients.length; parity++) {
      int rest = parity;
      gradients[parity] =
          allocateFor(
              IntStream.range(still, layers.size())
                  .filter(i -> i % 2 == rest)
                  .mapToObj(layers::get)
                  .toList());
    }
  }

  /** Returns memory for the output of any one of some layers. */
  private Buffer allocateFor(List<Layer.Convolution> layers) {
    return allocateFor(layers, layer -> layer.out().area() * BatchNorm.pixel(layer));
  }

  /**
   * Returns memory for any one of some layers.
   *
   * @param size floats for each picture
   */
  private Buffer allocateFor(
      List<Layer.Convolution> layers, ToLongFunction<Layer.Convolution> size) {
    long most = 0;
    for (Layer.Convolution layer : layers) {
      most = Math.max(most, batch * size.applyAsLong(layer));
      checkBuffer(layer, most);
    }
    return kernels.allocate((int) most);
  }

  private static long keptGradient(Layer.Convolution layer) {
    return layer instanceof Layer.Pointwise pointwise ? Pointwise.gradientSize(pointwise) : 0;
  }

  private void checkBuffer(Layer layer, long size) {
    check(
        size <= Integer.MAX_VALUE,
        "batch",
        batch,
        "fewer pictures: %s needs a buffer of %s values".formatted(layer.name(), size));
  }

  private KernelGradients allocateKernelGradients(int threads) {
    int size = 0;
    int columns = 0;
    for (Convolution c : trained()) {
      if (c.kernelTasks() == 0) {
        size = Math.max(size, c.kernelRows() * c.gradientRow());
        columns = Math.max(columns, c.out().channels());
      }
    }
    return new KernelGradients(kernels, Chunk.count(batch), size, columns, threads);
  }

  private List<Convolution> trained() {
    return convolutions.subList(Math.min(frozen, convolutions.size()), convolutions.size());
  }

  private Scratch[] allocateScratch(int threads) {
    int strip = head.scratch();
    int channels = 0;
    for (Convolution c : convolutions) {
      strip = Math.max(strip, c.scratch());
      channels = Math.max(channels, c.out().pixel());
    }
    Scratch[] all = new Scratch[threads];
    for (int t = 0; t < threads; t++) {
      all[t] = new Scratch(kernels, strip, 2 * channels, network.classes());
    }
    return all;
  }

  private void addOperators() {
    int last = convolutions.size();
    operators.add(
        new Tasks(
            "all",
            "pack",
            () -> last + 1,
            // The last are the largest: they come first.
            (task, _) -> {
              if (task == 0) {
                head.pack();
              } else {
                convolutions.get(last - task).pack();
              }
            }));
    convolutions.forEach(this::addForward);
    addHead();
    for (int i = last - 1; i >= frozen; i--) {
      addBackward(i);
    }
  }

  /** Adds an operator with a task for each chunk. */
  private void addChunks(String layer, String name, Tasks.Body body) {
    // What the last chunks were made of is still in a cache: the next operator begins with them.
    reversed = !reversed;
    operators.add(new Tasks(layer, name, current::chunks, body, reversed));
  }

  private void addForward(Convolution c) {
    addChunks(
        c.name(), "forward", (task, thread) -> c.forward(current.chunk(task), scratch[thread]));
    operators.add(
        new Tasks(
            c.name(), "statistics", () -> 1, (_, _) -> c.out().finishStatistics(current.images())));
    forwardEnds.add(operators.size());
  }

  private void addHead() {
    String name = head.name();
    BatchNorm in = convolutions.isEmpty() ? null : convolutions.getLast().out();
    boolean frozenInput = in == null || in.frozen();
    operators.add(
        new Tasks(
            name, "pool", current::images, (task, thread) -> head.pool(task, scratch[thread])));
    if (head.rounds()) {
      operators.add(new Tasks(name, "range", () -> 1, (_, _) -> head.observeFeatures()));
    }
    if (head.adjusts()) {
      operators.add(new Tasks(name, "features", current::images, (task, _) -> head.adjust(task)));
    }
    operators.add(
        new Tasks(name, "forward", head::classifications, (task, _) -> head.classify(task)));
    if (head.rounds()) {
      operators.add(new Tasks(name, "range", () -> 1, (_, _) -> head.observeLogits()));
    }
    operators.add(
        new Tasks(
            name, "loss", current::images, (task, thread) -> head.loss(task, scratch[thread])));
    int kernelTasks = head.kernelTasks();
    int featureTasks = frozenInput ? 0 : head.featureTasks();
    operators.add(
        new Tasks(
            name,
            "backward",
            () -> 1 + kernelTasks + featureTasks,
            (task, thread) -> {
              if (task == kernelTasks + featureTasks) {
                head.biasGradient();
              } else if (task < kernelTasks) {
                head.kernelGradient(task, scratch[thread]);
              } else {
                head.featureGradient(task - kernelTasks);
              }
            }));
    if (!frozenInput) {
      Buffer dx = gradients[(convolutions.size() - 1) % 2];
      addChunks(
          name, "spread", (task, thread) -> head.spread(current.chunk(task), dx, scratch[thread]));
    }
    addLast(name, "norm", 0, (_, _) -> {}, head.kernel(), in);
  }

  private void addBackward(int index) {
    Convolution c = convolutions.get(index);
    BatchNorm in = index == frozen ? null : convolutions.get(index - 1).out();
    Buffer dy = gradients[index % 2];
    Buffer dx = in == null ? null : gradients[1 - index % 2];
    boolean byRows = c.kernelTasks() > 0;
    int rows = c.kernelRows();
    int rowSize = c.gradientRow();
    addChunks(
        c.name(),
        "backward",
        (task, thread) -> {
          Buffer dw = kernelGradients.ofChunk(task);
          if (!byRows) {
            dw.clear(0, rows * rowSize);
          }
          c.backward(current.chunk(task), dy, dx, dw, scratch[thread]);
        });
    if (byRows) {
      addLast(
          c.name(),
          "kernel",
          c.kernelTasks(),
          (task, thread) -> c.kernelGradient(task, current.images(), scratch[thread]),
          c.kernel(),
          in);
    } else {
      addLast(
          c.name(),
          "addition",
          KernelGradients.tasks(rows, rowSize),
          (task, thread) ->
              kernelGradients.add(
                  current.chunks(), rows, rowSize, c.kernel().gradient(), task, thread),
          c.kernel(),
          in);
    }
  }

  /**
   * Adds the last operator of a layer, after which the kernel's gradient is there, with a task more
   * that joins the sums for the BatchNorm before it.
   */
  private void addLast(
      String name,
      String what,
      int tasks,
      Tasks.Body body,
      TrainingParameter kernel,
      BatchNorm before) {
    int norms = before == null || before.frozen() ? 0 : 1;
    completes.put(operators.size(), parameters().indexOf(kernel));
    operators.add(
        new Tasks(
            name,
            what,
            () -> norms + tasks,
            (task, thread) -> {
              if (task < norms) {
                before.finishGradient(current.images());
              } else {
                body.run(task - norms, thread);
              }
            }));
  }

  /** The operators of a step, as {@link Workers} count them. */
  private final class Run implements Workers.Work {
    private long[] nanos;
    private IntConsumer written;
    private int most = Integer.MAX_VALUE;

    /** When each operator was done, where times are taken. */
    private long[] ends;

    @Override
    public int operators() {
      return Math.min(operators.size(), most);
    }

    @Override
    public int tasks(int operator) {
      return operators.get(operator).count().getAsInt();
    }

    @Override
    public void run(int operator, int task, int thread) {
      operators.get(operator).body().run(task, thread);
    }

    @Override
    public boolean reversed(int operator) {
      return operators.get(operator).reversed();
    }

    @Override
    public void finished(int operator) {
      if (written != null && completes.containsKey(operator)) {
        written.accept(completes.get(operator));
      }
    }

    @Override
    public void completed(int operator) {
      if (nanos != null) {
        ends[operator] = System.nanoTime();
      }
    }

    /** Runs all, and adds the time of each if that is asked for. */
    void start() {
      ends = nanos == null ? null : new long[operators()];
      long last = System.nanoTime();
      workers.run(this);
      for (int operator = 0; nanos != null && operator < operators(); operator++) {
        if (tasks(operator) > 0) {
          nanos[operator] += ends[operator] - last;
          last = ends[operator];
        }
      }
    }
  }

  /** Returns how many parts of a network can be frozen: the stem and the blocks. */
  public static int parts(MobileNetV1 network) {
    return 1 + network.blocks().size();
  }

  /** Returns the network. */
  public MobileNetV1 network() {
    return network;
  }

  /** Returns the most pictures of a step. */
  public int batch() {
    return batch;
  }

  /** Returns what is trained, in the network's order; frozen parameters are not among them. */
  public List<TrainingParameter> parameters() {
    return values.trained();
  }

  /**
   * Returns the running means and variances that steps change, in the network's order; those of
   * frozen layers are not among them.
   */
  public List<TrainingParameter> statistics() {
    return values.statistics();
  }

  /** Returns all that steps change: {@link #parameters} and {@link #statistics}. */
  public List<TrainingParameter> variables() {
    return Stream.concat(parameters().stream(), statistics().stream()).toList();
  }

  /**
   * Returns the range of each layer's output by its name, {@code [2]}: a copy, for {@link
   * FakeQuantization#ranges}; empty if nothing is rounded.
   */
  public synchronized Map<String, float[]> ranges() {
    return values.ranges();
  }

  /**
   * Computes logits, loss and gradients, and moves the running statistics. The loss is softmax
   * cross-entropy, {@code −Σ_k target[k] · log p[k]}, averaged over the pictures.
   *
   * @param x {@code [n, H, W, C]}, preprocessed, or {@code [n, features]} of a graph {@linkplain
   *     #ofClassifier of the classifier}; not modified
   * @param targets {@code [n, classes]}, probabilities of the classes; a row may sum to something
   *     other than 1, which is then the weight of that picture; not modified
   * @param n pictures, 1 to {@link #batch()}
   * @param seed which values dropout zeroes; use another one in each step
   * @param logits {@code [n, classes]}, written
   * @return the loss; gradients are in {@link #parameters()}
   * @throws MobileNetException if n is out of range, an array is too short or this is closed
   */
  public float step(float[] x, float[] targets, int n, long seed, float[] logits) {
    return step(x, targets, Optional.empty(), n, seed, logits, null);
  }

  /**
   * The same with a teacher: see {@link SoftTargets} for the loss. It can also tell of gradients as
   * soon as they are there: from the last layer to the first, while those before are computed.
   *
   * @param soft what the teacher says of the pictures; empty for no teacher
   * @param written takes, on the calling thread, the index of the first of {@link #parameters()}
   *     from which on all have their gradients; null for nobody
   * @throws MobileNetException as the other step
   */
  public synchronized float step(
      float[] x,
      float[] targets,
      Optional<SoftTargets> soft,
      int n,
      long seed,
      float[] logits,
      IntConsumer written) {
    checkOpen();
    check(n >= 1 && n <= batch, "n", n, "1 to " + batch);
    checkLength("x", x, n * inputSize);
    checkLength("targets", targets, (long) n * network.classes());
    checkLength("logits", logits, (long) n * network.classes());
    soft.ifPresent(
        s -> checkLength("the teacher's logits", s.logits(), (long) n * network.classes()));
    current.set(x, targets, soft, n, seed);
    run.written = written;
    try {
      run.start();
      head.copyLogits(logits);
      return head.meanLoss();
    } finally {
      run.written = null;
      current.set(null, null, Optional.empty(), 0, 0);
    }
  }

  /**
   * Computes the outputs of the first convolutions alone, and moves their running statistics.
   *
   * @param x {@code [n, H, W, C]}, preprocessed; not modified
   * @param n images, 1 to {@link #batch()}
   * @param convolutions how many, ≥ 1
   */
  synchronized void forward(float[] x, int n, int convolutions) {
    checkOpen();
    check(n >= 1 && n <= batch, "n", n, "1 to " + batch);
    checkLength("x", x, n * inputSize);
    current.set(x, null, Optional.empty(), n, 0);
    run.most = forwardEnds.get(convolutions - 1);
    try {
      run.start();
    } finally {
      run.most = Integer.MAX_VALUE;
      current.set(null, null, Optional.empty(), 0, 0);
    }
  }

  private void checkOpen() {
    check(memory.isOpen(), "the graph", "closed", "an open one");
  }

  private static void checkLength(String name, float[] array, long expected) {
    check(array.length >= expected, name, array.length + " values", "at least " + expected);
  }

  /** Returns the names of the operators of a step, in order, for {@link #profile}. */
  public List<String> operators() {
    return operators.stream().map(Tasks::toString).toList();
  }

  /**
   * The same as {@link #step}, which adds the time of each operator.
   *
   * @param nanos nanoseconds by operator, in the order of {@link #operators()}
   * @throws MobileNetException as {@link #step}
   */
  public synchronized float profile(
      float[] x, float[] targets, int n, long seed, float[] logits, long[] nanos) {
    check(nanos.length >= operators.size(), "nanos", nanos.length, "at least " + operators.size());
    run.nanos = nanos;
    try {
      return step(x, targets, n, seed, logits);
    } finally {
      run.nanos = null;
    }
  }

  /**
   * Returns a copy of all values, frozen ones and running statistics among them, as they are
   * between two steps.
   */
  public synchronized Weights.Trained weights() {
    return values.copy();
  }

  /**
   * Does other work on the threads of the steps, and waits for it: never during a step.
   *
   * @throws MobileNetException if this is closed
   */
  synchronized void share(Workers.Work work) {
    checkOpen();
    workers.run(work);
  }

  /**
   * Waits for the end of a step, if one is under way on another thread, then ends the threads and
   * gives the native memory back at once. The values stay.
   */
  @Override
  public synchronized void close() {
    workers.close();
    memory.close();
  }
}
