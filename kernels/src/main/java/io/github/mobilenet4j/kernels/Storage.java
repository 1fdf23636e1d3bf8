package io.github.mobilenet4j.kernels;

/** How kernels want weights to lie: in which memory, and a matrix in how wide panels. */
public sealed interface Storage permits Kernels, MachineCodeBfloat16Kernels {
  /** Returns zeros in the kind of memory that the kernels read. */
  Buffer allocate(int length);

  /**
   * Returns the most columns that a panel of a {@link PackedMatrix} has, a multiple of 16.
   *
   * @param columns of the whole matrix
   */
  int panelColumns(int columns);
}
