package io.github.mobilenet4j.server.batching;

import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Threads that compute what is in a queue, one for each of its workers, until it is closed and
 * empty.
 */
public final class BatchWorkers implements AutoCloseable {
  private final BatchQueue queue;
  private final LongSupplier nanoTime;
  private final List<Thread> threads;

  /**
   * Starts them.
   *
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public BatchWorkers(BatchQueue queue, LongSupplier nanoTime) {
    this.queue = queue;
    this.nanoTime = nanoTime;
    this.threads =
        IntStream.range(0, queue.workers())
            .mapToObj(
                i -> Thread.ofPlatform().daemon().name("mobilenet4j-batch-" + i).start(this::work))
            .toList();
  }

  private void work() {
    try {
      Optional<Batch> batch = queue.take();
      while (batch.isPresent()) {
        run(batch.get());
        batch = queue.take();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(Batch batch) {
    long start = nanoTime.getAsLong();
    try {
      batch.runner().run(batch.slices(), batch.alone());
    } catch (Throwable fault) { // Whatever it is, those who wait have to be told.
      queue.failed(batch, fault);
      return;
    }
    queue.computed(batch, nanoTime.getAsLong() - start);
  }

  /** Closes the queue, and waits until what is in it was computed. */
  @Override
  public void close() {
    queue.close();
    boolean interrupted = false;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
        threads.forEach(Thread::interrupt);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
