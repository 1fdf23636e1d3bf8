package io.github.mobilenet4j.server.models;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReadLimits.Limit;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Decodes images, on as many threads as there are processors: decoding is work, of which more
 * threads do no more.
 */
public final class ImageDecoder implements AutoCloseable {
  private final ImageReader header;
  private final ImageReader reader;
  private final long pixels;
  private final ExecutorService threads;

  /**
   * @param limits of each image
   * @param count how many threads
   */
  public ImageDecoder(ReadLimits limits, int count) {
    // Its own refusal of too many pixels is told apart from that of what is no image.
    this.header = new ImageReader(limits.with(Limit.PIXELS, Long.MAX_VALUE));
    this.reader = new ImageReader(limits);
    this.pixels = limits.of(Limit.PIXELS);
    this.threads =
        Executors.newFixedThreadPool(
            count, Thread.ofPlatform().daemon().name("mobilenet4j-decode-", 0).factory());
  }

  /**
   * Returns the pixels that images have, as their headers say.
   *
   * @throws Refusal if one is no image, or has too many
   */
  long pixels(List<byte[]> images) {
    long sum = 0;
    for (int i = 0; i < images.size(); i++) {
      try {
        long own = header.pixels("image " + i, images.get(i));
        if (own > pixels) {
          throw new Refusal(
              Reason.PIXELS,
              "image %s has %s pixels, expected at most %s".formatted(i, own, pixels));
        }
        sum += own;
      } catch (ImageException e) {
        throw new Refusal(Reason.BAD_REQUEST, e.getMessage(), e);
      }
    }
    return sum;
  }

  /**
   * Decodes and preprocesses images.
   *
   * @return {@code [n, H, W, C]}
   * @throws Refusal if one cannot be decoded
   */
  float[] decode(ServedModel model, List<byte[]> images) {
    float[] x = new float[Math.multiplyExact(images.size(), model.imageSize())];
    List<Future<?>> tasks =
        IntStream.range(0, images.size())
            .<Future<?>>mapToObj(i -> threads.submit(() -> decode(model, images.get(i), x, i)))
            .toList();
    try {
      for (Future<?> task : tasks) {
        task.get();
      }
    } catch (ExecutionException e) {
      tasks.forEach(task -> task.cancel(false));
      switch (e.getCause()) {
        case ImageException fault ->
            throw new Refusal(Reason.BAD_REQUEST, fault.getMessage(), fault);
        case RuntimeException fault -> throw fault;
        default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      tasks.forEach(task -> task.cancel(false));
      Thread.currentThread().interrupt();
      throw new Refusal(Reason.NOT_READY, "the server ends", e);
    }
    return x;
  }

  private void decode(ServedModel model, byte[] image, float[] x, int index) {
    long start = System.nanoTime();
    RgbImage rgb = reader.read("image " + index, image);
    long decoded = System.nanoTime();
    model.statistics().decoded(decoded - start);
    model.preprocess(rgb, x, index);
    model.statistics().preprocessed(System.nanoTime() - decoded);
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
