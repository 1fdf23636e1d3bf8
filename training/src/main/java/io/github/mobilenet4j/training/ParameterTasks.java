package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Values cut into tasks, which depend on their lengths only, for threads to share. */
final class ParameterTasks {
  /** Values of a task: few enough to share, enough to be worth it. */
  private static final int LENGTH = 1 << 14;

  private final List<Range> ranges = new ArrayList<>();
  private final Consumer<Workers.Work> threads;

  private record Range(int array, int from, int to) {}

  /** Does one of the tasks, a range of one array. */
  interface Body {
    void run(int task, int array, int from, int to);
  }

  /**
   * @param threads does what it is given and waits for it, such as {@link TrainingGraph#share}
   */
  ParameterTasks(List<TrainingParameter> parameters, Consumer<Workers.Work> threads) {
    this.threads = threads;
    for (int array = 0; array < parameters.size(); array++) {
      int length = parameters.get(array).values().length;
      for (int from = 0; from < length; from += LENGTH) {
        ranges.add(new Range(array, from, Math.min(from + LENGTH, length)));
      }
    }
  }

  int count() {
    return ranges.size();
  }

  void each(Body body) {
    threads.accept(
        new Workers.Work() {
          @Override
          public int operators() {
            return 1;
          }

          @Override
          public int tasks(int operator) {
            return ranges.size();
          }

          @Override
          public void run(int operator, int index, int thread) {
            Range range = ranges.get(index);
            body.run(index, range.array, range.from, range.to);
          }
        });
  }
}
