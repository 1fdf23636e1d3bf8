package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.QuantizedKernels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The way of an image through all operators: buffers, and tasks that a number of threads share. */
final class ForwardPass {
  private final Kernels kernels;
  private final Map<Halo, List<Buffer>> buffers = new HashMap<>();
  private final List<Part> parts = new ArrayList<>();

  /** Tasks, and the operator that they belong to. */
  record Part(Tasks tasks, int operator) {}

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
    Buffer[] scratch = new Buffer[threads];
    for (int t = 0; t < threads; t++) {
      scratch[t] = kernels.allocate(scratchSize);
    }
    Workspace workspace = new Workspace(batch, scratch, kernels.allocate(sharedSize), threads);
    Buffer x = null;
    for (int i = 0; i < sequence.size(); i++) {
      Halo out = sequence.get(i).out();
      Buffer y = out == null ? null : other(out, x);
      for (Tasks tasks : sequence.get(i).tasks(workspace, x, y)) {
        parts.add(new Part(tasks, i));
      }
      x = y;
    }
  }

  /**
   * Returns a buffer of a shape which is not {@code taken}. Two for each shape are enough: one is
   * read while the other is written.
   */
  private Buffer other(Halo halo, Buffer taken) {
    List<Buffer> known = buffers.computeIfAbsent(halo, _ -> new ArrayList<>());
    for (Buffer buffer : known) {
      if (buffer != taken) {
        return buffer;
      }
    }
    long floats = halo.floats() + QuantizedKernels.SLACK / Float.BYTES;
    if (floats > Integer.MAX_VALUE) {
      throw new MobileNetException(
          "%s needs a buffer of %s values, expected fewer than 2^31"
              .formatted(halo.shape(), floats));
    }
    Buffer made = kernels.allocate((int) floats);
    made.fill(halo.border());
    known.add(made);
    return made;
  }

  /** Returns what follows each other. */
  List<Part> parts() {
    return parts;
  }

  /**
   * Takes an image the whole way on the calling thread.
   *
   * @param nanos the time of each operator is added here, null for no timing
   */
  void run(int image, long[] nanos) {
    long last = nanos == null ? 0 : System.nanoTime();
    for (int i = 0; i < parts.size(); i++) {
      Tasks tasks = parts.get(i).tasks();
      int count = tasks.count().getAsInt();
      for (int task = 0; task < count; task++) {
        tasks.body().run(image, task, 0);
      }
      if (nanos != null) {
        long now = System.nanoTime();
        nanos[parts.get(i).operator()] += now - last;
        last = now;
      }
    }
  }
}
