package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.Place;
import io.github.mobilenet4j.kernels.QuantizedFilters;
import io.github.mobilenet4j.kernels.QuantizedKernels;
import io.github.mobilenet4j.network.MobileNetV1;

/** A separable block in integers of 8 bits. */
final class QuantizedBlock extends SeparableBlock {
  /** Channel parts that a depthwise row is done in, so that its input rows stay in L1. */
  private static final int BYTES_AT_ONCE = 512;

  private final QuantizedKernels kernels;
  private final QuantizedKernels.Depthwise depthwise;
  private final QuantizedKernels.Product pointwise;
  private final Layout filteredLayout;
  private final Batch.Values filteredValues;
  private final Batch.Values outputValues;

  QuantizedBlock(
      QuantizedKernels kernels, MobileNetV1 network, MobileNetV1.Block block, Integers weights) {
    super(
        network,
        block,
        Halo.ofBytes(block.depthwise().in(), weights.zeroPointBefore(block.depthwise())),
        Halo.ofBytes(block.pointwise().out(), weights.zeroPointAfter(block.pointwise())));
    this.kernels = kernels;
    // Only pixels that lie side by side in the output can be taken as one.
    int repeats = stride() == 1 ? QuantizedFilters.repeats(kernels, in.pixel()) : 1;
    int wide = in.pixel() * repeats;
    this.depthwise =
        new QuantizedKernels.Depthwise(
            weights.filters(kernels, block.depthwise(), repeats),
            stride() * repeats,
            in.layout(),
            new Layout(wide, rowSize(), (columns() + repeats - 1) / repeats));
    this.filteredLayout = new Layout(in.pixel(), rowSize(), columns());
    this.pointwise =
        new QuantizedKernels.Product(
            weights.matrix(kernels, block.pointwise(), 1),
            1,
            Layout.line(in.pixel()),
            out.layout());
    this.filteredValues = weights.valuesAfter(block.depthwise());
    this.outputValues = weights.valuesAfter(block.pointwise());
  }

  @Override
  int parts() {
    return depthwise.filters().parts();
  }

  @Override
  int partChannels() {
    return depthwise.filters().partChannels();
  }

  @Override
  int panels() {
    return pointwise.matrix().panels();
  }

  @Override
  int firstColumn(int panel) {
    return pointwise.matrix().firstColumn(panel);
  }

  /** Reads behind the last row, and what a row of wide pixels writes behind its end. */
  @Override
  int slack() {
    return QuantizedKernels.SLACK;
  }

  @Override
  void depthwise(Buffer x, Rows rows, int first, int end, Buffer d) {
    int most = BYTES_AT_ONCE / partChannels();
    for (int part = first; part < end; part += most) {
      int parts = Math.min(most, end - part);
      for (int p = rows.from(); p < rows.to(); p++) {
        int at = in.at(p * stride() - top, -left);
        kernels.depthwise(depthwise, part, parts, x, at, d, (p - rows.from()) * rowSize());
      }
    }
  }

  /** Returns the sums of the pixels, if the product needs them. */
  @Override
  int productScratch(int rows) {
    return pointwise.matrix().needsSums() ? rows * columns() : 0;
  }

  @Override
  void pointwise(Buffer d, Buffer y, Rows rows, int first, int end, Place free) {
    int pixels = rows.count() * columns();
    if (pointwise.matrix().needsSums()) {
      kernels.sums(pointwise, pixels, d, 0, free);
    }
    int to = out.at(rows.from(), 0);
    for (int panel = first; panel < end; panel++) {
      kernels.multiply(pointwise, panel, pixels, d, 0, free, y, to);
    }
  }

  @Override
  Batch.Output filtered(Batch batch) {
    return batch.output(block.depthwise(), filteredLayout, filteredValues);
  }

  @Override
  Batch.Output output(Batch batch) {
    return batch.output(block.pointwise(), pointwise.out(), outputValues);
  }
}
