package io.github.mobilenet4j.server.batching;

import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Lets requests in, before anything is done for them, as long as there is room and time: so many
 * images and pixels are under way at most, and who could not be answered before its deadline,
 * judged by how fast images have left lately, is refused at once and not when it is too late.
 *
 * <p>Safe for use by many threads.
 */
public final class Admission {
  /**
   * @param images the most images under way
   * @param pixels the most pixels of encoded images under way
   * @param imagesPerClient the most images of one client under way, 0 for no such limit
   */
  public record Limits(int images, long pixels, int imagesPerClient) {}

  /** What an image counts for in the mean of the time of one. */
  private static final double WEIGHT = 0.05;

  /** Who would be just in time may be late: the time of an image is a mean. */
  private static final double MARGIN = 0.75;

  private final Limits limits;
  private final LongSupplier nanoTime;
  private final Map<String, Integer> clients = new HashMap<>();
  private int images;
  private long pixels;

  /** Nanoseconds between two images that leave while others are under way. */
  private double each;

  /** When an image last left, or the first came. */
  private long last;

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public Admission(Limits limits, LongSupplier nanoTime) {
    this.limits = limits;
    this.nanoTime = nanoTime;
  }

  /** The room that a request takes; given back when it is closed. */
  public final class Permit implements AutoCloseable {
    private final int ownImages;
    private final String client;
    private long ownPixels;
    private boolean answered;
    private boolean closed;

    private Permit(int images, long pixels, String client) {
      this.ownImages = images;
      this.ownPixels = pixels;
      this.client = client;
    }

    /** Its images are decoded: the pixels are given back. */
    public void decoded() {
      synchronized (Admission.this) {
        pixels -= ownPixels;
        ownPixels = 0;
      }
    }

    /** It was computed, so that the time it took counts. */
    public void answered() {
      answered = true;
    }

    @Override
    public void close() {
      synchronized (Admission.this) {
        if (!closed) {
          closed = true;
          decoded();
          leave(this);
        }
      }
    }
  }

  /** Says how long an image takes, before one has left. */
  public synchronized void expect(Duration image) {
    each = image.toNanos();
  }

  /** Returns how many images are under way. */
  public synchronized int images() {
    return images;
  }

  /** Returns how many pixels are under way. */
  public synchronized long pixels() {
    return pixels;
  }

  /**
   * Throws if a request of a single image would be refused: for who has not read its body yet.
   *
   * @param deadline when the answer is of no use any more, on the clock
   * @throws Refusal if there is no room or no time
   */
  public synchronized void check(long deadline) {
    if (images >= limits.images()) {
      throw new Refusal(
          Reason.OVERLOAD, "%s images are under way, the most there may be".formatted(images));
    }
    double wait = images * each;
    if (images > 0 && wait > MARGIN * (deadline - nanoTime.getAsLong())) {
      throw new Refusal(
          Reason.OVERLOAD,
          "%s images are under way: the answer would take %s ms, longer than its deadline"
              .formatted(images, Math.round(wait / 1e6)));
    }
  }

  /**
   * Lets a request in.
   *
   * @param count its images, ≥ 1
   * @param area its pixels that have to be decoded, ≥ 0
   * @param client whose it is
   * @param deadline when the answer is of no use any more, on the clock
   * @throws Refusal if there is no room or no time
   */
  public synchronized Permit admit(int count, long area, String client, long deadline) {
    if (count > limits.images()) {
      throw Refusal.bad(
          "the request has %s images, expected at most %s".formatted(count, limits.images()));
    }
    if (area > limits.pixels()) {
      throw new Refusal(
          Reason.PIXELS,
          "the request has images of %s pixels, expected at most %s"
              .formatted(area, limits.pixels()));
    }
    int before = clients.getOrDefault(client, 0);
    if (limits.imagesPerClient() > 0 && before + count > limits.imagesPerClient()) {
      throw new Refusal(
          Reason.CLIENT,
          "%s images of %s are under way, the most are %s"
              .formatted(before, client, limits.imagesPerClient()));
    }
    check(deadline);
    if (images + count > limits.images()) {
      throw new Refusal(
          Reason.OVERLOAD,
          "%s images are under way, of at most %s".formatted(images, limits.images()));
    }
    if (pixels + area > limits.pixels()) {
      throw new Refusal(
          Reason.OVERLOAD,
          "images of %s pixels are under way, of at most %s".formatted(pixels, limits.pixels()));
    }
    if (images == 0) {
      last = nanoTime.getAsLong();
    }
    images += count;
    pixels += area;
    clients.put(client, before + count);
    return new Permit(count, area, client);
  }

  private void leave(Permit permit) {
    images -= permit.ownImages;
    clients.computeIfPresent(
        permit.client, (_, count) -> count == permit.ownImages ? null : count - permit.ownImages);
    if (permit.answered) {
      long now = nanoTime.getAsLong();
      double sample = (double) (now - last) / permit.ownImages;
      double kept = Math.pow(1 - WEIGHT, permit.ownImages);
      each = each == 0 ? sample : kept * each + (1 - kept) * sample;
      last = now;
    }
  }
}
