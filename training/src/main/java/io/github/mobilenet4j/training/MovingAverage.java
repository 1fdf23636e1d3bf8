package io.github.mobilenet4j.training;

import java.util.List;
import java.util.Map;

/**
 * The exponential moving average of values that change, running statistics among them: {@code a ← d
 * · a + (1 − d) · w}. It follows quickly at first: step t has the decay {@code min(d, (1 + t) / (10
 * + t))}, as in {@code tf.train.ExponentialMovingAverage}.
 */
public final class MovingAverage {
  private final double decay;
  private final List<TrainingParameter> values;
  private final List<float[]> averages;
  private final ParameterTasks tasks;

  /**
   * @param decay d, in [0, 1)
   * @param averages the averages so far, by name; changed from now on
   * @param graph what changes; this works on its threads, between its steps
   */
  public MovingAverage(double decay, Map<String, float[]> averages, TrainingGraph graph) {
    this.decay = decay;
    this.values = graph.variables();
    this.averages = values.stream().map(p -> averages.get(p.name())).toList();
    tasks = new ParameterTasks(values, graph::share);
  }

  /**
   * Takes the present values in.
   *
   * @param step from 0
   */
  public void step(long step) {
    float keep = (float) Math.min(decay, (1.0 + step) / (10.0 + step));
    tasks.each((_, array, from, to) -> {
      float[] value = values.get(array).values();
      float[] average = averages.get(array);
      for (int i = from; i < to; i++) {
        average[i] += (1 - keep) * (value[i] - average[i]);
      }
    });
  }
}
