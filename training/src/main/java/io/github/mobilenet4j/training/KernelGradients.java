package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Kernels;
import java.util.Arrays;

/** A kernel gradient for each chunk of the batch, used by one layer after the other. */
final class KernelGradients {
  /** Values of a task that adds them up. */
  private static final int VALUES_AT_ONCE = 1 << 14;

  private final Buffer[] ofChunk;

  /** Where a row is copied to, by thread. */
  private final float[][] copies;

  /**
   * @param chunks of the largest batch
   * @param size floats of the largest kernel's gradient
   * @param columns of the widest
   */
  KernelGradients(Kernels kernels, int chunks, int size, int columns, int threads) {
    ofChunk = new Buffer[chunks];
    Arrays.setAll(ofChunk, _ -> kernels.allocate(size));
    copies = new float[threads][columns];
  }

  /** Returns the gradient of a chunk. */
  Buffer ofChunk(int chunk) {
    return ofChunk[chunk];
  }

  private static int rowsAtOnce(int rowSize) {
    return Math.max(1, VALUES_AT_ONCE / rowSize);
  }

  /** Returns into how many tasks the addition is cut. */
  static int tasks(int rows, int rowSize) {
    return (rows + rowsAtOnce(rowSize) - 1) / rowsAtOnce(rowSize);
  }

  /**
   * Adds the gradients of all chunks in order.
   *
   * @param rows rows of the kernel as a matrix
   * @param rowSize floats from a row to the next
   * @param target written, {@code [rows, columns]}
   */
  void add(int chunks, int rows, int rowSize, float[] target, int task, int thread) {
    int columns = target.length / rows;
    float[] copy = copies[thread];
    int end = Math.min(rows, (task + 1) * rowsAtOnce(rowSize));
    for (int r = task * rowsAtOnce(rowSize); r < end; r++) {
      int at = r * columns;
      ofChunk[0].get(r * rowSize, target, at, columns);
      for (int chunk = 1; chunk < chunks; chunk++) {
        ofChunk[chunk].get(r * rowSize, copy, 0, columns);
        for (int c = 0; c < columns; c++) {
          target[at + c] += copy[c];
        }
      }
    }
  }
}
