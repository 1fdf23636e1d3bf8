package io.github.mobilenet4j.kernels;

import java.util.List;

/**
 * Writes {@link Kernels} and {@link TrainingKernels} as functions of one instruction set, with the
 * calling convention of the operating system. All their integers have 64 bits; distances are in
 * bytes. What writes a function returns where in the code it starts.
 */
interface KernelWriter extends ProductWriter {
  /** Returns the name of the instructions, for people. */
  String name();

  /**
   * Writes {@link Kernels#depthwise} for a stride.
   *
   * <p>Arguments: x, its distances of pixels and rows, filters of the first group, y, its distance
   * of pixels, columns, groups; low, high.
   */
  int depthwise(int stride);

  /**
   * Writes {@link Kernels#averagePool}.
   *
   * <p>Arguments: x, its distance of pixels, what leads from the end of a row to the next, rows,
   * columns, groups, y; the area.
   */
  int averagePool();

  /**
   * Writes {@link TrainingKernels#multiplyTransposed} for a tile of so many rows by so many groups
   * of columns.
   *
   * <p>Arguments: a, its distance of pixels, b, its distance of pixels, y, its distance of rows,
   * pixels; what to prefetch, and how much further on at the next pixel.
   *
   * @param rows 1 to {@link #tileRows}
   */
  int multiplyTransposed(int rows, int groups);

  /**
   * Writes {@link TrainingKernels#depthwiseGradient} for a stride.
   *
   * <p>Arguments: x, its distances of pixels and rows, dz, its distance of pixels, dw, its distance
   * of taps, rows, columns, groups, what leads from the end of a row of output pixels to the next
   * in x, and in dz.
   */
  int depthwiseGradient(int stride);

  /**
   * Writes {@link TrainingKernels#round}.
   *
   * <p>Arguments: x, y, groups of 16 values.
   */
  int roundToBfloat16();

  /**
   * Writes {@link TrainingKernels#stream}.
   *
   * <p>Arguments: x, y, groups of 16 values.
   */
  int stream();

  /**
   * Writes one of the functions that take each channel on its own.
   *
   * <p>Arguments: two inputs and the output, each with the distance of its pixels (of its sums, if
   * it is those), the coefficients of the first group, pixels, groups; low, high.
   */
  int channelwise(Function function);

  /** What is done with each channel on its own, and which coefficients it takes. */
  enum Function {
    SCALE_SHIFT(PackedBatchNorm.SCALE, PackedBatchNorm.SHIFT),
    MOMENTS(0),
    GRADIENT_SUMS(PackedBatchNorm.SCALE, PackedBatchNorm.SHIFT, PackedBatchNorm.MEAN),
    GRADIENT(
        PackedBatchNorm.SCALE,
        PackedBatchNorm.SHIFT,
        PackedBatchNorm.MEAN,
        PackedBatchNorm.SLOPE,
        PackedBatchNorm.CONSTANT);

    /** Places of the coefficients in a group's. */
    final List<Integer> coefficients;

    Function(Integer... coefficients) {
      this.coefficients = List.of(coefficients);
    }

    /** Returns the distance of the coefficients of neighbouring groups. */
    int coefficientBytes() {
      return (this == MOMENTS ? Channels.GROUP : PackedBatchNorm.GROUP_SIZE) * Float.BYTES;
    }

    /** Returns how many sums a channel has. */
    int sums() {
      return this == MOMENTS || this == GRADIENT_SUMS ? 2 : 0;
    }
  }
}
