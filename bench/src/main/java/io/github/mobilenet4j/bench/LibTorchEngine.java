package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * LibTorch on its CPU kernels: channels-last tensors, inference mode, BatchNorm folded, ReLU in
 * place; for bfloat16 weights, input and all between are of that type. What a run makes is freed by
 * the run; weights and input go when they are garbage.
 */
final class LibTorchEngine implements Engine {
  private static final KernelLayout OIHW = new KernelLayout("OIHW");

  private final torch.ScalarType type;
  private final List<UnaryOperator<Tensor>> steps;
  private final Tensor x;
  private final float[] logits;

  /**
   * @throws MobileNetException if LibTorch cannot run such a network
   */
  LibTorchEngine(Job job) {
    LibTorch.begin(job);
    Weights.Folded weights = job.weights().folded(job.network());
    type =
        job.precision() == Precision.BFLOAT16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
    steps = job.network().layers().stream().map(layer -> step(weights, layer)).toList();
    x = LibTorch.input(job).to(type);
    logits = new float[job.batch() * job.network().classes()];
  }

  private UnaryOperator<Tensor> step(Weights.Folded weights, Layer layer) {
    return switch (layer) {
      case Layer.Convolution c -> {
        long[] shape = OIHW.shape(c).stream().mapToLong(Integer::longValue).toArray();
        long taps = shape[2] * shape[3];
        Tensor kernel =
            LibTorch.tensor(
                    OIHW.fromOurs(c, weights.get(c, Role.KERNEL)),
                    shape,
                    new long[] {shape[1] * taps, taps, shape[3], 1})
                .to(type)
                .contiguous(torch.MemoryFormat.ChannelsLast);
        TensorOptional bias = bias(weights, c);
        long[] stride = {c.stride(), c.stride()};
        long[] padding = {shape[2] / 2, shape[3] / 2};
        long[] dilation = {1, 1};
        long groups = c instanceof Layer.Depthwise ? c.in().channels() : 1;
        yield in -> torch.conv2d(in, kernel, bias, stride, padding, dilation, groups).relu_();
      }
      case Layer.GlobalAveragePool _ -> in -> in.mean(2, 3);
      case Layer.Dense d -> throw new IllegalArgumentException(d.name());
      case Layer.Classifier c -> {
        long inputs = c.in().channels();
        long outputs = c.out().channels();
        Tensor kernel =
            LibTorch.tensor(
                    weights.get(c, Role.KERNEL),
                    new long[] {outputs, inputs},
                    new long[] {1, outputs})
                .to(type)
                .contiguous();
        TensorOptional bias = bias(weights, c);
        yield in -> torch.linear(in, kernel, bias);
      }
    };
  }

  private TensorOptional bias(Weights.Folded weights, Layer layer) {
    return new TensorOptional(LibTorch.vector(weights.get(layer, Role.BIAS)).to(type));
  }

  @Override
  public void run() {
    try (PointerScope _ = new PointerScope();
        InferenceMode _ = new InferenceMode()) {
      Tensor at = x;
      for (UnaryOperator<Tensor> step : steps) {
        at = step.apply(at);
      }
      at.to(torch.ScalarType.Float).data_ptr_float().get(logits);
    }
  }

  @Override
  public float[] logits() {
    return logits.clone();
  }

  @Override
  public void close() {}
}
