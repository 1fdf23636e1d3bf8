package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.TrainingKernels.Transposed;
import java.util.Arrays;

/**
 * The gradient of a kernel {@code [rows, columns]}, some rows a task: of the whole batch, in memory
 * that stays in a thread's cache, from which the parameter gets it. So a large kernel has no
 * gradient for each chunk, which would be written, read and added up.
 */
final class KernelRows {
  /** The most rows of a task: with 1,000 columns a quarter of a megabyte. */
  private static final int MOST_ROWS = 64;

  /** Tasks that there are at least, if the kernel is not small, for as many threads. */
  private static final int TASKS = 8;

  private final TrainingParameter kernel;
  private final int rows;
  private final int columns;
  private final int gradientRow;
  private final int rowsAtOnce;
  private final TransposedProduct[] products;

  /**
   * The products have as many rows as {@link #count} says.
   *
   * @param aPixel floats from a row of the first factor of a product to the next
   * @param bPixel the same of the second
   */
  KernelRows(
      Kernels kernels, TrainingParameter kernel, int rows, int columns, int aPixel, int bPixel) {
    this.kernel = kernel;
    this.rows = rows;
    this.columns = columns;
    this.gradientRow = Channels.pixelStride(columns);
    this.rowsAtOnce = atOnce(rows);
    this.products = new TransposedProduct[(rows + rowsAtOnce - 1) / rowsAtOnce];
    int groups = Channels.groups(columns);
    Arrays.setAll(
        products,
        task ->
            new TransposedProduct(
                kernels, new Transposed(count(task), groups, aPixel, bPixel, gradientRow)));
  }

  /** Returns the most rows of a task, a multiple of 16. */
  static int atOnce(int rows) {
    return Channels.padded(Math.clamp(rows / TASKS, 1, MOST_ROWS));
  }

  /** Returns into how many tasks the gradient is cut. */
  int tasks() {
    return products.length;
  }

  /** Returns the first row of a task. */
  int first(int task) {
    return task * rowsAtOnce;
  }

  /** Returns the number of rows of a task. */
  int count(int task) {
    return Math.min(rowsAtOnce, rows - first(task));
  }

  /** Returns the floats of scratch memory that a task needs. */
  int scratch() {
    return rowsAtOnce * gradientRow;
  }

  /** Begins a task with zeros. */
  void begin(int task, Buffer dw, int dwOffset) {
    dw.clear(dwOffset, count(task) * gradientRow);
  }

  /** Adds {@code aᵀ · b} of some pixels; {@code a} begins with the first row of the task. */
  void add(
      Kernels kernels,
      int task,
      int pixels,
      Buffer a,
      int aOffset,
      Buffer b,
      int bOffset,
      Buffer dw,
      int dwOffset) {
    products[task].add(kernels, pixels, a, aOffset, b, bOffset, dw, dwOffset);
  }

  /** Gives the rows of a task to the parameter. */
  void end(int task, Buffer dw, int dwOffset) {
    for (int r = 0; r < count(task); r++) {
      dw.get(dwOffset + r * gradientRow, kernel.gradient(), (first(task) + r) * columns, columns);
    }
  }
}
