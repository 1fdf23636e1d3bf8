package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedDepthwise;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;

/** A separable block whose depthwise convolution and output are float32. */
abstract sealed class FloatDepthwiseBlock extends SeparableBlock permits FloatBlock, Bfloat16Block {
  /** Channel groups that a depthwise row is done in, so that its input rows stay in L1. */
  private static final int GROUPS_AT_ONCE = 8;

  private final Kernels kernels;
  private final Kernels.Depthwise depthwise;

  FloatDepthwiseBlock(
      Kernels kernels, MobileNetV1 network, MobileNetV1.Block block, Weights.Folded weights) {
    super(network, block, Halo.of(block.depthwise().in()), Halo.of(block.pointwise().out()));
    this.kernels = kernels;
    Clamp clamp = new Clamp(0, network.activation().ceiling());
    this.depthwise =
        new Kernels.Depthwise(
            new PackedDepthwise(
                kernels,
                in.shape().channels(),
                weights.get(block.depthwise(), Role.KERNEL),
                weights.get(block.depthwise(), Role.BIAS)),
            stride(),
            in.layout(),
            new Layout(in.pixel(), rowSize(), columns()),
            clamp);
  }

  /** Returns the pointwise convolution. */
  abstract Kernels.Product pointwise();

  @Override
  int parts() {
    return in.groups();
  }

  @Override
  int partChannels() {
    return Channels.GROUP;
  }

  @Override
  int panels() {
    return pointwise().matrix().panels();
  }

  @Override
  int firstColumn(int panel) {
    return pointwise().matrix().firstColumn(panel);
  }

  @Override
  void depthwise(Buffer x, Rows rows, int first, int end, Buffer d) {
    for (int group = first; group < end; group += GROUPS_AT_ONCE) {
      int groups = Math.min(GROUPS_AT_ONCE, end - group);
      for (int p = rows.from(); p < rows.to(); p++) {
        int at = in.at(p * stride() - top, -left);
        kernels.depthwise(depthwise, group, groups, x, at, d, (p - rows.from()) * rowSize());
      }
    }
  }

  @Override
  Batch.Output filtered(Batch batch) {
    return batch.output(block.depthwise(), depthwise.out());
  }

  @Override
  Batch.Output output(Batch batch) {
    return batch.output(block.pointwise(), pointwise().out());
  }
}
