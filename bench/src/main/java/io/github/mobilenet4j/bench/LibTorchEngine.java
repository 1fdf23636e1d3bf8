package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * LibTorch on its CPU kernels: channels-last tensors, inference mode, BatchNorm folded, ReLU in
 * place. Its number of threads is that of the whole process. What a run makes is freed by the run;
 * weights and input go when they are garbage.
 */
final class LibTorchEngine implements Engine {
  private final List<UnaryOperator<Tensor>> steps;
  private final Tensor x;
  private final float[] logits;

  /**
   * @throws MobileNetException if the network has ReLU6, or SAME padding, which LibTorch's
   *     convolutions do not offer
   */
  LibTorchEngine(Job job) {
    MobileNetV1 network = job.network();
    if (network.padding() != Padding.SYMMETRIC || network.activation() != Activation.RELU) {
      throw new MobileNetException(
          "libtorch: network has padding %s and activation %s, expected SYMMETRIC and RELU"
              .formatted(network.padding(), network.activation()));
    }
    torch.set_num_threads(job.threads());
    steps = network.layers().stream().map(layer -> step(job, layer)).toList();
    long row = network.width() * 3L;
    x =
        tensor(
            job.x(),
            new long[] {job.batch(), 3, network.height(), network.width()},
            new long[] {network.height() * row, 1, row, 3});
    logits = new float[job.batch() * network.classes()];
  }

  private static UnaryOperator<Tensor> step(Job job, Layer layer) {
    return switch (layer) {
      case Layer.Convolution c -> {
        FoldedConvolution f = FoldedConvolution.of(job.network(), job.weights(), c);
        long taps = (long) f.side() * f.side();
        Tensor kernel =
            tensor(
                    f.kernel(),
                    new long[] {f.outputs(), f.inputs(), f.side(), f.side()},
                    new long[] {f.inputs() * taps, taps, f.side(), 1})
                .contiguous(torch.MemoryFormat.ChannelsLast);
        TensorOptional bias = new TensorOptional(vector(f.bias()));
        long[] stride = {f.stride(), f.stride()};
        long[] padding = {f.side() / 2, f.side() / 2};
        long[] dilation = {1, 1};
        yield in -> torch.conv2d(in, kernel, bias, stride, padding, dilation, f.groups()).relu_();
      }
      case Layer.GlobalAveragePool _ -> in -> in.mean(2, 3);
      case Layer.Classifier c -> {
        long inputs = c.in().channels();
        long outputs = c.out().channels();
        Tensor kernel =
            tensor(
                    job.weights().get(c, Role.KERNEL),
                    new long[] {outputs, inputs},
                    new long[] {1, outputs})
                .contiguous();
        TensorOptional bias = new TensorOptional(vector(job.weights().get(c, Role.BIAS)));
        yield in -> torch.linear(in, kernel, bias);
      }
    };
  }

  private static Tensor vector(float[] values) {
    return tensor(values, new long[] {values.length}, new long[] {1});
  }

  /** Returns a copy of an array, in the array's order. */
  private static Tensor tensor(float[] values, long[] shape, long[] strides) {
    try (FloatPointer data = new FloatPointer(values)) {
      return torch.from_blob(data, shape, strides).clone();
    }
  }

  @Override
  public void run() {
    try (PointerScope _ = new PointerScope();
        InferenceMode _ = new InferenceMode()) {
      Tensor at = x;
      for (UnaryOperator<Tensor> step : steps) {
        at = step.apply(at);
      }
      at.data_ptr_float().get(logits);
    }
  }

  @Override
  public float[] logits() {
    return logits.clone();
  }

  @Override
  public void close() {}
}
