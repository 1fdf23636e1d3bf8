package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.kernels.Place;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;

/** A separable block in float32. */
final class FloatBlock extends FloatDepthwiseBlock {
  private final Kernels kernels;
  private final Kernels.Product pointwise;

  FloatBlock(
      Kernels kernels, MobileNetV1 network, MobileNetV1.Block block, Weights.Folded weights) {
    super(kernels, network, block, weights);
    this.kernels = kernels;
    this.pointwise =
        new Kernels.Product(
            new PackedMatrix(
                kernels,
                in.shape().channels(),
                out.shape().channels(),
                weights.get(block.pointwise(), Role.KERNEL),
                weights.get(block.pointwise(), Role.BIAS)),
            1,
            Layout.line(in.pixel()),
            out.layout(),
            new Clamp(0, network.activation().ceiling()));
  }

  @Override
  Kernels.Product pointwise() {
    return pointwise;
  }

  @Override
  void pointwise(Buffer d, Buffer y, Rows rows, int first, int end, Place free) {
    for (int panel = first; panel < end; panel++) {
      int pixels = rows.count() * columns();
      kernels.multiply(pointwise, panel, pixels, d, 0, y, out.at(rows.from(), 0));
    }
  }
}
