package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The way of one picture from the stem to its pooled features: buffers, and steps that a number of
 * threads share.
 */
final class Lane {
  private final Step[] steps;
  private final int[] operators;

  /**
   * @param kernels on the memory of the session
   * @param images where the pictures of a run are
   * @param features where the pooled features of all pictures go
   * @param threads how many share the steps
   */
  Lane(InferencePlan plan, Kernels kernels, InputImages images, Floats features, int threads) {
    int scratchSize = plan.stem().scratch(threads);
    int sharedSize = 0;
    for (SeparableBlock block : plan.blocks()) {
      scratchSize = Math.max(scratchSize, block.scratch(threads));
      sharedSize = Math.max(sharedSize, block.sharedScratch(threads));
    }
    Floats[] scratch = new Floats[threads];
    for (int t = 0; t < threads; t++) {
      scratch[t] = kernels.allocate(scratchSize);
    }
    Floats shared = kernels.allocate(sharedSize);

    List<Step> all = new ArrayList<>();
    List<Integer> operatorOf = new ArrayList<>();
    Buffers buffers = new Buffers(kernels);
    Halo at = Halo.of(plan.network().stem().out());
    Floats x = buffers.other(at, null);
    all.add(plan.stem().step(images, scratch, x, at, threads));
    operatorOf.add(0);
    int operator = 1;
    for (SeparableBlock block : plan.blocks()) {
      at = block.out();
      Floats y = buffers.other(at, x);
      for (Step step : block.steps(x, y, scratch, shared, threads)) {
        all.add(step);
        operatorOf.add(operator);
      }
      operator++;
      x = y;
    }
    all.add(plan.head().pool(x, at, features));
    operatorOf.add(operator);
    steps = all.toArray(Step[]::new);
    operators = operatorOf.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Two buffers for each shape are enough: one is read while the other is written. */
  record Buffers(Kernels kernels, Map<Halo, List<Floats>> byShape) {
    Buffers(Kernels kernels) {
      this(kernels, new HashMap<>());
    }

    /** Returns a buffer of a shape which is not {@code taken}. Its halo is zero and stays so. */
    Floats other(Halo halo, Floats taken) {
      List<Floats> known = byShape.computeIfAbsent(halo, _ -> new ArrayList<>());
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
  }

  /** Returns the number of steps. */
  int steps() {
    return steps.length;
  }

  /** Returns a step. */
  Step step(int index) {
    return steps[index];
  }

  /** Returns the operator that a step belongs to. */
  int operator(int step) {
    return operators[step];
  }

  /**
   * Takes a picture the whole way on the calling thread.
   *
   * @param nanos the time of each operator is added here, null for no timing
   */
  void run(int image, long[] nanos) {
    long last = nanos == null ? 0 : System.nanoTime();
    for (int i = 0; i < steps.length; i++) {
      for (int task = 0; task < steps[i].tasks(); task++) {
        steps[i].body().run(image, task, 0);
      }
      if (nanos != null) {
        long now = System.nanoTime();
        nanos[operators[i]] += now - last;
        last = now;
      }
    }
  }
}
