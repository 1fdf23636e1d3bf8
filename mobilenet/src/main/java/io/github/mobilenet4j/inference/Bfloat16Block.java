package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Bfloat16Choice;
import io.github.mobilenet4j.kernels.Bfloat16Kernels;
import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Place;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;

/** A separable block whose pointwise convolution multiplies bfloat16 values. */
final class Bfloat16Block extends FloatDepthwiseBlock {
  private final Bfloat16Kernels kernels;
  private final Kernels.Product pointwise;

  Bfloat16Block(
      Kernels kernels, MobileNetV1 network, MobileNetV1.Block block, Weights.Folded weights) {
    super(kernels, network, block, weights);
    this.kernels = Bfloat16Choice.of(kernels);
    this.pointwise =
        this.kernels.product(
            new Bfloat16Kernels.Matrix(
                in.shape().channels(),
                out.shape().channels(),
                weights.get(block.pointwise(), Role.KERNEL),
                weights.get(block.pointwise(), Role.BIAS)),
            in.pixel(),
            out.layout(),
            new Clamp(0, network.activation().ceiling()));
  }

  @Override
  Kernels.Product pointwise() {
    return pointwise;
  }

  /** Returns the rounded result of the depthwise convolution. */
  @Override
  int productScratch(int rows) {
    return rows * rowSize();
  }

  @Override
  void pointwise(Buffer d, Buffer y, Rows rows, int first, int end, Place free) {
    Buffer rounded = free.memory();
    kernels.round(d, 0, rows.count() * rowSize(), rounded, free.offset());
    int to = out.at(rows.from(), 0);
    for (int panel = first; panel < end; panel++) {
      kernels.multiply(pointwise, panel, rows.count() * columns(), rounded, free.offset(), y, to);
    }
  }
}
