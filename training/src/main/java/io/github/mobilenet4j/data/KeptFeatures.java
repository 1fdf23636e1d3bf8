package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a network that stays as it is makes of a data set's pictures, computed once and kept: the
 * batches are those that a {@link Loader} would make, with features in place of pixels. Each
 * picture is varied in as many ways as there are views, as a loader varies it in its first epochs;
 * after them the same come again. Pictures are not mixed with each other.
 */
public final class KeptFeatures implements Batches {
  private final Loader.Builder options;
  private final int size;

  /** By view: {@code [pictures, size]}. */
  private final float[][] views;

  /** By view: which pictures could be read. */
  private final boolean[][] read;

  private final List<Unreadable> unreadable;

  /** Makes features of pictures. */
  @FunctionalInterface
  public interface Backbone {
    /**
     * @param images whose pixels are preprocessed
     * @param features {@code [n, size]}, written; the array may be longer
     */
    void run(Batch images, float[] features);
  }

  private KeptFeatures(Loader.Builder options, int size, int views) {
    this.options = options;
    this.size = size;
    this.views = new float[views][Math.multiplyExact(options.dataset().size(), size)];
    this.read = new boolean[views][options.dataset().size()];
    unreadable = new ArrayList<>();
  }

  /** Returns how many bytes the features of so many pictures take. */
  public static double bytes(int pictures, int size, int views) {
    return (double) pictures * size * views * Float.BYTES;
  }

  /**
   * Computes all features. Ends early if the loader is told to stop.
   *
   * @param loader of the pictures; stays open, and keeps those that were decoded
   * @param size features of a picture
   * @param views how often each picture is varied, ≥ 1
   * @throws MobileNetException as {@link Loader}
   */
  public static KeptFeatures of(Loader loader, int size, int views, Backbone backbone) {
    KeptFeatures kept = new KeptFeatures(loader.options(), size, views);
    try (Loader once = loader.once()) {
      float[] features = new float[Math.multiplyExact(loader.options().batch(), size)];
      for (int view = 0; view < views; view++) {
        for (Batch images : once.epoch(view, 0)) {
          backbone.run(images, features);
          for (int i = 0; i < images.n(); i++) {
            int picture = images.indices()[i];
            System.arraycopy(features, i * size, kept.views[view], picture * size, size);
            kept.read[view][picture] = true;
          }
        }
      }
      kept.unreadable.addAll(once.unreadable());
    }
    return kept;
  }

  @Override
  public int batches() {
    return options.batches();
  }

  @Override
  public Iterable<Batch> epoch(int epoch, int firstBatch) {
    if (firstBatch < 0 || firstBatch > batches()) {
      throw new MobileNetException(
          "first batch is %s, expected 0 to %s".formatted(firstBatch, batches()));
    }
    int[] order = options.order(epoch);
    int view = epoch % views.length;
    Iterator<Batch> batches =
        IntStream.range(firstBatch, batches())
            .mapToObj(number -> batch(number, order, view))
            .filter(batch -> batch.n() > 0)
            .iterator();
    return () -> batches;
  }

  private Batch batch(int number, int[] order, int view) {
    int begin = number * options.batch();
    int[] indices =
        Arrays.stream(order, begin, Math.min(begin + options.batch(), order.length))
            .filter(picture -> read[view][picture])
            .toArray();
    float[] x = new float[indices.length * size];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(views[view], indices[i] * size, x, i * size, size);
    }
    int[] labels = Arrays.stream(indices).map(options.dataset()::label).toArray();
    return new Batch(number, indices.length, x, options.targets(labels), labels, indices);
  }

  @Override
  public List<Unreadable> unreadable() {
    return List.copyOf(unreadable);
  }
}
