package io.github.mobilenet4j.data;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Makes batches of a data set, ahead of who takes them, on other threads.
 *
 * <p>What is in a batch depends on the data set, the seed, the epoch and the batch's number, and
 * not on the number of threads, nor on what was taken before. An image that is unreadable ({@link
 * ImageException}: damaged, not there, not permitted) is left out of its batch, which is then
 * smaller; a batch without any is left out. All others stay as they are. What the machine lacks
 * (memory, open files, a disk that answers) is never taken for the image's fault: it ends the
 * epoch.
 *
 * <p>At any time there are at most as many batches as threads and one more.
 *
 * <p>One epoch at a time: asking for another ends the one before. Not safe for use by many threads.
 */
public final class Loader implements Batches, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Loader.class.getName());

  // What the random numbers are for; with the seed and the epoch, their key.
  private static final long ORDER = 0;
  private static final long PICTURE = 1;
  private static final long BATCH = 2;

  private final Builder options;
  private final Augmenter augmenter;
  private final ImageCache cache;
  private final ExecutorService threads;
  private final Map<Integer, Unreadable> unreadable = new ConcurrentSkipListMap<>();

  /** Free space for the pictures of a batch. */
  private final Queue<float[]> spaces = new ConcurrentLinkedQueue<>();

  private Epoch current;

  private Loader(Builder options, ImageCache cache) {
    this.options = options;
    this.cache = cache;
    augmenter =
        new Augmenter(options.augmentation, options.preprocessing, options.height, options.width);
    threads =
        Executors.newFixedThreadPool(
            options.threads, Thread.ofPlatform().daemon().name("mobilenet4j-loader-", 1).factory());
  }

  /**
   * Begins with what inference wants: pictures in their order, none changed by chance.
   *
   * @param dataset where pictures and labels come from
   * @param preprocessing how the network takes them
   * @param height the network's rows, ≥ 1
   * @param width the network's columns, ≥ 1
   */
  public static Builder builder(
      Dataset dataset, Preprocessing preprocessing, int height, int width) {
    return new Builder(dataset, preprocessing, height, width);
  }

  /** What a loader does. */
  public static final class Builder {
    private final Dataset dataset;
    private final Preprocessing preprocessing;
    private final int height;
    private final int width;
    private Augmentation augmentation = Augmentation.NONE;
    private int batch = 32;
    private long seed;
    private int threads = 1;
    private long cacheBytes;
    private double labelSmoothing;
    private boolean shuffle;
    private boolean dropLast;
    private boolean strict;
    private BooleanSupplier stop = () -> false;
    private IntPredicate wanted = _ -> true;

    private Builder(Dataset dataset, Preprocessing preprocessing, int height, int width) {
      this.dataset = dataset;
      this.preprocessing = preprocessing;
      this.height = height;
      this.width = width;
    }

    private Builder(Builder other) {
      this(other.dataset, other.preprocessing, other.height, other.width);
      augmentation = other.augmentation;
      batch = other.batch;
      seed = other.seed;
      threads = other.threads;
      cacheBytes = other.cacheBytes;
      labelSmoothing = other.labelSmoothing;
      shuffle = other.shuffle;
      dropLast = other.dropLast;
      strict = other.strict;
      stop = other.stop;
      wanted = other.wanted;
    }

    /** How pictures are changed by chance; default {@link Augmentation#NONE}. */
    public Builder augmentation(Augmentation value) {
      augmentation = value;
      return this;
    }

    /** Pictures a batch, ≥ 1; default 32. */
    public Builder batch(int value) {
      batch = value;
      return this;
    }

    /** Sets the seed of the order and of the augmentation. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Threads that read and change pictures, ≥ 1; default one. */
    public Builder threads(int value) {
      threads = value;
      return this;
    }

    /**
     * Bytes of memory for decoded pictures, ≥ 0; default none. More than half of the Java heap is
     * never taken: pictures that do not fit into the rest could not be decoded.
     */
    public Builder cacheBytes(long value) {
      cacheBytes = value;
      return this;
    }

    /**
     * The part of each target that is spread over all classes, in [0, 1): {@code (1 − s) · t + s /
     * classes} (arXiv:1512.00567, section 7).
     */
    public Builder labelSmoothing(double value) {
      labelSmoothing = value;
      return this;
    }

    /** Whether each epoch has its own order. */
    public Builder shuffle(boolean value) {
      shuffle = value;
      return this;
    }

    /** Whether a last batch that would not be full is left out. */
    public Builder dropLast(boolean value) {
      dropLast = value;
      return this;
    }

    /** Whether an unreadable image is an error; else it is left out of its batch. */
    public Builder strict(boolean value) {
      strict = value;
      return this;
    }

    /**
     * What is asked before each image, on any thread, whether the epoch ends here; it stays true
     * once it is. Default: never.
     */
    public Builder stopWhen(BooleanSupplier value) {
      stop = value;
      return this;
    }

    /**
     * Which batches are made, by their number; an epoch is without the others. They are the same as
     * if all were made. Default: all.
     */
    public Builder only(IntPredicate value) {
      wanted = value;
      return this;
    }

    /**
     * Returns the loader. Its threads start with the first epoch.
     *
     * @throws MobileNetException if a value is out of its range, or a batch does not fit into an
     *     array
     */
    public Loader build() {
      check("height", height, height >= 1, "at least 1");
      check("width", width, width >= 1, "at least 1");
      check("batch", batch, batch >= 1, "at least 1");
      check("threads", threads, threads >= 1, "at least 1");
      check("cacheBytes", cacheBytes, cacheBytes >= 0, "at least 0");
      check(
          "labelSmoothing",
          labelSmoothing,
          labelSmoothing >= 0 && labelSmoothing < 1,
          "at least 0 and below 1");
      if (floats() > Integer.MAX_VALUE - 8) {
        throw new MobileNetException(
            "a batch of %s pictures of %s×%s pixels is too large".formatted(batch, width, height));
      }
      long most = Runtime.getRuntime().maxMemory() / 2;
      return new Loader(
          new Builder(this), new ImageCache(dataset.size(), Math.min(cacheBytes, most)));
    }

    private static void check(String name, Number value, boolean fine, String expected) {
      if (!fine) {
        throw new MobileNetException("%s is %s, expected %s".formatted(name, value, expected));
      }
    }

    /** Returns the data set. */
    Dataset dataset() {
      return dataset;
    }

    /** Returns pictures a batch. */
    int batch() {
      return batch;
    }

    /** Returns the number of batches of an epoch, if every picture can be read. */
    int batches() {
      int size = dataset.size();
      return (int) ((dropLast ? size : size + batch - 1L) / batch);
    }

    /** Returns the numbers of all pictures in the order of an epoch. */
    int[] order(int epoch) {
      int[] order = IntStream.range(0, dataset.size()).toArray();
      if (shuffle) {
        new RandomStream(seed, ORDER, epoch).shuffle(order);
      }
      return order;
    }

    /** Returns the smoothed targets of some pictures. */
    float[] targets(int[] labels) {
      int classes = dataset.classes().size();
      float[] targets = new float[labels.length * classes];
      Arrays.fill(targets, (float) (labelSmoothing / classes));
      for (int i = 0; i < labels.length; i++) {
        targets[i * classes + labels[i]] += (float) (1 - labelSmoothing);
      }
      return targets;
    }

    /** The size of the largest batch. */
    private double floats() {
      return (double) preprocessing.channels() * height * width * Math.min(batch, dataset.size());
    }
  }

  /** Returns what it does. */
  Builder options() {
    return options;
  }

  /**
   * Returns a loader of each picture once, in their order, varied each for itself alone. It shares
   * the decoded pictures.
   */
  Loader once() {
    Builder once = new Builder(options);
    once.augmentation =
        options
            .augmentation
            .with(Augmentation.Parameter.MIXUP, 0)
            .with(Augmentation.Parameter.CUTMIX, 0);
    once.shuffle = false;
    once.dropLast = false;
    once.wanted = _ -> true;
    return new Loader(once, cache);
  }

  @Override
  public int batches() {
    return options.batches();
  }

  /**
   * {@inheritDoc}
   *
   * @throws MobileNetException if there is no such batch, or memory for its pictures, or this is
   *     closed. What is returned throws one if an image is unreadable and the loader is strict, or
   *     all are, or the machine lacks what it takes to read one
   */
  @Override
  public Iterable<Batch> epoch(int epoch, int firstBatch) {
    if (threads.isShutdown()) {
      throw new MobileNetException("the loader is closed, expected an open one");
    }
    if (firstBatch < 0 || firstBatch > batches()) {
      throw new MobileNetException(
          "first batch is %s, expected 0 to %s".formatted(firstBatch, batches()));
    }
    if (current != null) {
      current.end();
    }
    current = new Epoch(epoch, firstBatch);
    Iterator<Batch> batches = current;
    return () -> batches;
  }

  @Override
  public List<Unreadable> unreadable() {
    return List.copyOf(unreadable.values());
  }

  /** Ends the threads, and waits until they are done with the image that each is at. */
  @Override
  public void close() {
    if (current != null) {
      current.end();
    }
    threads.close();
  }

  /** Batches in their order; as many as there are threads, and one more, are made ahead. */
  private final class Epoch implements Iterator<Batch> {
    private final int epoch;
    private final int[] order;
    private final Queue<Future<Batch>> ahead = new ArrayDeque<>();
    private int next;
    private boolean anyImage;
    private Batch given;
    private Batch upcoming;
    private volatile boolean ended;

    Epoch(int epoch, int firstBatch) {
      this.epoch = epoch;
      order = options.order(epoch);
      next = firstBatch;
      anyImage = firstBatch > 0;
      for (int i = 0; i <= options.threads; i++) {
        beginAnother();
      }
    }

    private void beginAnother() {
      while (next < batches() && !options.wanted.test(next)) {
        next++;
      }
      if (!stopped() && next < batches()) {
        int number = next++;
        float[] free = spaces.poll();
        float[] x = free == null ? space() : free;
        ahead.add(threads.submit(() -> make(number, x)));
      }
    }

    private Batch make(int number, float[] x) {
      Dataset dataset = options.dataset;
      int begin = number * options.batch;
      int end = Math.min(begin + options.batch, order.length);
      int channels = options.preprocessing.channels();
      int size = channels * options.height * options.width;
      int[] indices = new int[end - begin];
      int n = 0;
      for (int i = begin; i < end && !stopped(); i++) {
        RgbImage image = image(order[i]);
        if (image != null) {
          augmenter.apply(
              image, new RandomStream(options.seed, PICTURE, epoch, order[i]), x, n * size);
          indices[n++] = order[i];
        }
      }
      indices = Arrays.copyOf(indices, n);
      int[] labels = Arrays.stream(indices).map(dataset::label).toArray();
      float[] targets = options.targets(labels);
      if (n > 0) {
        Mix.random(
                options.augmentation,
                options.height,
                options.width,
                new RandomStream(options.seed, BATCH, epoch, number))
            .apply(n, options.width, channels, x, size, targets);
      }
      return new Batch(number, n, x, targets, labels, indices);
    }

    @Override
    public boolean hasNext() {
      if (given != null) {
        spaces.add(given.x());
        given = null;
        beginAnother();
      }
      while (upcoming == null && !stopped() && !ahead.isEmpty()) {
        Batch batch = await(ahead.remove());
        if (stopped()) {
          break; // images of this batch may be missing
        }
        if (batch.n() > 0) {
          upcoming = batch;
        } else {
          spaces.add(batch.x());
          beginAnother();
        }
      }
      if (upcoming == null && !stopped() && !anyImage && batches() > 0) {
        throw new MobileNetException(
            "none of the %s pictures can be read, the first because: %s"
                .formatted(order.length, unreadable().getFirst().reason()));
      }
      return upcoming != null;
    }

    @Override
    public Batch next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      anyImage = true;
      given = upcoming;
      upcoming = null;
      return given;
    }

    private Batch await(Future<Batch> batch) {
      try {
        return batch.get();
      } catch (ExecutionException e) {
        end();
        switch (e.getCause()) {
          case RuntimeException cause -> throw cause;
          case OutOfMemoryError cause -> throw tooLarge(cause);
          case Error cause -> throw cause;
          default -> throw new IllegalStateException(e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new MobileNetException("interrupted while waiting for pictures", e);
      }
    }

    private boolean stopped() {
      return ended || options.stop.getAsBoolean();
    }

    /** Stops making batches; not by interrupts, which would make files unreadable. */
    void end() {
      ended = true;
      ahead.forEach(batch -> batch.cancel(false));
      ahead.clear();
      upcoming = null;
    }
  }

  private float[] space() {
    try {
      return new float[(int) options.floats()];
    } catch (OutOfMemoryError e) {
      throw tooLarge(e);
    }
  }

  private MobileNetException tooLarge(OutOfMemoryError cause) {
    return new MobileNetException(
        "batches of %s pictures of %s×%s pixels do not fit into the Java heap (see -Xmx)"
            .formatted(options.batch, options.width, options.height),
        cause);
  }

  /** Returns a picture as the augmenter wants it, null if it is unreadable. */
  private RgbImage image(int index) {
    RgbImage kept = cache.get(index);
    if (kept != null) {
      return kept;
    }
    Dataset dataset = options.dataset;
    try {
      RgbImage image = augmenter.prepare(dataset.image(index));
      cache.offer(index, image);
      return image;
    } catch (ImageException e) {
      if (options.strict) {
        throw e;
      }
      Unreadable fault = new Unreadable(index, dataset.name(index), e.getMessage());
      if (unreadable.putIfAbsent(index, fault) == null) {
        LOG.log(Level.WARNING, () -> "left out: " + e.getMessage());
      }
      return null;
    }
  }
}
