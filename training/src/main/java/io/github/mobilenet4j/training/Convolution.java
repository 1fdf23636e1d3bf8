package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Role;
import java.util.function.Supplier;

/** A convolution's forward and backward work on a chunk of the batch. */
abstract sealed class Convolution permits Stem, Depthwise, Pointwise {
  final Layer.Convolution layer;
  final TrainingParameter kernel;
  final BatchNorm out;

  /** What it computes with. */
  final Supplier<float[]> present;

  Convolution(Layer.Convolution layer, Values values, BatchNorm out) {
    this.layer = layer;
    this.kernel = values.get(layer, Role.KERNEL);
    this.present = values.kernel(layer);
    this.out = out;
  }

  /** Returns its name. */
  final String name() {
    return layer.name();
  }

  /** Returns its output and the BatchNorm after it. */
  final BatchNorm out() {
    return out;
  }

  /** Returns its kernel. */
  final TrainingParameter kernel() {
    return kernel;
  }

  /** Takes over the present values of the kernel. */
  abstract void pack();

  /** Returns the floats of scratch memory that a thread needs. */
  abstract int scratch();

  /** Computes the raw output and gathers its statistics. */
  abstract void forward(Chunk chunk, Scratch scratch);

  /** Returns the rows of the kernel as a matrix, with a column for each output channel. */
  abstract int kernelRows();

  /** Returns floats from a row of the kernel's gradient to the next. */
  final int gradientRow() {
    return Channels.pixelStride(out.channels());
  }

  /**
   * Computes the gradients of the kernel and of the input, and gathers the sums that the BatchNorm
   * before it needs.
   *
   * @param dy gradient by the activations after this convolution
   * @param dx written: the gradient by the activations before it; null if nobody needs it
   * @param dw zeros, {@code [kernelRows, gradientRow]}; written: the kernel's gradient by this
   *     chunk; not touched if that is computed by rows
   */
  abstract void backward(Chunk chunk, Buffer dy, Buffer dx, Buffer dw, Scratch scratch);

  /**
   * Returns into how many tasks the kernel's gradient is cut if it is computed by rows, after
   * {@link #backward} of all chunks; 0: chunk by chunk, in that.
   */
  int kernelTasks() {
    return 0;
  }

  /** Computes some rows of the kernel's gradient. */
  void kernelGradient(int task, int images, Scratch scratch) {
    throw new UnsupportedOperationException(name() + " has its gradient by chunks");
  }
}
