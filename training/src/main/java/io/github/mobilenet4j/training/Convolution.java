package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;

/** A convolution's forward and backward work on a chunk of the batch. */
sealed interface Convolution permits Stem, Depthwise, Pointwise {
  /** Returns its name. */
  String name();

  /** Returns its output and the BatchNorm after it. */
  BatchNorm out();

  /** Returns its kernel. */
  TrainingParameter kernel();

  /** Takes over the present values of the kernel. */
  void pack();

  /** Returns the floats of scratch memory that a thread needs. */
  int scratch();

  /** Computes the raw output and gathers its statistics. */
  void forward(Chunk chunk, Scratch scratch);

  /** Returns the rows of the kernel as a matrix, with a column for each output channel. */
  int kernelRows();

  /** Returns floats from a row of the kernel's gradient to the next. */
  default int gradientRow() {
    return Channels.pixelStride(out().channels());
  }

  /**
   * Computes the gradients of the kernel and of the input, and gathers the sums that the BatchNorm
   * before it needs.
   *
   * @param dy gradient by the activations after this convolution
   * @param dx written: the gradient by the activations before it; null if nobody needs it
   * @param dw zeros, {@code [kernelRows, gradientRow]}; written: the kernel's gradient by this
   *     chunk
   */
  void backward(Chunk chunk, Buffer dy, Buffer dx, Buffer dw, Scratch scratch);
}
