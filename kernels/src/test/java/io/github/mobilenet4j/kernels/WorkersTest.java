package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkersTest {
  /** Work that counts what is done, and by whom. */
  private static class Counting implements Workers.Work {
    final int[] tasks;
    final AtomicIntegerArray[] runs;
    final AtomicInteger outOfOrder = new AtomicInteger();
    final List<Integer> finished = new ArrayList<>();
    final List<Integer> completed = Collections.synchronizedList(new ArrayList<>());
    final ConcurrentHashMap<Integer, Thread> threads = new ConcurrentHashMap<>();

    Counting(int... tasks) {
      this.tasks = tasks;
      this.runs = new AtomicIntegerArray[tasks.length];
      for (int op = 0; op < tasks.length; op++) {
        runs[op] = new AtomicIntegerArray(tasks[op]);
      }
    }

    @Override
    public int operators() {
      return tasks.length;
    }

    @Override
    public int tasks(int operator) {
      return tasks[operator];
    }

    @Override
    public void run(int operator, int task, int thread) {
      Thread known = threads.putIfAbsent(thread, Thread.currentThread());
      if (known != null && known != Thread.currentThread()) {
        outOfOrder.getAndIncrement();
      }
      for (int t = 0; operator > 0 && t < tasks[operator - 1]; t++) {
        if (runs[operator - 1].get(t) <= runs[operator].get(task)) {
          outOfOrder.getAndIncrement();
        }
      }
      runs[operator].getAndIncrement(task);
    }

    @Override
    public void finished(int operator) {
      finished.add(operator);
    }

    @Override
    public void completed(int operator) {
      completed.add(operator);
    }

    void requireDone(int times) {
      for (AtomicIntegerArray operator : runs) {
        for (int t = 0; t < operator.length(); t++) {
          assertThat(operator.get(t)).isEqualTo(times);
        }
      }
      assertThat(outOfOrder.get()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyTaskRunsOnceAndOperatorsFollowEachOther(int threads) {
    try (Workers workers = new Workers(threads)) {
      assertThat(workers.threads()).isEqualTo(threads);
      Counting work = new Counting(1, 7, 100, 0, 2, 30);
      workers.run(work);
      work.requireDone(1);
      assertThat(work.finished).containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(work.completed).containsExactlyInAnyOrder(0, 1, 2, 4, 5);
      assertThat(work.threads.keySet()).allMatch(thread -> thread >= 0 && thread < threads);
      assertThat(work.threads.get(0)).isIn(Thread.currentThread(), null);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8})
  void whatATaskThrowsIsThrownAfterTheOtherTasks(int threads) {
    try (Workers workers = new Workers(threads)) {
      for (Throwable thrown : List.of(new IllegalStateException("a"), new AssertionError("b"))) {
        Counting work =
            new Counting(3, 5, 2) {
              @Override
              public void run(int operator, int task, int thread) {
                super.run(operator, task, thread);
                if (operator == 1 && task == 2) {
                  WorkersTest.<RuntimeException>raise(thrown);
                }
              }
            };
        assertThatThrownBy(() -> workers.run(work)).isSameAs(thrown);
        for (int task = 0; task < 5; task++) {
          assertThat(work.runs[1].get(task)).isOne();
        }
        assertThat(work.runs[2].get(0) + work.runs[2].get(1)).isZero();
        assertThat(work.finished).containsExactly(0);
      }
      Counting work = new Counting(4, 4);
      workers.run(work);
      work.requireDone(1);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void raise(Throwable thrown) throws T {
    throw (T) thrown;
  }

  @Test
  void allThreadsWorkAndCloseEndsThem() throws InterruptedException {
    Set<Thread> seen = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(3);
    try (Workers workers = new Workers(3)) {
      workers.run(
          new Counting(3) {
            @Override
            public void run(int operator, int task, int thread) {
              seen.add(Thread.currentThread());
              all.countDown();
              await(all);
            }
          });
    }
    assertThat(seen).hasSize(3).contains(Thread.currentThread());
    seen.remove(Thread.currentThread());
    for (Thread helper : seen) {
      assertThat(helper.isDaemon()).isTrue();
      assertThat(helper.join(Duration.ofSeconds(10))).isTrue();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void helpersThatHaveParkedJoinAgain() throws InterruptedException {
    try (Workers workers = new Workers(2)) {
      for (int i = 0; i < 3; i++) {
        Thread.sleep(50);
        CountDownLatch both = new CountDownLatch(2);
        workers.run(
            new Counting(2) {
              @Override
              public void run(int operator, int task, int thread) {
                both.countDown();
                WorkersTest.await(both);
              }
            });
      }
    }
  }

  @Test
  void theCallerDoesNotWaitForLateHelpers() {
    // Many more helpers than processors: most come when everything is done.
    try (Workers workers = new Workers(40)) {
      Counting work = new Counting(1, 2, 1);
      for (int i = 1; i <= 200; i++) {
        workers.run(work);
        work.requireDone(i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void thousandsOfTinyRuns(int threads) {
    try (Workers workers = new Workers(threads)) {
      Counting work = new Counting(1, 3, 2);
      long end = System.nanoTime() + 1_000_000_000L;
      for (int runs = 1; runs <= 100_000 && System.nanoTime() < end; runs++) {
        workers.run(work);
        work.finished.clear();
        work.requireDone(runs);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void runningAllocatesNothing(int threads) {
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    AtomicIntegerArray runs = new AtomicIntegerArray(5);
    Workers.Work work =
        new Workers.Work() {
          @Override
          public int operators() {
            return 5;
          }

          @Override
          public int tasks(int operator) {
            return 4;
          }

          @Override
          public void run(int operator, int task, int thread) {
            runs.getAndIncrement(operator);
          }
        };
    Set<Thread> others = new HashSet<>(Thread.getAllStackTraces().keySet());
    try (Workers workers = new Workers(threads)) {
      List<Thread> helpers =
          Thread.getAllStackTraces().keySet().stream()
              .filter(t -> t.getName().startsWith("mobilenet4j-") && !others.contains(t))
              .toList();
      assertThat(helpers).hasSize(threads - 1);
      // The first runs link methods; warm is when that is done.
      long end = System.nanoTime() + 20_000_000_000L;
      long allocated;
      do {
        allocated = -memory.getCurrentThreadAllocatedBytes() - allocated(memory, helpers);
        for (int i = 0; i < 1000; i++) {
          workers.run(work);
        }
        allocated += memory.getCurrentThreadAllocatedBytes() + allocated(memory, helpers);
        // Asking is itself an allocation of some bytes.
      } while (allocated > 1000 && System.nanoTime() < end);
      assertThat(allocated).as("bytes in 1000 runs").isLessThan(1000);
    }
  }

  private static long allocated(ThreadMXBean memory, List<Thread> threads) {
    return threads.stream().mapToLong(t -> memory.getThreadAllocatedBytes(t.threadId())).sum();
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1025, Integer.MAX_VALUE})
  void refusesASenselessNumberOfThreads(int threads) {
    assertThatThrownBy(() -> new Workers(threads))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads is %s, expected 1 to 1024", threads);
  }
}
