package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Arrays cut into pieces that depend on their lengths only, for threads to share. */
final class Pieces {
  /** Values of a piece: few enough to share, enough to be worth it. */
  private static final int LENGTH = 1 << 14;

  private final List<Piece> pieces = new ArrayList<>();
  private final Consumer<Workers.Work> threads;

  private record Piece(int array, int from, int to) {}

  /** What is done with each piece, on any thread. */
  interface Task {
    void run(int piece, int array, int from, int to);
  }

  /**
   * @param threads does what it is given and waits for it, such as {@link TrainingGraph#share}
   */
  Pieces(List<TrainingParameter> parameters, Consumer<Workers.Work> threads) {
    this.threads = threads;
    for (int array = 0; array < parameters.size(); array++) {
      int length = parameters.get(array).values().length;
      for (int from = 0; from < length; from += LENGTH) {
        pieces.add(new Piece(array, from, Math.min(from + LENGTH, length)));
      }
    }
  }

  int count() {
    return pieces.size();
  }

  void each(Task task) {
    threads.accept(
        new Workers.Work() {
          @Override
          public int operators() {
            return 1;
          }

          @Override
          public int tasks(int operator) {
            return pieces.size();
          }

          @Override
          public void run(int operator, int index, int thread) {
            Piece piece = pieces.get(index);
            task.run(index, piece.array, piece.from, piece.to);
          }
        });
  }
}
