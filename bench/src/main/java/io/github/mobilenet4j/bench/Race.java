package io.github.mobilenet4j.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Times tasks side by side: they take turns in short rounds, and each round another one begins, so
 * that whatever else the machine does falls on all of them.
 *
 * @param warmUpMillis how long each task runs before anything counts
 * @param rounds how often each task's turn comes
 * @param roundMillis how long a turn lasts; the call that is under way then still counts
 */
record Race(int warmUpMillis, int rounds, int roundMillis) {

  /** Threads that spin for work after a call have gone to sleep when the next task begins. */
  private static final int PAUSE_MILLIS = 50;

  /** Calls at the start of a turn that do not count: they wake threads and fill caches. */
  private static final int FIRST_CALLS = 2;

  /** What the calls of one task took. */
  record Times(double medianMillis, double minMillis, int calls) {
    static Times of(List<Long> nanos) {
      double[] millis = nanos.stream().mapToDouble(n -> n / 1e6).sorted().toArray();
      int half = millis.length / 2;
      double median = millis.length % 2 == 1 ? millis[half] : (millis[half - 1] + millis[half]) / 2;
      return new Times(median, millis[0], millis.length);
    }

    /** Returns a median over this one as a JSON number; null for none. */
    String ratio(Times other) {
      return other == null
          ? "null"
          : String.format(Locale.ROOT, "%.3f", other.medianMillis / medianMillis);
    }
  }

  /** Returns the times of each task, in the order of the tasks. */
  <K> Map<K, Times> run(Map<K, Runnable> tasks) throws InterruptedException {
    Map<K, IntFunction<List<Long>>> turns = new LinkedHashMap<>();
    tasks.forEach((key, task) -> turns.put(key, millis -> turn(task, millis)));
    return runTurns(turns);
  }

  /**
   * Returns the times of each task, in the order of the tasks.
   *
   * @param turns what lets a task have a turn of so many milliseconds, here or in another process,
   *     and returns what {@link #turn} does
   */
  <K> Map<K, Times> runTurns(Map<K, IntFunction<List<Long>>> turns) throws InterruptedException {
    Map<K, List<Long>> nanos = new LinkedHashMap<>();
    for (Map.Entry<K, IntFunction<List<Long>>> turn : turns.entrySet()) {
      Thread.sleep(PAUSE_MILLIS);
      turn.getValue().apply(warmUpMillis);
      nanos.put(turn.getKey(), new ArrayList<>());
    }
    List<K> order = new ArrayList<>(turns.keySet());
    for (int round = 0; round < rounds; round++) {
      for (K key : order) {
        Thread.sleep(PAUSE_MILLIS);
        nanos.get(key).addAll(turns.get(key).apply(roundMillis));
      }
      Collections.rotate(order, 1);
    }
    Map<K, Times> times = new LinkedHashMap<>();
    nanos.forEach((key, n) -> times.put(key, Times.of(n)));
    return times;
  }

  /** Runs a task for a turn; returns the nanoseconds of the calls that count, one at least. */
  static List<Long> turn(Runnable task, int millis) {
    for (int i = 0; i < FIRST_CALLS; i++) {
      task.run();
    }
    List<Long> nanos = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long begin;
    long now;
    do {
      begin = System.nanoTime();
      task.run();
      now = System.nanoTime();
      nanos.add(now - begin);
    } while (now < end);
    return nanos;
  }
}
