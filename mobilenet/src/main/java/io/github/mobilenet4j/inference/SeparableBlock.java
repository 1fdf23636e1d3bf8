package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedDepthwise;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
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

  SeparableBlock(
      Kernels kernels, MobileNetV1 network, MobileNetV1.Block block, Weights.Folded weights) {
    this.kernels = kernels;
    this.block = block;
    this.in = Halo.of(block.depthwise().in());
    this.out = Halo.of(block.pointwise().out());
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

  @Override
  public Halo out() {
    return out;
  }

  private int stride() {
    return block.depthwise().stride();
  }

  private int rows() {
    return out.shape().height();
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

  private Partition strips(int threads) {
    int most = Math.max(1, STRIP_BYTES / Float.BYTES / rowSize());
    return Partition.of(rows(), most, threads);
  }

  /** Returns the floats of a strip's depthwise result. */
  @Override
  public int scratch(int threads) {
    return sharedColumns(threads) ? 0 : strips(threads).largest() * rowSize();
  }

  /** Returns the floats of a whole depthwise result, if threads share its channels. */
  @Override
  public int shared(int threads) {
    return sharedColumns(threads) ? rows() * rowSize() : 0;
  }

  @Override
  public List<Tasks> tasks(Workspace workspace, Buffer x, Buffer y) {
    Batch batch = workspace.batch();
    Batch.Output filtered = batch.output(block.depthwise(), depthwise.out());
    Batch.Output output = batch.output(block.pointwise(), pointwise.out());
    int threads = workspace.threads();
    if (sharedColumns(threads)) {
      Buffer d = workspace.shared();
      return List.of(
          depthwiseShares(x, d, filtered, threads), pointwiseShares(d, y, output, threads));
    }
    Partition strips = strips(threads);
    Tasks.Body strip =
        (image, task, thread) -> {
          int from = strips.begin(task);
          int to = strips.begin(task + 1);
          Buffer d = workspace.scratch()[thread];
          depthwise(x, from, to, 0, in.groups(), d);
          filtered.copy(image, from, to, d, 0);
          pointwise(d, y, from, to, 0, pointwise.matrix().panels());
          output.copy(image, from, to, y, out.at(from, 0));
        };
    return List.of(new Tasks(strips.parts(), strip));
  }

  /** Returns the depthwise convolution alone, its channels shared by threads. */
  private Tasks depthwiseShares(Buffer x, Buffer d, Batch.Output output, int threads) {
    Partition groups = Partition.of(in.groups(), in.groups(), threads);
    Tasks.Body share =
        (image, task, thread) -> {
          int from = groups.begin(task);
          int to = groups.begin(task + 1);
          depthwise(x, 0, rows(), from, to, d);
          output.copy(image, 0, rows(), d, 0, from * Channels.GROUP, to * Channels.GROUP);
        };
    return new Tasks(groups.parts(), share);
  }

  /** Returns the pointwise convolution alone, its columns shared by threads. */
  private Tasks pointwiseShares(Buffer d, Buffer y, Batch.Output output, int threads) {
    PackedMatrix matrix = pointwise.matrix();
    Partition panels = Partition.of(matrix.panels(), matrix.panels(), threads);
    Tasks.Body share =
        (image, task, thread) -> {
          int from = panels.begin(task);
          int to = panels.begin(task + 1);
          int begin = matrix.firstColumn(from);
          pointwise(d, y, 0, rows(), from, to);
          output.copy(image, 0, rows(), y, out.at(0, 0), begin, matrix.firstColumn(to));
        };
    return new Tasks(panels.parts(), share);
  }

  private void depthwise(Buffer x, int from, int to, int firstGroup, int endGroup, Buffer d) {
    for (int group = firstGroup; group < endGroup; group += GROUPS_AT_ONCE) {
      int groups = Math.min(GROUPS_AT_ONCE, endGroup - group);
      for (int p = from; p < to; p++) {
        int first = in.at(p * stride() - top, -left);
        kernels.depthwise(depthwise, group, groups, x, first, d, (p - from) * rowSize());
      }
    }
  }

  private void pointwise(Buffer d, Buffer y, int from, int to, int firstPanel, int endPanel) {
    for (int panel = firstPanel; panel < endPanel; panel++) {
      kernels.multiply(pointwise, panel, (to - from) * columns(), d, 0, y, out.at(from, 0));
    }
  }
}
