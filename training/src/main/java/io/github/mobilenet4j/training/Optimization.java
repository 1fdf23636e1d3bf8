package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Workers;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * An optimizer at work on the parameters of a {@link TrainingGraph}, with its memory of them. The
 * same bits on any number of threads.
 */
public final class Optimization {
  private final Optimizer optimizer;
  private final List<Slot> slots;
  private final ParameterTasks tasks;
  private final double[] squares;
  private long steps;

  /** A parameter and what is remembered of it. */
  private record Slot(TrainingParameter parameter, float[][] memory, float decay, boolean head) {
    static Slot of(TrainingParameter parameter, Optimizer optimizer, WeightDecay decay) {
      float[][] memory = new float[optimizer.memory().size()][parameter.values().length];
      for (int i = 0; i < memory.length; i++) {
        Arrays.fill(memory[i], optimizer.initial(optimizer.memory().get(i)));
      }
      Parameter definition = parameter.definition();
      return new Slot(
          parameter,
          memory,
          (float) decay.of(definition),
          definition.layer() instanceof Layer.Classifier);
    }
  }

  /**
   * @param graph what to train; this works on its threads, between its steps
   */
  public Optimization(Optimizer optimizer, WeightDecay decay, TrainingGraph graph) {
    this(optimizer, decay, graph.parameters(), graph::share);
  }

  /**
   * @param parameters what to change
   * @param threads to run on, as in {@link ParameterTasks}
   */
  Optimization(
      Optimizer optimizer,
      WeightDecay decay,
      List<TrainingParameter> parameters,
      Consumer<Workers.Work> threads) {
    this.optimizer = optimizer;
    slots = parameters.stream().map(p -> Slot.of(p, optimizer, decay)).toList();
    tasks = new ParameterTasks(parameters, threads);
    squares = new double[tasks.count()];
  }

  /**
   * Changes all values by their gradients.
   *
   * @param classifierRate learning rate of the classifier
   * @param backboneRate learning rate of everything else
   * @param clipNorm the largest norm of the gradient, over all parameters together: a longer one is
   *     shortened to it; {@link Double#POSITIVE_INFINITY} for none
   * @throws MobileNetException if the graph is closed
   */
  public void step(double classifierRate, double backboneRate, double clipNorm) {
    steps++;
    // PyTorch's clip_grad_norm_ adds 1e-6 too.
    float scale =
        clipNorm < Double.POSITIVE_INFINITY ? (float) Math.min(clipNorm / (norm() + 1e-6), 1) : 1;
    tasks.each((_, array, from, to) -> {
      Slot slot = slots.get(array);
      float rate = (float) (slot.head ? classifierRate : backboneRate);
      optimizer.update(
          slot.parameter.values(),
          slot.parameter.gradient(),
          slot.memory,
          from,
          to,
          steps,
          new Optimizer.Factors(rate, scale, slot.decay));
    });
  }

  /**
   * Returns the Euclidean norm of the gradients of all parameters together.
   *
   * @throws MobileNetException if the graph is closed
   */
  public double norm() {
    tasks.each((task, array, from, to) -> {
      float[] gradient = slots.get(array).parameter.gradient();
      double sum = 0;
      for (int i = from; i < to; i++) {
        sum += (double) gradient[i] * gradient[i];
      }
      squares[task] = sum;
    });
    double sum = 0;
    for (double square : squares) {
      sum += square;
    }
    return Math.sqrt(sum);
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
                "the optimizer's %s has %s values, expected %s"
                    .formatted(name, kept == null ? "no" : kept.length, memory.length));
          }
          System.arraycopy(kept, 0, memory, 0, kept.length);
        });
  }
}
