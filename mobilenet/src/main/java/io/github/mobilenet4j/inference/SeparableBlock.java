package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedDepthwise;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Folding;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;

/**
 * Depthwise 3×3 and pointwise 1×1 convolution in one pass: the depthwise result of a strip of rows
 * goes into a small buffer that stays in cache and is multiplied at once. It never travels to
 * memory.
 *
 * <p>Where a picture is too small to give every thread a strip worth its while, the threads first
 * share the depthwise channels and then the columns of the product.
 */
final class SeparableBlock implements Operator {
  /** Bytes of a strip's depthwise result: a part of the second-level cache. */
  private static final int STRIP_BYTES = 192 * 1024;

  /** Channel groups that a depthwise row is done in, so that its input rows stay in L1. */
  private static final int GROUPS_AT_ONCE = 8;

  /**
   * Output pixels for each thread below which threads share the columns of the product and not its
   * rows: each would read all weights for a few tiles only.
   */
  private static final int FEW_PIXELS = 64;

  private final Kernels kernels;
  private final MobileNetV1.Block block;
  private final Kernels.Depthwise depthwise;
  private final Kernels.Product pointwise;
  private final Halo in;
  private final Halo out;
  private final int top;
  private final int left;

  SeparableBlock(Kernels kernels, MobileNetV1 network, MobileNetV1.Block block, Weights weights) {
    this.kernels = kernels;
    this.block = block;
    this.in = Halo.of(block.depthwise().in());
    this.out = Halo.of(block.pointwise().out());
    Folding filters = Folding.of(block.depthwise(), weights, network.epsilon());
    Clamp clamp = new Clamp(0, network.activation().ceiling());
    this.depthwise =
        new Kernels.Depthwise(
            new PackedDepthwise(kernels, in.shape().channels(), filters.kernel(), filters.bias()),
            stride(),
            in.layout(),
            new Layout(in.pixel(), rowSize(), columns()),
            clamp);
    Folding matrix = Folding.of(block.pointwise(), weights, network.epsilon());
    this.pointwise =
        new Kernels.Product(
            new PackedMatrix(
                kernels,
                in.shape().channels(),
                out.shape().channels(),
                matrix.kernel(),
                matrix.bias()),
            1,
            Layout.line(in.pixel()),
            out.layout(),
            clamp);
    this.top = network.padding().before(in.shape().height(), stride());
    this.left = network.padding().before(in.shape().width(), stride());
  }

  @Override
  public String name() {
    return "block" + block.number();
  }

  @Override
  public long macs() {
    return block.depthwise().macs() + block.pointwise().macs();
  }

  Halo out() {
    return out;
  }

  private int stride() {
    return block.depthwise().stride();
  }

  private int columns() {
    return out.shape().width();
  }

  private int rowSize() {
    return columns() * in.pixel();
  }

  private boolean sharedColumns(int threads) {
    return threads > 1 && out.shape().area() < (long) threads * FEW_PIXELS;
  }

  private Split strips(int threads) {
    int rows = Math.max(1, STRIP_BYTES / Float.BYTES / rowSize());
    return Split.of(out.shape().height(), rows, threads);
  }

  /** Returns the floats of scratch memory that each thread needs for strips. */
  int scratch(int threads) {
    return sharedColumns(threads) ? 0 : strips(threads).largest() * rowSize();
  }

  /** Returns the floats of memory for depthwise results that all threads share. */
  int sharedScratch(int threads) {
    return sharedColumns(threads) ? depthwiseSize() : 0;
  }

  /** Returns the work on a picture. */
  List<Step> steps(Floats x, Floats y, Floats[] scratch, Floats shared, int threads) {
    return sharedColumns(threads)
        ? List.of(depthwiseShare(x, shared, threads), pointwiseShare(shared, y, threads))
        : List.of(strip(x, scratch, y, threads));
  }

  /** Returns the floats of a whole depthwise result. */
  int depthwiseSize() {
    return out.shape().height() * rowSize();
  }

  /** Returns floats from a pixel of the depthwise result to its right neighbour; rows follow. */
  int depthwisePixel() {
    return in.pixel();
  }

  private Step strip(Floats x, Floats[] scratch, Floats y, int threads) {
    Split rows = strips(threads);
    return new Step(
        rows.parts(),
        (image, task, thread) -> {
          int from = rows.begin(task);
          int to = rows.begin(task + 1);
          depthwise(x, from, to, 0, in.groups(), scratch[thread]);
          pointwise(scratch[thread], y, from, to, 0, pointwise.matrix().panels());
        });
  }

  /** Returns the depthwise convolution alone, its channels shared by threads. */
  Step depthwiseShare(Floats x, Floats shared, int threads) {
    Split groups = Split.of(in.groups(), in.groups(), threads);
    return new Step(
        groups.parts(),
        (image, task, thread) ->
            depthwise(
                x, 0, out.shape().height(), groups.begin(task), groups.begin(task + 1), shared));
  }

  /** Returns the pointwise convolution alone, its columns shared by threads. */
  Step pointwiseShare(Floats shared, Floats y, int threads) {
    Split panels = Split.of(pointwise.matrix().panels(), pointwise.matrix().panels(), threads);
    return new Step(
        panels.parts(),
        (image, task, thread) ->
            pointwise(
                shared, y, 0, out.shape().height(), panels.begin(task), panels.begin(task + 1)));
  }

  private void depthwise(Floats x, int from, int to, int firstGroup, int endGroup, Floats d) {
    for (int group = firstGroup; group < endGroup; group += GROUPS_AT_ONCE) {
      int groups = Math.min(GROUPS_AT_ONCE, endGroup - group);
      for (int p = from; p < to; p++) {
        int first = in.at(p * stride() - top, -left);
        kernels.depthwise(depthwise, group, groups, x, first, d, (p - from) * rowSize());
      }
    }
  }

  private void pointwise(Floats d, Floats y, int from, int to, int firstPanel, int endPanel) {
    for (int panel = firstPanel; panel < endPanel; panel++) {
      kernels.multiply(pointwise, panel, (to - from) * columns(), d, 0, y, out.at(from, 0));
    }
  }
}
