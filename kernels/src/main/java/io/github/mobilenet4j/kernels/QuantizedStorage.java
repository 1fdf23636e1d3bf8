package io.github.mobilenet4j.kernels;

/** How kernels of integers want weights to lie: in which memory, and in what order. */
public sealed interface QuantizedStorage permits QuantizedKernels {
  /** Bytes that may be read behind an input, and have to be there. */
  int SLACK = 64;

  /** Returns the most columns that a panel has, a multiple of 16. */
  int panelColumns(int columns);

  /** Returns how the values of a matrix lie. */
  Packing packing();

  /** Returns the vectors that columns and channels are dealt to. */
  Lanes lanes();

  /** Returns zeros in the kind of memory that the kernels read: bytes, and the slack. */
  Buffer allocate(int bytes);
}
