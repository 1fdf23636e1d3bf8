package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What LibTorch's engines share. */
final class LibTorch {
  private LibTorch() {}

  /**
   * Sets the number of threads, which is that of the whole process.
   *
   * @throws MobileNetException if the network has ReLU6, or SAME padding, which LibTorch's
   *     convolutions do not offer
   */
  static void begin(Engine.Job job) {
    MobileNetV1 network = job.network();
    if (network.padding() != Padding.SYMMETRIC || network.activation() != Activation.RELU) {
      throw new MobileNetException(
          "libtorch: network has padding %s and activation %s, expected SYMMETRIC and RELU"
              .formatted(network.padding(), network.activation()));
    }
    torch.set_num_threads(job.threads());
  }

  /** Returns the input of a job as a tensor in channels last. */
  static Tensor input(Engine.Job job) {
    MobileNetV1 network = job.network();
    long row = network.width() * 3L;
    return tensor(
        job.x(),
        new long[] {job.batch(), 3, network.height(), network.width()},
        new long[] {network.height() * row, 1, row, 3});
  }

  static Tensor vector(float[] values) {
    return tensor(values, new long[] {values.length}, new long[] {1});
  }

  /** Returns a copy of an array, in the array's order. */
  static Tensor tensor(float[] values, long[] shape, long[] strides) {
    try (FloatPointer data = new FloatPointer(values)) {
      return torch.from_blob(data, shape, strides).clone();
    }
  }
}
