package io.github.mobilenet4j.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that work through a list of operators together: all tasks of one operator, in any order
 * and on any thread, then all tasks of the next. The calling thread works too. Running allocates
 * nothing.
 *
 * <p>Of equal numbers of tasks a thread has the same of each operator, as what one writes another
 * most often reads, and is in its cache; who is done helps the others.
 *
 * <p>Helpers wait for work by spinning for a moment and then parking, and the caller never waits
 * for a helper to wake up: it does the work itself meanwhile.
 *
 * <p>Not safe to share between threads: one run at a time.
 */
public final class Workers implements AutoCloseable {
  /** Work in steps that follow each other, each made of independent tasks. */
  public interface Work {
    /** Returns the number of operators. */
    int operators();

    /** Returns the number of tasks of an operator. */
    int tasks(int operator);

    /**
     * Does one task.
     *
     * @param thread which thread it runs on, from 0, to find its scratch memory
     */
    void run(int operator, int task, int thread);

    /**
     * Returns whether a thread does its tasks from the last to the first: if the operator before
     * did not, it begins with what is still in its cache.
     */
    default boolean reversed(int operator) {
      return false;
    }

    /**
     * Called when all tasks of an operator are done, on the calling thread, which may come to know
     * of it much later.
     */
    default void finished(int operator) {}

    /**
     * Called once when all tasks of an operator are done, on the thread that did the last of them:
     * for taking the time. Of an operator without tasks it is not called.
     */
    default void completed(int operator) {}
  }

  /** Turns of a waiting loop before a helper parks: some tens of microseconds. */
  private static final int SPINS = 1 << 14;

  private static final int CLOSED = 1 << 30;

  /** More than any machine has processors for. */
  public static final int MOST_THREADS = 1024;

  private final Thread[] helpers;

  /** Even: no run; odd: a run that helpers may join. */
  private volatile int generation;

  private volatile boolean stopped;

  /** Helpers inside the current run; {@link #CLOSED} is added when no more may join. */
  private final AtomicInteger inside = new AtomicInteger(CLOSED);

  private volatile Work work;
  private volatile Throwable failure;

  /** The operator that failed; other threads may still be at the one before. */
  private volatile int failed;

  /** By operator and thread: how many of the tasks that are the thread's were taken by anybody. */
  private AtomicIntegerArray taken = new AtomicIntegerArray(0);

  /** By operator: how many tasks are done. */
  private AtomicIntegerArray done = new AtomicIntegerArray(0);

  /**
   * Starts the helpers, which are daemon threads.
   *
   * @param threads the caller's among them, 1 to {@link #MOST_THREADS}
   * @throws IllegalArgumentException if threads is out of range
   * @throws OutOfMemoryError if the operating system starts no more threads; none is left then
   */
  public Workers(int threads) {
    if (threads < 1 || threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "threads is %s, expected 1 to %s".formatted(threads, MOST_THREADS));
    }
    helpers = new Thread[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      int thread = i + 1;
      helpers[i] =
          Thread.ofPlatform().daemon().name("mobilenet4j-" + thread).unstarted(() -> help(thread));
    }
    try {
      for (Thread helper : helpers) {
        helper.start();
      }
    } catch (OutOfMemoryError e) {
      close();
      throw e;
    }
  }

  /** Returns the number of threads, the caller's among them. */
  public int threads() {
    return helpers.length + 1;
  }

  /**
   * Runs all operators and returns when all is done. What a task throws is thrown here, after the
   * other tasks of its operator; the operators after it do not run.
   */
  public void run(Work toRun) {
    int operators = toRun.operators();
    if (done.length() < operators) {
      taken = new AtomicIntegerArray(operators * threads());
      done = new AtomicIntegerArray(operators);
    }
    for (int i = 0; i < operators * threads(); i++) {
      taken.setPlain(i, 0);
    }
    for (int op = 0; op < operators; op++) {
      done.setPlain(op, 0);
    }
    failure = null;
    failed = Integer.MAX_VALUE;
    work = toRun;
    inside.set(0);
    generation++;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
    try {
      join(toRun, 0);
    } finally {
      generation++;
      inside.addAndGet(CLOSED);
      while (inside.get() != CLOSED) {
        Thread.onSpinWait();
      }
      work = null;
    }
    Throwable thrown = failure;
    switch (thrown) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(thrown);
    }
  }

  private void help(int thread) {
    int seen = 0;
    while (!stopped) {
      int now = await(seen);
      if ((now & 1) == 1 && enter()) {
        try {
          if (generation == now) {
            join(work, thread);
          }
        } finally {
          inside.decrementAndGet();
        }
      }
      seen = now;
    }
  }

  /** Waits until the generation is another one, or the end. */
  private int await(int seen) {
    for (int i = 0; i < SPINS; i++) {
      int now = generation;
      if (now != seen || stopped) {
        return now;
      }
      Thread.onSpinWait();
    }
    while (generation == seen && !stopped) {
      LockSupport.park(this);
    }
    return generation;
  }

  private boolean enter() {
    while (true) {
      int now = inside.get();
      if (now >= CLOSED) {
        return false;
      }
      if (inside.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  private void join(Work current, int thread) {
    for (int op = 0; op < current.operators(); op++) {
      int tasks = current.tasks(op);
      for (int i = 0; i < threads(); i++) {
        takeFrom((thread + i) % threads(), current, op, tasks, thread);
      }
      for (int spins = 0; done.get(op) < tasks; spins++) {
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          Thread.yield();
        }
      }
      if (failed == op) {
        return;
      }
      if (thread == 0) {
        current.finished(op);
      }
    }
  }

  /** Does what is left of the tasks of an operator that are one thread's. */
  private void takeFrom(int owner, Work current, int op, int tasks, int thread) {
    int first = (int) ((long) tasks * owner / threads());
    int count = (int) ((long) tasks * (owner + 1) / threads()) - first;
    int counter = op * threads() + owner;
    // Most often there is nothing left: then no other thread need be disturbed.
    while (taken.get(counter) < count) {
      int next = taken.getAndIncrement(counter);
      if (next >= count) {
        return;
      }
      try {
        current.run(op, current.reversed(op) ? first + count - 1 - next : first + next, thread);
      } catch (Throwable e) {
        failure = e;
        failed = op;
      } finally {
        if (done.incrementAndGet(op) == tasks) {
          current.completed(op);
        }
      }
    }
  }

  /** Ends the helpers. */
  @Override
  public void close() {
    stopped = true;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
  }
}
