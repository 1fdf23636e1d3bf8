package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Workers;
import io.github.mobilenet4j.network.Layer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An optimizer at work on the parameters of a {@link TrainingGraph}, with its memory of them. The
 * same bits on any number of threads; a step allocates nothing.
 */
public final class Optimization {
  /** Values of a task: small enough to share, large enough to be worth it. */
  private static final int CHUNK = 1 << 14;

  private final Optimizer optimizer;
  private final List<Slot> slots;
  private final List<Chunk> chunks = new ArrayList<>();
  private final Workers workers;
  private final double[] squares;
  private final Workers.Work norm = work(this::addSquares);
  private final Workers.Work update = work(this::update);
  private long steps;
  private float scale;

  /** A parameter, its memory, and the rates of this step. */
  private static final class Slot {
    final TrainingParameter parameter;
    final float[][] memory;
    final float decay;
    float rate;

    Slot(TrainingParameter parameter, Optimizer optimizer, WeightDecay decay) {
      this.parameter = parameter;
      this.decay = (float) decay.of(parameter.definition());
      memory =
          optimizer.memory().stream()
              .map(name -> {
                float[] values = new float[parameter.values().length];
                Arrays.fill(values, optimizer.initial(name));
                return values;
              })
              .toArray(float[][]::new);
    }

    boolean head() {
      return parameter.definition().layer() instanceof Layer.Classifier;
    }
  }

  private record Chunk(Slot slot, int from, int to) {}

  private interface Task {
    void run(int index);
  }

  /**
   * @param parameters what to change
   * @param workers the threads to run on
   */
  public Optimization(
      Optimizer optimizer, WeightDecay decay, List<TrainingParameter> parameters, Workers workers) {
    this.optimizer = optimizer;
    this.workers = workers;
    slots = parameters.stream().map(p -> new Slot(p, optimizer, decay)).toList();
    for (Slot slot : slots) {
      int length = slot.parameter.values().length;
      for (int from = 0; from < length; from += CHUNK) {
        chunks.add(new Chunk(slot, from, Math.min(from + CHUNK, length)));
      }
    }
    squares = new double[chunks.size()];
  }

  private Workers.Work work(Task task) {
    return new Workers.Work() {
      @Override
      public int operators() {
        return 1;
      }

      @Override
      public int tasks(int operator) {
        return chunks.size();
      }

      @Override
      public void run(int operator, int index, int thread) {
        task.run(index);
      }
    };
  }

  /**
   * Changes all values by their gradients.
   *
   * @param headRate learning rate of the classifier
   * @param bodyRate learning rate of everything else
   * @param clipNorm the largest norm of the gradient, over all parameters together: a longer one is
   *     shortened to it; {@link Double#POSITIVE_INFINITY} for none
   */
  public void step(double headRate, double bodyRate, double clipNorm) {
    steps++;
    for (Slot slot : slots) {
      slot.rate = (float) (slot.head() ? headRate : bodyRate);
    }
    // PyTorch's clip_grad_norm_ adds 1e-6 too.
    scale =
        clipNorm < Double.POSITIVE_INFINITY ? (float) Math.min(clipNorm / (norm() + 1e-6), 1) : 1;
    workers.run(update);
  }

  /** Returns the Euclidean norm of the gradients of all parameters together. */
  public double norm() {
    workers.run(norm);
    double sum = 0;
    for (double square : squares) {
      sum += square;
    }
    return Math.sqrt(sum);
  }

  private void addSquares(int index) {
    Chunk chunk = chunks.get(index);
    float[] gradient = chunk.slot.parameter.gradient();
    double sum = 0;
    for (int i = chunk.from; i < chunk.to; i++) {
      sum += (double) gradient[i] * gradient[i];
    }
    squares[index] = sum;
  }

  private void update(int index) {
    Chunk chunk = chunks.get(index);
    Slot slot = chunk.slot;
    optimizer.update(
        slot.parameter.values(),
        slot.parameter.gradient(),
        slot.memory,
        chunk.from,
        chunk.to,
        steps,
        slot.rate,
        scale,
        slot.decay);
  }

  /** Returns how many steps were made. */
  public long steps() {
    return steps;
  }

  /** Returns the memory, not a copy, by name: {@code momentum.stem.kernel}. */
  public Map<String, float[]> memory() {
    Map<String, float[]> memory = new LinkedHashMap<>();
    for (Slot slot : slots) {
      for (int i = 0; i < slot.memory.length; i++) {
        memory.put(optimizer.memory().get(i) + "." + slot.parameter.name(), slot.memory[i]);
      }
    }
    return memory;
  }

  /**
   * Continues where another left off.
   *
   * @param stepsMade what {@link #steps()} returned
   * @param values what {@link #memory()} held
   * @throws MobileNetException if a memory is missing or of another size
   */
  public void restore(long stepsMade, Map<String, float[]> values) {
    steps = stepsMade;
    memory()
        .forEach((name, memory) -> {
          float[] kept = values.get(name);
          if (kept == null || kept.length != memory.length) {
            throw new MobileNetException(
                "the optimizer's %s has %s values, expected %d"
                    .formatted(name, kept == null ? "no" : kept.length, memory.length));
          }
          System.arraycopy(kept, 0, memory, 0, kept.length);
        });
  }
}
