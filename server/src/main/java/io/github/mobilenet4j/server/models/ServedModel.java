package io.github.mobilenet4j.server.models;

import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.server.batching.BatchRunner;
import io.github.mobilenet4j.server.batching.Slice;
import io.github.mobilenet4j.server.protocol.ModelMetadata;
import io.github.mobilenet4j.server.protocol.Tensor;
import io.github.mobilenet4j.server.protocol.TensorMetadata;
import io.github.mobilenet4j.weights.Model;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A model that is ready to compute. Whoever uses it holds it: it is closed when it was replaced or
 * unloaded, and nobody holds it any more.
 */
public final class ServedModel implements BatchRunner {
  /** What every model calls its input. */
  public static final String INPUT = "images";

  /**
   * How models run.
   *
   * @param threads that share what comes alone; a batch of others is for one
   * @param batch the most images of one
   */
  public record Settings(int threads, int batch) {}

  private static final int CALLS_WITHOUT_GAIN = 5;
  private static final long MOST_WARM_UP = 1_500_000_000; // nanoseconds

  private final ModelSpec spec;
  private final Model model;
  private final Settings settings;

  /** Keeps the plan, and lets it go. */
  private final Classifier compiled;

  private final InferencePlan plan;
  private final ModelStatistics statistics;

  /** Sessions of all threads, and of one. */
  private final Deque<Buffers> shared = new ConcurrentLinkedDeque<>();

  private final Deque<Buffers> single = new ConcurrentLinkedDeque<>();

  /** The repository, and who computes with it; at 0 it is closed. */
  private final AtomicInteger holders = new AtomicInteger(1);

  private record Buffers(Session session, float[] x, float[] result) {}

  ServedModel(ModelSpec spec, Model model, Settings settings, ModelStatistics statistics) {
    this.spec = spec;
    this.model = model;
    this.settings = settings;
    this.statistics = statistics;
    this.compiled = Classifier.of(model);
    this.plan = compiled.plan();
  }

  /** Returns its name. */
  public String name() {
    return spec.name();
  }

  /** Returns its version. */
  public String version() {
    return spec.version();
  }

  /** Returns what was read. */
  public Model model() {
    return model;
  }

  ModelStatistics statistics() {
    return statistics;
  }

  /** Returns the values of one image before the network. */
  int imageSize() {
    return Math.toIntExact(model.network().input().size());
  }

  /** Returns the values of one image behind it. */
  int resultSize() {
    return model.network().outputs();
  }

  /** Holds it; false if it is gone already. */
  boolean hold() {
    return holders.updateAndGet(count -> count == 0 ? 0 : count + 1) > 0;
  }

  /** Lets it go, which closes it if nobody holds it any more. */
  void letGo() {
    if (holders.decrementAndGet() == 0) {
      compiled.close();
      close(shared);
      close(single);
    }
  }

  private static void close(Deque<Buffers> idle) {
    for (Buffers own = idle.poll(); own != null; own = idle.poll()) {
      own.session().close();
    }
  }

  /**
   * Computes until it no longer becomes faster, for a second or so.
   *
   * @return how long an image takes where each thread computes its own
   */
  Duration warmUp() {
    compiled.warmUp(); // Decoding too.
    Buffers all = open(true);
    Buffers own = open(false);
    long begin = System.nanoTime();
    long fastest = Long.MAX_VALUE;
    int slower = 0;
    while (slower < CALLS_WITHOUT_GAIN && System.nanoTime() - begin < MOST_WARM_UP) {
      long start = System.nanoTime();
      own.session().run(own.x(), settings.batch(), own.result());
      long time = System.nanoTime() - start;
      all.session().run(all.x(), 1, all.result());
      slower = time < fastest ? 0 : slower + 1;
      fastest = Math.min(fastest, time);
    }
    shared.addFirst(all);
    single.addFirst(own);
    return Duration.ofNanos(fastest / (settings.batch() * settings.threads()));
  }

  private Buffers open(boolean alone) {
    int threads = alone ? settings.threads() : 1;
    int images = alone ? Math.clamp(threads / 2, 1, settings.batch()) : settings.batch();
    return new Buffers(
        new Session(plan, images, threads),
        new float[Math.multiplyExact(images, imageSize())],
        new float[Math.multiplyExact(images, resultSize())]);
  }

  @Override
  public int most() {
    return settings.batch();
  }

  @Override
  public void run(List<Slice> slices, boolean alone) {
    Deque<Buffers> idle = alone ? shared : single;
    Buffers own = idle.pollFirst();
    if (own == null) {
      own = open(alone);
    }
    try {
      long start = System.nanoTime();
      int images = run(slices, own);
      statistics.batch(images, System.nanoTime() - start);
    } finally {
      idle.addFirst(own);
    }
  }

  private int run(List<Slice> slices, Buffers own) {
    Slice first = slices.getFirst();
    if (slices.size() == 1 && first.from() == 0) {
      own.session().run(first.x(), first.count(), first.result());
      return first.count();
    }
    int images = 0;
    for (Slice slice : slices) {
      copy(slice.x(), slice.from(), own.x(), images, slice.count(), imageSize());
      images += slice.count();
    }
    own.session().run(own.x(), images, own.result());
    images = 0;
    for (Slice slice : slices) {
      copy(own.result(), images, slice.result(), slice.from(), slice.count(), resultSize());
      images += slice.count();
    }
    return images;
  }

  private static void copy(float[] from, int at, float[] to, int toAt, int count, int size) {
    System.arraycopy(from, at * size, to, toAt * size, count * size);
  }

  /** Preprocesses an image. */
  void preprocess(RgbImage image, float[] x, int index) {
    MobileNetV1 network = model.network();
    model.preprocessing().apply(image, network.height(), network.width(), x, index * imageSize());
  }

  /** Returns the shape of one image as the network takes it. */
  List<Long> imageShape() {
    MobileNetV1 network = model.network();
    return List.of((long) network.height(), (long) network.width(), (long) network.channels());
  }

  ModelMetadata metadata(List<String> versions) {
    MobileNetV1 network = model.network();
    List<Long> shape = imageShape();
    return new ModelMetadata(
        name(),
        versions,
        "mobilenet4j_mobilenetv1",
        List.of(
            new TensorMetadata(
                INPUT, Tensor.FP32, List.of(-1L, shape.get(0), shape.get(1), shape.get(2)))),
        ModelOutput.of(network).stream().map(output -> output.metadata(network)).toList(),
        Map.of(
            "width_multiplier", Double.toString(network.widthMultiplier()),
            "precision", plan.precision().name().toLowerCase(Locale.ROOT),
            "also_accepts", "BYTES [-1], each element an encoded image"));
  }
}
