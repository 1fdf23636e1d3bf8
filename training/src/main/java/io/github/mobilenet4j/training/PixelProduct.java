package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Bfloat16Choice;
import io.github.mobilenet4j.kernels.Bfloat16Kernels;
import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.kernels.RefilledBfloat16Kernels;
import java.util.Optional;

/** A product of pixels in a line and a kernel, in one precision. */
abstract sealed class PixelProduct {
  final Kernels kernels;
  final Kernels.Product product;

  private PixelProduct(Kernels kernels, Kernels.Product product) {
    this.kernels = kernels;
    this.product = product;
  }

  /**
   * Returns the product of a precision.
   *
   * @param pixel floats from a pixel of the input to the next
   * @throws MobileNetException if the system asks for instructions that do not run here
   */
  static PixelProduct of(
      TrainingPrecision precision, Kernels kernels, BatchNorm from, int pixel, BatchNorm to) {
    if (precision == TrainingPrecision.FLOAT32) {
      return new Float32(kernels, from, pixel, to);
    }
    Optional<RefilledBfloat16Kernels> processor = processor(kernels);
    return processor.isPresent()
        ? new Bfloat16(kernels, processor.get(), from, pixel, to)
        : new Rounded(kernels, from, pixel, to);
  }

  private static Optional<RefilledBfloat16Kernels> processor(Kernels kernels) {
    try {
      return Bfloat16Choice.refilled(kernels);
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      throw new MobileNetException(e.getMessage(), e);
    }
  }

  /**
   * Sets the kernel.
   *
   * @param values {@code [from,to]}
   */
  abstract void set(float[] values);

  /**
   * Sets the kernel.
   *
   * @param values {@code [to,from]}
   */
  abstract void setTransposed(float[] values);

  /** Rounds values to those of the precision, in place; {@code count} is a multiple of 16. */
  abstract void round(int count, Buffer values, int offset);

  /**
   * Multiplies pixels that {@link #round} has rounded.
   *
   * @param thread kernels of the thread
   * @param room where they may be changed for the processor; may be where they are
   * @param y written: float32
   */
  abstract void multiply(
      Kernels thread,
      int pixels,
      Buffer a,
      int aOffset,
      Buffer room,
      int roomOffset,
      Buffer y,
      int yOffset);

  private static non-sealed class Float32 extends PixelProduct {
    Float32(Kernels kernels, BatchNorm from, int pixel, BatchNorm to) {
      super(
          kernels,
          new Kernels.Product(
              new PackedMatrix(kernels, from.channels(), to.channels()),
              1,
              Layout.line(pixel),
              Layout.line(to.pixel()),
              Clamp.NONE));
    }

    @Override
    void set(float[] values) {
      product.matrix().set(values);
    }

    @Override
    void setTransposed(float[] values) {
      product.matrix().setTransposed(values);
    }

    @Override
    void round(int count, Buffer values, int offset) {}

    @Override
    void multiply(
        Kernels thread,
        int pixels,
        Buffer a,
        int aOffset,
        Buffer room,
        int roomOffset,
        Buffer y,
        int yOffset) {
      thread.multiply(product, pixels, a, aOffset, y, yOffset);
    }
  }

  /** Float32 kernels on rounded values. */
  private static final class Rounded extends Float32 {
    Rounded(Kernels kernels, BatchNorm from, int pixel, BatchNorm to) {
      super(kernels, from, pixel, to);
    }

    @Override
    void set(float[] values) {
      super.set(values);
      kernels.training().round(product.matrix());
    }

    @Override
    void setTransposed(float[] values) {
      super.setTransposed(values);
      kernels.training().round(product.matrix());
    }

    @Override
    void round(int count, Buffer values, int offset) {
      kernels.training().round(count, values, offset, values, offset);
    }
  }

  /** The processor's instructions. */
  private static final class Bfloat16 extends PixelProduct {
    private final RefilledBfloat16Kernels bfloat16;
    private final int rows;
    private final int columns;
    private final int pixel;
    private final float[] room;

    Bfloat16(
        Kernels kernels,
        RefilledBfloat16Kernels bfloat16,
        BatchNorm from,
        int pixel,
        BatchNorm to) {
      int rows = from.channels();
      int columns = to.channels();
      Bfloat16Kernels.Matrix zeros =
          new Bfloat16Kernels.Matrix(rows, columns, new float[rows * columns], new float[columns]);
      super(kernels, bfloat16.product(zeros, pixel, Layout.line(to.pixel()), Clamp.NONE));
      this.bfloat16 = bfloat16;
      this.rows = rows;
      this.columns = columns;
      this.pixel = pixel;
      this.room = new float[(rows + 1) / 2 * columns];
    }

    @Override
    void set(float[] values) {
      bfloat16.set(product, rows, columns, values, false, room);
    }

    @Override
    void setTransposed(float[] values) {
      bfloat16.set(product, rows, columns, values, true, room);
    }

    @Override
    void round(int count, Buffer values, int offset) {
      kernels.training().round(count, values, offset, values, offset);
    }

    @Override
    void multiply(
        Kernels thread,
        int pixels,
        Buffer a,
        int aOffset,
        Buffer room,
        int roomOffset,
        Buffer y,
        int yOffset) {
      int count = (pixels - 1) * pixel + Channels.padded(rows);
      bfloat16.round(a, aOffset, count, room, roomOffset);
      for (int panel = 0; panel < product.matrix().panels(); panel++) {
        bfloat16.multiply(product, panel, pixels, room, roomOffset, y, yOffset);
      }
    }
  }
}
