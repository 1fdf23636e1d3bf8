package io.github.mobilenet4j.server.batching;

import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The images of one request on their way through the queue. Once begun it is finished; before, it
 * may be cancelled or come too late.
 */
public final class Job {
  private final BatchRunner runner;
  private final int images;
  private final float[] x;
  private final float[] result;
  private final long deadline;
  private final CompletableFuture<Times> done = new CompletableFuture<>();

  // Guarded by the queue's lock, which hands the job over to a worker and back.
  private int taken;
  private int left;
  private long queued;
  private long begun;
  private long computing;
  private volatile boolean cancelled;

  /**
   * What took how long, in nanoseconds.
   *
   * @param queue from the queue's end to its first batch
   * @param compute the batches that it was in, added up where they were computed side by side
   */
  public record Times(long queue, long compute) {}

  /**
   * @param runner which computes it
   * @param images how many, ≥ 1
   * @param x their values, one after the other; not modified
   * @param result receives what is computed, likewise
   * @param deadline when it has to have begun, on the queue's clock
   */
  public Job(BatchRunner runner, int images, float[] x, float[] result, long deadline) {
    this.runner = runner;
    this.images = images;
    this.x = x;
    this.result = result;
    this.deadline = deadline;
    this.left = images;
  }

  /** Nobody waits for it any more: it is not begun, if it is not yet. */
  public void cancel() {
    cancelled = true;
  }

  /**
   * Waits until it is computed.
   *
   * @throws Refusal if it is not, since it came too late, was cancelled, or the queue was closed
   */
  public Times await() {
    try {
      return done.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException fault -> throw fault;
        case Error error -> throw error;
        default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      cancel();
      Thread.currentThread().interrupt();
      throw new Refusal(Reason.NOT_READY, "the server ends", e);
    }
  }

  BatchRunner runner() {
    return runner;
  }

  void queued(long now) {
    queued = now;
  }

  /** Returns whether it is still worth beginning; what is not is told so. */
  boolean isWanted(long now) {
    if (taken > 0) {
      return true;
    }
    if (cancelled) {
      fail(new Refusal(Reason.DEADLINE, "cancelled by the caller"));
      return false;
    }
    if (deadline - now < 0) {
      fail(
          new Refusal(
              Reason.DEADLINE,
              "too many images were before this one: it waited %s ms, longer than its deadline"
                  .formatted((now - queued) / 1_000_000)));
      return false;
    }
    return true;
  }

  /** Returns how many images of it were not taken yet. */
  int waiting() {
    return images - taken;
  }

  /** Returns the next images, at most so many. */
  Slice take(int most, long now) {
    if (taken == 0) {
      begun = now;
    }
    Slice slice = new Slice(x, result, taken, Math.min(most, waiting()));
    taken += slice.count();
    return slice;
  }

  boolean isTaken() {
    return taken == images;
  }

  /** Images of it were computed. */
  void computed(int count, long nanos) {
    left -= count;
    computing += nanos;
    if (left == 0) {
      done.complete(new Times(begun - queued, computing));
    }
  }

  void fail(Throwable fault) {
    done.completeExceptionally(fault);
  }

  /** Returns whether it has ended, well or not. */
  boolean isDone() {
    return done.isDone();
  }

  boolean hasFailed() {
    return done.isCompletedExceptionally();
  }
}
