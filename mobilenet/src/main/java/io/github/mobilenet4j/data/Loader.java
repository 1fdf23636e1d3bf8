package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Preprocessing;
import java.util.List;

/**
 * Makes batches of a data set, ahead of who takes them, on other threads.
 *
 * <p>One epoch at a time: asking for another ends the one before.
 */
public final class Loader implements AutoCloseable {
  private final Builder options;

  private Loader(Builder options) {
    this.options = options;
  }

  /**
   * Begins with what inference wants: pictures in their order, none changed, none left out.
   *
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

    private Builder(Dataset dataset, Preprocessing preprocessing, int height, int width) {
      this.dataset = dataset;
      this.preprocessing = preprocessing;
      this.height = height;
      this.width = width;
    }

    /** How pictures are changed by chance; {@link Augmentation#NONE} if not said. */
    public Builder augmentation(Augmentation value) {
      augmentation = value;
      return this;
    }

    /** Pictures a batch, ≥ 1; 32 if not said. */
    public Builder batch(int value) {
      batch = value;
      return this;
    }

    /** Which order and which changes. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Threads that read and change pictures, ≥ 1; one if not said. */
    public Builder threads(int value) {
      threads = value;
      return this;
    }

    /** Bytes of memory for decoded pictures, ≥ 0; none if not said. */
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

    /** Whether a picture that cannot be read is an error; else it is left out of its batch. */
    public Builder strict(boolean value) {
      strict = value;
      return this;
    }

    /**
     * Starts the threads.
     *
     * @throws MobileNetException if a value is out of its range
     */
    public Loader build() {
      return new Loader(this);
    }
  }

  /** Returns the number of batches of an epoch. */
  public int batches() {
    int size = options.dataset.size();
    return (int) ((options.dropLast ? size : size + options.batch - 1L) / options.batch);
  }

  /**
   * Returns the batches of an epoch, from batch {@code firstBatch} on: the same as if the epoch had
   * been taken from its beginning.
   */
  public Iterable<Batch> epoch(int epoch, int firstBatch) {
    throw new MobileNetException("to come: epoch " + epoch + " from batch " + firstBatch);
  }

  /** Returns the pictures that were left out so far, by their number. */
  public List<Unreadable> unreadable() {
    return List.of();
  }

  @Override
  public void close() {}
}
