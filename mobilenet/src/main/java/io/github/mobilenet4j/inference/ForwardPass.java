package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The way of an image through all operators: buffers, and tasks that a number of threads share. */
final class ForwardPass {
  private final Kernels kernels;
  private final Map<Halo, List<Floats>> buffers = new HashMap<>();
  private final List<Tasks> tasks = new ArrayList<>();

  /** The operator that tasks belong to. */
  private final List<Integer> operators = new ArrayList<>();

  /**
   * @param kernels on the memory of the session
   * @param threads how many share the tasks
   */
  ForwardPass(List<Operator> sequence, Kernels kernels, Batch batch, int threads) {
    this.kernels = kernels;
    int scratchSize = 0;
    int sharedSize = 0;
    for (Operator operator : sequence) {
      scratchSize = Math.max(scratchSize, operator.scratch(threads));
      sharedSize = Math.max(sharedSize, operator.shared(threads));
    }
    Floats[] scratch = new Floats[threads];
    for (int t = 0; t < threads; t++) {
      scratch[t] = kernels.allocate(scratchSize);
    }
    Workspace workspace = new Workspace(batch, scratch, kernels.allocate(sharedSize), threads);
    Floats x = null;
    for (int i = 0; i < sequence.size(); i++) {
      Halo out = sequence.get(i).out();
      Floats y = out == null ? null : other(out, x);
      for (Tasks of : sequence.get(i).tasks(workspace, x, y)) {
        tasks.add(of);
        operators.add(i);
      }
      x = y;
    }
  }

  /**
   * Returns a buffer of a shape which is not {@code taken}. Two for each shape are enough: one is
   * read while the other is written.
   */
  private Floats other(Halo halo, Floats taken) {
    List<Floats> known = buffers.computeIfAbsent(halo, _ -> new ArrayList<>());
    for (Floats buffer : known) {
      if (buffer != taken) {
        return buffer;
      }
    }
    if (halo.size() > Integer.MAX_VALUE) {
      throw new MobileNetException(
          "%s needs a buffer of %s values, expected fewer than 2^31"
              .formatted(halo.shape(), halo.size()));
    }
    Floats made = kernels.allocate((int) halo.size());
    known.add(made);
    return made;
  }

  /** Returns how many times threads wait for each other: the number of {@link #tasks}. */
  int size() {
    return tasks.size();
  }

  /** Returns the tasks that are due at a time. */
  Tasks tasks(int index) {
    return tasks.get(index);
  }

  /** Returns the operator that tasks belong to. */
  int operator(int index) {
    return operators.get(index);
  }

  /**
   * Takes an image the whole way on the calling thread.
   *
   * @param nanos the time of each operator is added here, null for no timing
   */
  void run(int image, long[] nanos) {
    long last = nanos == null ? 0 : System.nanoTime();
    for (int i = 0; i < tasks.size(); i++) {
      Tasks due = tasks.get(i);
      for (int task = 0; task < due.count().getAsInt(); task++) {
        due.body().run(image, task, 0);
      }
      if (nanos != null) {
        long now = System.nanoTime();
        nanos[operators.get(i)] += now - last;
        last = now;
      }
    }
  }
}
