package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Workers;
import java.util.ArrayList;
import java.util.List;

/**
 * The way of a batch through all operators. First come the images that each thread has for itself,
 * as many as give all threads the same number; then what is left over, image by image, on all
 * threads together; then what is done for all images at once.
 */
final class BatchPass implements Workers.Work {
  /** Work on an image of those left over, from 0; the operator is −1 for several in one. */
  private record Entry(Tasks tasks, int image, int operator) {}

  private final Batch batch;

  /** For images that all threads work on together. */
  private final ForwardPass together;

  /** For each thread, if batches are large enough that it gets images of its own. */
  private final List<ForwardPass> own = new ArrayList<>();

  /** What a run does if as many images are left over as can be. */
  private final List<Entry> entries = new ArrayList<>();

  /** How many of them a run begins with, and how many it then leaves out. */
  private int begun;

  private int leftOut;

  /** Images that threads have for themselves. */
  private int alone;

  private final int mostLeft;

  private long start;
  private long[] nanos;

  /** When each operator was done; a thread may be far ahead of the one that waits for the end. */
  private final long[] ends;

  /** Times of the images that each thread had for itself. */
  private final long[][] ownNanos;

  /**
   * @param kernels on the memory of the session
   * @param threads how many share the work
   */
  BatchPass(List<Operator> sequence, Kernels kernels, Batch batch, int threads) {
    this.batch = batch;
    together = new ForwardPass(sequence, kernels, batch, threads);
    if (threads == 1) {
      own.add(together);
    } else if (batch.most() >= threads) {
      for (int t = 0; t < threads; t++) {
        own.add(new ForwardPass(sequence, kernels, batch, 1));
      }
    }
    ownNanos = new long[own.size()][sequence.size()];
    mostLeft = own.isEmpty() ? batch.most() : own.size() - 1;
    Tasks.Body ownImage =
        (_, task, thread) -> own.get(thread).run(task, nanos == null ? null : ownNanos[thread]);
    entries.add(new Entry(new Tasks(() -> alone, ownImage), 0, -1));
    for (int image = 0; image < mostLeft; image++) {
      for (ForwardPass.Part part : together.parts()) {
        entries.add(new Entry(part.tasks(), image, part.operator()));
      }
    }
    for (int i = 0; i < sequence.size(); i++) {
      for (Tasks tasks : sequence.get(i).batchTasks(batch, threads)) {
        entries.add(new Entry(tasks, 0, i));
      }
    }
    ends = new long[entries.size()];
  }

  /**
   * Prepares a run of the batch.
   *
   * @param times the time of each operator is added here, null for no timing
   */
  void begin(long[] times) {
    alone = own.isEmpty() ? 0 : batch.n() / own.size() * own.size();
    int left = batch.n() - alone;
    begun = 1 + left * together.parts().size();
    leftOut = (mostLeft - left) * together.parts().size();
    nanos = times;
    start = System.nanoTime();
  }

  private Entry entry(int operator) {
    return entries.get(operator < begun ? operator : operator + leftOut);
  }

  @Override
  public int operators() {
    return entries.size() - leftOut;
  }

  @Override
  public int tasks(int operator) {
    return entry(operator).tasks().count().getAsInt();
  }

  @Override
  public void run(int operator, int task, int thread) {
    Entry entry = entry(operator);
    entry.tasks().body().run(alone + entry.image(), task, thread);
  }

  @Override
  public void completed(int operator) {
    if (nanos != null) {
      ends[operator] = System.nanoTime();
    }
  }

  /** Adds the times of the run that {@link #begin} began. */
  void end() {
    if (nanos == null) {
      return;
    }
    long last = start;
    for (int operator = 0; operator < operators(); operator++) {
      if (tasks(operator) == 0) {
        continue;
      }
      int of = entry(operator).operator();
      if (of >= 0) {
        nanos[of] += ends[operator] - last;
      } else {
        for (long[] thread : ownNanos) {
          for (int op = 0; op < thread.length; op++) {
            nanos[op] += thread[op] / ownNanos.length; // side by side, so that the time is the mean
            thread[op] = 0;
          }
        }
      }
      last = ends[operator];
    }
  }
}
