package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Workers;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The exponential moving average of values that change, running statistics among them: {@code a ← d
 * · a + (1 − d) · w}. It follows quickly at first: step t has the decay {@code min(d, (1 + t) / (10
 * + t))}, as in {@code tf.train.ExponentialMovingAverage}.
 */
final class MovingAverage {
  private final double decay;
  private final List<TrainingParameter> values;
  private final List<float[]> averages;
  private final Pieces pieces;

  /**
   * @param values what changes
   * @param averages the averages so far, by name; changed from now on
   * @param threads to run on, as in {@link Pieces}
   */
  MovingAverage(
      double decay,
      List<TrainingParameter> values,
      Map<String, float[]> averages,
      Consumer<Workers.Work> threads) {
    this.decay = decay;
    this.values = values;
    this.averages = values.stream().map(p -> averages.get(p.name())).toList();
    pieces = new Pieces(values, threads);
  }

  /**
   * Takes the present values in.
   *
   * @param step from 0
   */
  void step(long step) {
    float keep = (float) Math.min(decay, (1.0 + step) / (10.0 + step));
    pieces.each((_, array, from, to) -> {
      float[] value = values.get(array).values();
      float[] average = averages.get(array);
      for (int i = from; i < to; i++) {
        average[i] += (1 - keep) * (value[i] - average[i]);
      }
    });
  }
}
