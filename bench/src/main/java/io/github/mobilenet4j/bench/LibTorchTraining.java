package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * LibTorch's training step on its CPU kernels: input and kernels in channels last, ReLU in place,
 * the input copied once beforehand. What a step makes is freed by the step.
 */
final class LibTorchTraining implements TrainingEngine {
  private final MobileNetV1 network;
  private final Map<Parameter, Tensor> values = new HashMap<>();
  private final List<UnaryOperator<Tensor>> layers;
  private final SGD optimizer;
  private final Tensor x;
  private final Tensor labels;

  /**
   * @throws MobileNetException if LibTorch cannot run such a network
   */
  LibTorchTraining(Job job) {
    LibTorch.begin(job.input());
    network = job.input().network();
    for (Parameter p : network.parameters()) {
      values.put(p, tensor(p, job.input().weights()).set_requires_grad(p.role().trainable()));
    }
    layers = network.layers().stream().map(this::layer).toList();
    SGDOptions options = new SGDOptions(job.learningRate());
    options.momentum().put(MOMENTUM);
    Tensor[] trained =
        network.parameters().stream()
            .filter(p -> p.role().trainable())
            .map(values::get)
            .toArray(Tensor[]::new);
    optimizer = new SGD(new TensorVector(trained), options);
    x = LibTorch.input(job.input());
    try (LongPointer data = new LongPointer(Arrays.stream(job.labels()).asLongStream().toArray())) {
      labels =
          torch
              .from_blob(
                  data, new long[] {job.labels().length}, new TensorOptions(torch.ScalarType.Long))
              .clone();
    }
  }

  /** Returns a parameter with PyTorch's axes, {@code [K, C / groups, rows, columns]} of kernels. */
  private static Tensor tensor(Parameter p, Weights weights) {
    float[] ours = weights.get(p);
    if (p.role() != Role.KERNEL) {
      return LibTorch.vector(ours);
    }
    long k = p.layer().out().channels();
    return switch (p.layer()) {
      case Layer.Convolution c -> {
        long inputs = c instanceof Layer.Depthwise ? 1 : c.in().channels();
        long side = c instanceof Layer.Pointwise ? 1 : 3;
        // This library's layout is [rows, columns, C / groups, K].
        yield LibTorch.tensor(
                ours,
                new long[] {k, inputs, side, side},
                new long[] {1, k, side * inputs * k, inputs * k})
            .contiguous(torch.MemoryFormat.ChannelsLast);
      }
      case Layer.Classifier c ->
          LibTorch.tensor(ours, new long[] {k, c.in().channels()}, new long[] {1, k}).contiguous();
      case Layer.GlobalAveragePool _, Layer.Dense _ -> throw new IllegalArgumentException(p.name());
    };
  }

  private Tensor value(Layer layer, Role role) {
    return layer.parameters().stream()
        .filter(p -> p.role() == role)
        .map(values::get)
        .findFirst()
        .orElseThrow();
  }

  private UnaryOperator<Tensor> layer(Layer layer) {
    return switch (layer) {
      case Layer.Convolution c -> {
        Tensor kernel = value(c, Role.KERNEL);
        TensorOptional bias = new TensorOptional();
        TensorOptional gamma = new TensorOptional(value(c, Role.GAMMA));
        TensorOptional beta = new TensorOptional(value(c, Role.BETA));
        TensorOptional mean = new TensorOptional(value(c, Role.MEAN));
        TensorOptional variance = new TensorOptional(value(c, Role.VARIANCE));
        long[] stride = {c.stride(), c.stride()};
        long[] padding = c instanceof Layer.Pointwise ? new long[2] : new long[] {1, 1};
        long[] dilation = {1, 1};
        long groups = c instanceof Layer.Depthwise ? c.in().channels() : 1;
        yield in ->
            torch
                .batch_norm(
                    torch.conv2d(in, kernel, bias, stride, padding, dilation, groups),
                    gamma,
                    beta,
                    mean,
                    variance,
                    true,
                    BATCH_NORM_MOMENTUM,
                    network.epsilon(),
                    false)
                .relu_();
      }
      case Layer.GlobalAveragePool _ -> in -> in.mean(2, 3);
      case Layer.Dense d -> throw new IllegalArgumentException(d.name());
      case Layer.Classifier c -> {
        Tensor kernel = value(c, Role.KERNEL);
        TensorOptional bias = new TensorOptional(value(c, Role.BIAS));
        yield in -> torch.linear(in, kernel, bias);
      }
    };
  }

  @Override
  public float step() {
    try (PointerScope _ = new PointerScope()) {
      optimizer.zero_grad();
      Tensor at = x;
      for (UnaryOperator<Tensor> layer : layers) {
        at = layer.apply(at);
      }
      Tensor loss = torch.cross_entropy_loss(at, labels);
      loss.backward();
      optimizer.step();
      return loss.item_float();
    }
  }

  @Override
  public Weights weights() {
    Map<String, float[]> ours = new HashMap<>();
    try (PointerScope _ = new PointerScope()) {
      values.forEach((p, tensor) -> {
        Tensor t =
            switch ((int) tensor.dim()) {
              case 4 -> tensor.permute(2, 3, 1, 0);
              case 2 -> tensor.permute(1, 0);
              default -> tensor;
            };
        float[] copy = new float[Math.toIntExact(p.size())];
        new FloatPointer(t.contiguous().data_ptr_float()).get(copy);
        ours.put(p.name(), copy);
      });
    }
    return new Weights.Trained(ours);
  }

  @Override
  public void close() {}
}
