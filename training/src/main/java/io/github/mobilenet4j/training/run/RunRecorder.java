package io.github.mobilenet4j.training.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the curves of a training while it goes on: {@code metrics.csv} and TensorBoard's events.
 */
final class RunRecorder implements TrainingListener, AutoCloseable {
  /** Steps between two points of TensorBoard's curve of the loss. */
  private static final int STEPS_A_POINT = 10;

  private final RunFolder folder;
  private final List<EpochMetrics> epochs = new ArrayList<>();
  private final EventFile events;
  private long step;

  /**
   * @param begin how far the training has come; its epochs are in {@code metrics.csv}
   */
  RunRecorder(RunFolder folder, Progress begin) {
    this.folder = folder;
    step = begin.step();
    if (begin.epoch() > 0) {
      epochs.addAll(folder.readMetrics(begin.epoch()));
    }
    events = new EventFile(folder.path(), now(), step);
  }

  /** Returns a row for each complete epoch. */
  List<EpochMetrics> epochs() {
    return epochs;
  }

  @Override
  public void step(StepMetrics metrics) {
    if (++step % STEPS_A_POINT == 0) {
      events.scalar(now(), step, "loss/running", metrics.loss());
      events.scalar(now(), step, "learning_rate", metrics.learningRate());
    }
  }

  @Override
  public void epoch(EpochMetrics metrics, boolean best) {
    epochs.add(metrics);
    folder.writeMetrics(epochs);
    Map<String, Double> curves = new LinkedHashMap<>();
    curves.put("loss/train", metrics.train().loss());
    String validation = metrics.quantized() ? "validation_int8" : "validation";
    curves.put("loss/" + validation, metrics.validation().loss());
    curves.put("top-1/train", metrics.train().top1());
    curves.put("top-1/" + validation, metrics.validation().top1());
    curves.put("images_per_second", metrics.imagesPerSecond());
    double seconds = now();
    curves.forEach((name, value) -> {
      if (!value.isNaN()) {
        events.scalar(seconds, metrics.step(), name, value);
      }
    });
  }

  private static double now() {
    return System.currentTimeMillis() / 1e3;
  }

  @Override
  public void close() {
    events.close();
  }
}
