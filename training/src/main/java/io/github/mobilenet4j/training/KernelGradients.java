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
    int begin = task * rowsAtOnce(rowSize);
    int end = Math.min(rows, begin + rowsAtOnce(rowSize));
    // Chunk by chunk: the processor fetches ahead what is read straight on.
    for (int chunk = 0; chunk < chunks; chunk++) {
      for (int r = begin; r < end; r++) {
        int at = r * columns;
        if (chunk == 0) {
          ofChunk[0].get(r * rowSize, target, at, columns);
          continue;
        }
        ofChunk[chunk].get(r * rowSize, copy, 0, columns);
        for (int c = 0; c < columns; c++) {
          target[at + c] += copy[c];
        }
      }
    }
  }
}
