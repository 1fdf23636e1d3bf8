package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Place;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.List;

/**
 * Depthwise 3×3 and pointwise 1×1 convolution in one pass: the depthwise result of a strip of rows
 * goes into a small buffer that stays in cache and is multiplied at once. It never travels to
 * memory.
 *
 * <p>Where an image is too small to give every thread a strip worth its while, the threads first
 * share the depthwise channels and then the columns of the product.
 *
 * <p>Here stands what each task is; subclasses know the arithmetic.
 */
abstract sealed class SeparableBlock implements Operator
    permits FloatDepthwiseBlock, QuantizedBlock {
  /** Bytes of a strip's depthwise result: a part of the second-level cache. */
  private static final int STRIP_BYTES = 192 * 1024;

  /**
   * Output pixels for each thread below which threads share the columns of the product and not its
   * rows: each would read all weights for a few tiles only.
   */
  private static final int FEW_PIXELS = 64;

  final MobileNetV1.Block block;
  final Halo in;
  final Halo out;
  final int top;
  final int left;

  /**
   * @param in how the input lies in memory
   * @param out how the output does
   */
  SeparableBlock(MobileNetV1 network, MobileNetV1.Block block, Halo in, Halo out) {
    this.block = block;
    this.in = in;
    this.out = out;
    this.top = network.padding(block.depthwise()).before(in.shape().height(), stride());
    this.left = network.padding(block.depthwise()).before(in.shape().width(), stride());
  }

  /** Rows, from the first to behind the last. */
  record Rows(int from, int to) {
    int count() {
      return to - from;
    }
  }

  /** Returns the parts in which the depthwise channels can be shared. */
  abstract int parts();

  /** Returns the channels of such a part; the last may have fewer. */
  abstract int partChannels();

  /** Returns the panels of the pointwise kernel. */
  abstract int panels();

  /** Returns the first column of a panel, or behind the last. */
  abstract int firstColumn(int panel);

  /**
   * Convolves output rows.
   *
   * @param first the first part of the channels
   * @param end behind the last
   * @param d the first of the rows is at its beginning
   */
  abstract void depthwise(Buffer x, Rows rows, int first, int end, Buffer d);

  /**
   * Multiplies rows of the depthwise result.
   *
   * @param d the first of the rows is at its beginning
   * @param first the first panel
   * @param end behind the last
   * @param free memory of the thread, {@link #productScratch} floats
   */
  abstract void pointwise(Buffer d, Buffer y, Rows rows, int first, int end, Place free);

  /** Returns the floats that a thread needs to multiply so many rows. */
  int productScratch(int rows) {
    return 0;
  }

  /** Returns the way out for the depthwise result. */
  abstract Batch.Output filtered(Batch batch);

  /** Returns the way out for the block's output. */
  abstract Batch.Output output(Batch batch);

  @Override
  public final String name() {
    return "block" + block.number();
  }

  @Override
  public final long macs() {
    return block.depthwise().macs() + block.pointwise().macs();
  }

  @Override
  public final Halo out() {
    return out;
  }

  final int stride() {
    return block.depthwise().stride();
  }

  final int rows() {
    return out.shape().height();
  }

  final int columns() {
    return out.shape().width();
  }

  /** Returns the values of a row of the depthwise result. */
  final int rowSize() {
    return columns() * in.pixel();
  }

  /** Returns the floats that have as many bytes as rows of the depthwise result. */
  private int floats(int rows) {
    return (rows * rowSize() * in.valueBytes() + slack() + Float.BYTES - 1) / Float.BYTES;
  }

  /** Returns the bytes that may be read behind the depthwise result. */
  int slack() {
    return 0;
  }

  private boolean sharedColumns(int threads) {
    return threads > 1 && out.shape().area() < (long) threads * FEW_PIXELS;
  }

  private Partition strips(int threads) {
    int most = Math.max(1, STRIP_BYTES / in.valueBytes() / rowSize());
    return Partition.of(rows(), most, threads);
  }

  /** Returns the floats of a strip's depthwise result, and what its product needs. */
  @Override
  public final int scratch(int threads) {
    int strip = strips(threads).largest();
    return sharedColumns(threads) ? productScratch(rows()) : floats(strip) + productScratch(strip);
  }

  /** Returns the floats of a whole depthwise result, if threads share its channels. */
  @Override
  public final int shared(int threads) {
    return sharedColumns(threads) ? floats(rows()) : 0;
  }

  @Override
  public final List<Tasks> tasks(Workspace workspace, Buffer x, Buffer y) {
    Batch.Output filtered = filtered(workspace.batch());
    Batch.Output output = output(workspace.batch());
    int threads = workspace.threads();
    Buffer[] scratch = workspace.scratch();
    if (sharedColumns(threads)) {
      Buffer d = workspace.shared();
      Place[] free = free(scratch, 0);
      return List.of(depthwiseShares(x, d, filtered, threads), pointwiseShares(d, y, output, free));
    }
    Partition strips = strips(threads);
    Place[] free = free(scratch, floats(strips.largest()));
    Rows[] rows = new Rows[strips.parts()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new Rows(strips.begin(i), strips.begin(i + 1));
    }
    Tasks.Body strip =
        (image, task, thread) -> {
          int from = rows[task].from;
          int to = rows[task].to;
          Buffer d = scratch[thread];
          depthwise(x, rows[task], 0, parts(), d);
          filtered.copy(image, from, to, d, 0);
          pointwise(d, y, rows[task], 0, panels(), free[thread]);
          output.copy(image, from, to, y, out.at(from, 0));
        };
    return List.of(new Tasks(strips.parts(), strip));
  }

  private static Place[] free(Buffer[] scratch, int at) {
    Place[] free = new Place[scratch.length];
    for (int i = 0; i < free.length; i++) {
      free[i] = new Place(scratch[i], at);
    }
    return free;
  }

  /** Returns the depthwise convolution alone, its channels shared by threads. */
  private Tasks depthwiseShares(Buffer x, Buffer d, Batch.Output output, int threads) {
    Partition parts = Partition.of(parts(), parts(), threads);
    Rows all = new Rows(0, rows());
    Tasks.Body share =
        (image, task, thread) -> {
          int from = parts.begin(task);
          int to = parts.begin(task + 1);
          depthwise(x, all, from, to, d);
          output.copy(image, 0, rows(), d, 0, from * partChannels(), to * partChannels());
        };
    return new Tasks(parts.parts(), share);
  }

  /** Returns the pointwise convolution alone, its columns shared by threads. */
  private Tasks pointwiseShares(Buffer d, Buffer y, Batch.Output output, Place[] free) {
    Partition panels = Partition.of(panels(), panels(), free.length);
    Rows all = new Rows(0, rows());
    Tasks.Body share =
        (image, task, thread) -> {
          int from = panels.begin(task);
          int to = panels.begin(task + 1);
          pointwise(d, y, all, from, to, free[thread]);
          output.copy(image, 0, rows(), y, out.at(0, 0), firstColumn(from), firstColumn(to));
        };
    return new Tasks(panels.parts(), share);
  }
}
