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
 * first job and, of those behind it, what is of the same model, up to its share of what waits or
 * the most images of a batch. What is larger is taken in several, and goes behind the others in
 * between.
 *
 * <p>Under load each worker computes images of its own, on one processor, and waits for no other.
 * Where only few images wait and nothing is computed, they are for all processors together, and the
 * other workers pause until that is done.
 *
 * <p>How long it becomes is bounded by {@link Admission}. Safe for use by many threads.
 */
public final class BatchQueue {
  private final int workers;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Job> jobs = new ArrayDeque<>();
  private boolean closed;

  /** Batches that are computed. */
  private int computing;

  /** Whether the one that is computed has all processors. */
  private boolean alone;

  /**
   * @param workers how many take batches, one for a processor, ≥ 1
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public BatchQueue(int workers, LongSupplier nanoTime) {
    this.workers = workers;
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

  int workers() {
    return workers;
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
        if (batch.isPresent() || (closed && jobs.isEmpty())) {
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
    if (jobs.isEmpty() || alone) {
      return Optional.empty();
    }
    BatchRunner runner = jobs.getFirst().runner();
    int waiting = jobs.stream().filter(job -> job.runner() == runner).mapToInt(Job::waiting).sum();
    alone = computing == 0 && 2 * waiting <= workers;
    computing++;
    List<Slice> slices = new ArrayList<>();
    List<Job> owners = new ArrayList<>();
    Optional<Job> rest = Optional.empty();
    int room = Math.min(runner.most(), alone ? waiting : Math.ceilDiv(waiting, workers));
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
    return Optional.of(new Batch(runner, List.copyOf(slices), List.copyOf(owners), alone));
  }

  /** Tells the jobs of a batch that it was computed. */
  public void computed(Batch batch, long nanos) {
    lock.lock();
    try {
      for (int i = 0; i < batch.jobs().size(); i++) {
        batch.jobs().get(i).computed(batch.slices().get(i).count(), nanos);
      }
      end(batch);
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
      end(batch);
    } finally {
      lock.unlock();
    }
  }

  private void end(Batch batch) {
    computing--;
    if (batch.alone()) {
      alone = false;
      changed.signalAll();
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
