package io.github.mobilenet4j.data;

import io.github.mobilenet4j.image.RgbImage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The decoded pictures that came first, as many as a budget of memory allows; none is ever given up
 * for another. An epoch asks for every picture once, so that any other choice would find no more.
 *
 * <p>Files are not kept: the operating system does.
 */
final class ImageCache {
  /** Headers of a record and an array, and the reference. */
  private static final int OVERHEAD = 56;

  private final AtomicReferenceArray<RgbImage> images;
  private final AtomicLong left;

  ImageCache(int size, long bytes) {
    images = new AtomicReferenceArray<>(size);
    left = new AtomicLong(bytes);
  }

  /** Returns a picture, null if it was not kept. */
  RgbImage get(int index) {
    return images.get(index);
  }

  /** Keeps a picture if there is room. */
  void offer(int index, RgbImage image) {
    long bytes = image.rgb().length + OVERHEAD;
    if (left.addAndGet(-bytes) < 0 || !images.compareAndSet(index, null, image)) {
      left.addAndGet(bytes);
    }
  }
}
