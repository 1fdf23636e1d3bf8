package io.github.mobilenet4j.server.batching;

import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Jobs in the order in which they came. Nobody waits for a batch to fill up: who is free takes the
 * first job and, of those behind it, what is of the same model, up to the most images of a batch.
 * What is larger than a batch is taken in several, and goes behind the others in between.
 *
 * <p>How long it becomes is bounded by {@link Admission}. Safe for use by many threads.
 */
public final class BatchQueue {
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Job> jobs = new ArrayDeque<>();
  private boolean closed;

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public BatchQueue(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Puts a job at the end.
   *
   * @throws Refusal if the queue is closed
   */
  public void add(Job job) {
    lock.lock();
    try {
      if (closed) {
        throw new Refusal(Reason.NOT_READY, "the server ends");
      }
      job.queued(nanoTime.getAsLong());
      jobs.addLast(job);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many jobs wait. */
  public int length() {
    lock.lock();
    try {
      return jobs.size();
    } finally {
      lock.unlock();
    }
  }

  /** Takes the next batch, if something waits. */
  public Optional<Batch> poll() {
    lock.lock();
    try {
      return next();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the next batch, and waits for it; empty when the queue is closed and has nothing more.
   *
   * @throws InterruptedException if the thread is asked to end
   */
  public Optional<Batch> take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        Optional<Batch> batch = next();
        if (batch.isPresent() || closed) {
          return batch;
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private Optional<Batch> next() {
    long now = nanoTime.getAsLong();
    jobs.removeIf(job -> !job.isWanted(now));
    if (jobs.isEmpty()) {
      return Optional.empty();
    }
    BatchRunner runner = jobs.getFirst().runner();
    List<Slice> slices = new ArrayList<>();
    List<Job> owners = new ArrayList<>();
    Optional<Job> rest = Optional.empty();
    int room = runner.most();
    for (Iterator<Job> all = jobs.iterator(); all.hasNext() && room > 0; ) {
      Job job = all.next();
      if (job.runner() == runner) {
        Slice slice = job.take(room, now);
        room -= slice.count();
        slices.add(slice);
        owners.add(job);
        all.remove();
        rest = job.isTaken() ? Optional.empty() : Optional.of(job);
      }
    }
    rest.ifPresent(jobs::addLast);
    if (!jobs.isEmpty()) {
      changed.signal();
    }
    return Optional.of(new Batch(runner, List.copyOf(slices), List.copyOf(owners)));
  }

  /** Tells the jobs of a batch that it was computed. */
  public void computed(Batch batch, long nanos) {
    lock.lock();
    try {
      for (int i = 0; i < batch.jobs().size(); i++) {
        batch.jobs().get(i).computed(batch.slices().get(i).count(), nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Tells the jobs of a batch that it could not be computed; what is left of them is forgotten. */
  public void failed(Batch batch, Throwable fault) {
    lock.lock();
    try {
      batch.jobs().forEach(job -> job.fail(fault));
      jobs.removeIf(Job::hasFailed);
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more jobs; those that are there can still be taken. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
