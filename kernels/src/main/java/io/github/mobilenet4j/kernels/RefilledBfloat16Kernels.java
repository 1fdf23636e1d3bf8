package io.github.mobilenet4j.kernels;

/** Products of bfloat16 values whose matrices change: those of training. */
public sealed interface RefilledBfloat16Kernels extends Bfloat16Kernels
    permits MachineCodeBfloat16Kernels {
  /**
   * Sets the matrix of a product; its bias stays.
   *
   * @param rows C of the product, K of the transposed source
   * @param columns K of the product
   * @param source {@code [rows,columns]}, or {@code [columns,rows]}
   * @param transposed whether it is the latter
   * @param room for {@code (rows + 1) / 2 · columns} values, overwritten
   */
  void set(
      Kernels.Product product,
      int rows,
      int columns,
      float[] source,
      boolean transposed,
      float[] room);
}
