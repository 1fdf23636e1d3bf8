package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.kernels.Place;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Weights;

/** The first convolution in float32. */
final class FloatStem extends Stem {
  private final Kernels kernels;
  private final Kernels.Product product;

  FloatStem(Kernels kernels, MobileNetV1 network, Weights.Folded weights) {
    Halo in = new Halo(network.input(), network.channels(), Float.BYTES, 0);
    super(network, in, Halo.of(network.stem().out()));
    this.kernels = kernels;
    PackedMatrix matrix =
        new PackedMatrix(
            kernels,
            TAPS * TAPS * layer.in().channels(),
            layer.out().channels(),
            weights.get(layer, Role.KERNEL),
            weights.get(layer, Role.BIAS));
    this.product =
        new Kernels.Product(
            matrix,
            TAPS,
            new Layout(layer.stride() * in.pixel(), in.row(), layer.out().width()),
            out.layout(),
            new Clamp(0, network.activation().ceiling()));
  }

  @Override
  Window window(Batch batch) {
    Shape shape = layer.in();
    return (window, image, first, count) ->
        window.setFramedRows(
            batch.images(), image, shape.height(), shape.width(), shape.channels(), first, count);
  }

  @Override
  void multiply(Buffer window, int offset, Place sums, Buffer y, int row) {
    kernels.multiply(product, layer.out().width(), window, offset, y, out.at(row, 0));
  }

  @Override
  Batch.Output output(Batch batch) {
    return batch.output(layer, product.out());
  }
}
