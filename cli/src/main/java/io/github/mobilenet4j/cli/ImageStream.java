package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Decodes pictures ahead of their reader, on other threads; gives them in their order. */
final class ImageStream implements Iterator<ImageStream.Item>, AutoCloseable {
  /**
   * One picture file.
   *
   * @param path the file
   * @param image what it shows, null if it cannot be read
   * @param fault why it cannot be read, null if it can
   * @param nanos what reading took
   */
  record Item(Path path, RgbImage image, MobileNetException fault, long nanos) {}

  private static final int MAX_DECODERS = 4;

  private final ImageReader reader = new ImageReader();
  private final ExecutorService decoders;
  private final Iterator<Path> paths;
  private final Queue<Future<Item>> ahead = new ArrayDeque<>();

  /**
   * Starts at once.
   *
   * @param threads the most pictures that are decoded at a time, unless these are already as many
   *     as pay off
   */
  ImageStream(List<Path> paths, int threads) {
    int most = Math.min(threads, MAX_DECODERS);
    this.decoders = Executors.newFixedThreadPool(most, Thread.ofPlatform().daemon().factory());
    this.paths = paths.iterator();
    for (int i = 0; i <= most; i++) {
      decodeAnother();
    }
  }

  private void decodeAnother() {
    if (paths.hasNext()) {
      Path path = paths.next();
      ahead.add(decoders.submit(() -> decode(path)));
    }
  }

  private Item decode(Path path) {
    long start = System.nanoTime();
    try {
      RgbImage image = reader.read(path);
      return new Item(path, image, null, System.nanoTime() - start);
    } catch (MobileNetException e) {
      return new Item(path, null, e, System.nanoTime() - start);
    }
  }

  @Override
  public boolean hasNext() {
    return !ahead.isEmpty();
  }

  @Override
  public Item next() {
    Future<Item> item = ahead.remove();
    decodeAnother();
    try {
      return item.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    decoders.shutdownNow();
  }
}
