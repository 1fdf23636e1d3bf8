package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Ahead;
import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.TrainingKernels.Transposed;
import io.github.mobilenet4j.network.Layer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A 1×1 convolution: the product of pixels and a matrix. Backward there are two more, dz · Wᵀ and
 * aᵀ · dz; a strip of the activations a and of the gradient dz is made in cache for both of them.
 */
final class Pointwise extends Convolution {
  /**
   * Bytes of the activations and the gradient of a strip, parts of the second-level cache. A strip
   * has as many as the kernel within these limits: the larger its gradient, the more pixels it must
   * be worth to read and write it once.
   */
  private static final int LEAST_STRIP_BYTES = 256 * 1024;

  private static final int MOST_STRIP_BYTES = 1536 * 1024;

  /**
   * Channels of the activations that are multiplied by dz at a time. Their pixels are then less
   * than 2 KiB apart, a stride that processors fetch ahead.
   */
  private static final int CHANNELS_AT_ONCE = 256;

  private final Kernels kernels;
  private final BatchNorm in;

  /** {@code z = a · W}, and {@code da = dz · Wᵀ}. */
  private final PixelProduct product;

  private final PixelProduct transposed;
  private final BatchNorm.View activations;
  private final BatchNorm.View gradient;
  private final List<Part> parts = new ArrayList<>();
  private final int aPixel;
  private final int dzPixel;

  /** The most pixels of a strip. */
  private final int most;

  /** The gradient of a large kernel by rows, and the gradient dz of the whole batch for it. */
  private final @Nullable ByRows byRows;

  /** Some channels of the activations, and the rows of the kernel's gradient that are theirs. */
  private record Part(
      BatchNorm.View activations, int pixel, TransposedProduct product, int dwOffset) {}

  /**
   * @param views by task: the activations that its rows of the kernel are multiplied by
   * @param pixel floats from a pixel of those to the next, within a strip
   * @param strip the most pixels of a strip
   */
  private record ByRows(
      KernelRows rows, List<BatchNorm.View> views, int pixel, int strip, Buffer dz) {}

  /**
   * @param dz memory for the gradient by the output of the largest batch, {@link #gradientSize}
   *     floats for each picture
   */
  Pointwise(
      Kernels kernels,
      TrainingPrecision precision,
      Layer.Pointwise layer,
      Values values,
      BatchNorm in,
      BatchNorm out,
      Buffer dz) {
    super(layer, values, out);
    this.kernels = kernels;
    this.in = in;
    this.aPixel = Channels.pixelStride(in.channels());
    this.dzPixel = Channels.pixelStride(out.channels());
    int strip = Math.clamp(layer.kernelValues() * Float.BYTES, LEAST_STRIP_BYTES, MOST_STRIP_BYTES);
    // Some more, so that a few pixels that are left over are no strip of their own.
    this.most = Math.max(16, strip / Float.BYTES / (aPixel + dzPixel) * 5 / 4);
    this.product = PixelProduct.of(precision, kernels, in, aPixel, out);
    this.transposed = PixelProduct.of(precision, kernels, out, dzPixel, in);
    this.activations = in.view(aPixel);
    this.gradient = out.view(dzPixel);
    this.byRows = gradientSize(layer) == 0 ? null : byRows(kernels, dz);
    if (byRows != null) {
      return;
    }
    for (int channel = 0; channel < in.channels(); channel += CHANNELS_AT_ONCE) {
      int rows = Math.min(CHANNELS_AT_ONCE, in.channels() - channel);
      int pixel = Channels.pixelStride(rows);
      parts.add(
          new Part(
              in.view(channel / Channels.GROUP, Channels.groups(rows), pixel),
              pixel,
              new TransposedProduct(
                  kernels, new Transposed(rows, out.groups(), pixel, dzPixel, gradientRow())),
              channel * gradientRow()));
    }
  }

  private ByRows byRows(Kernels kernels, Buffer dz) {
    int rows = in.channels();
    int pixel = Channels.pixelStride(KernelRows.atOnce(rows));
    KernelRows all = new KernelRows(kernels, kernel, rows, out.channels(), pixel, dzPixel);
    List<BatchNorm.View> views = new ArrayList<>();
    for (int task = 0; task < all.tasks(); task++) {
      int firstGroup = all.first(task) / Channels.GROUP;
      views.add(in.view(firstGroup, Channels.groups(all.count(task)), pixel));
    }
    return new ByRows(all, views, pixel, LEAST_STRIP_BYTES / Float.BYTES / pixel, dz);
  }

  /**
   * Returns the floats of a picture's gradient by the output, if it is kept for the whole batch
   * because the kernel's gradient is computed by rows; else 0. It is where those of all chunks of
   * 32 pictures would be larger than what they are computed of.
   */
  static int gradientSize(Layer.Pointwise layer) {
    int in = layer.in().channels();
    int out = layer.out().channels();
    long area = layer.out().area();
    boolean large = (long) in * out * Chunk.MOST > 32 * area * (in + out);
    return large ? (int) area * Channels.pixelStride(out) : 0;
  }

  @Override
  void pack() {
    float[] values = present.get();
    product.set(values);
    transposed.setTransposed(values);
  }

  @Override
  int scratch() {
    int strips = most * (aPixel + dzPixel);
    return byRows == null ? strips : Math.max(strips, rowsOffset() + byRows.rows.scratch());
  }

  /** Returns where in scratch memory rows of the kernel's gradient are made. */
  private int rowsOffset() {
    return byRows.strip * byRows.pixel;
  }

  /** Returns the pixels of a strip, so that all of a chunk have about as many. */
  private int strip(int pixels) {
    int strips = (pixels + most - 1) / most;
    return (pixels + strips - 1) / strips;
  }

  @Override
  void forward(Chunk chunk, Scratch scratch) {
    int end = chunk.to() * out.area();
    int strip = strip(end - chunk.from() * out.area());
    for (int from = chunk.from() * out.area(); from < end; from += strip) {
      int pixels = Math.min(strip, end - from);
      in.normalize(activations, from, pixels, scratch.strip(), 0);
      product.round(pixels * aPixel, scratch.strip(), 0);
      int at = from * out.pixel();
      ahead(scratch, from + pixels, end, strip, null);
      product.multiply(
          scratch.kernels(), pixels, scratch.strip(), 0, scratch.strip(), 0, out.z(), at);
      out.gather(chunk, out.z(), at, from, pixels, scratch);
    }
  }

  /**
   * Has what the next strip reads asked for while this one is multiplied.
   *
   * @param from its first pixel
   * @param end after the last pixel of the chunk
   * @param dy the gradient that is read backward; null forward
   */
  private void ahead(Scratch scratch, int from, int end, int strip, @Nullable Buffer dy) {
    Ahead ahead = scratch.ahead();
    ahead.clear();
    int pixels = Math.min(strip, end - from);
    if (pixels <= 0) {
      return;
    }
    if (dy != null) {
      ahead.add(dy, from * out.pixel(), pixels * out.pixel());
      ahead.add(out.z(), from * out.pixel(), pixels * out.pixel());
    }
    ahead.add(in.z(), from * in.pixel(), pixels * in.pixel());
  }

  @Override
  int kernelRows() {
    return in.channels();
  }

  @Override
  int kernelTasks() {
    return byRows == null ? 0 : byRows.rows.tasks();
  }

  @Override
  void backward(Chunk chunk, Buffer dy, Buffer dx, Buffer dw, Scratch scratch) {
    Buffer strips = scratch.strip();
    int end = chunk.to() * out.area();
    int strip = strip(end - chunk.from() * out.area());
    for (int from = chunk.from() * out.area(); from < end; from += strip) {
      int pixels = Math.min(strip, end - from);
      Buffer dz = byRows == null ? strips : byRows.dz;
      int dzOffset = byRows == null ? most * aPixel : from * dzPixel;
      out.gradient(gradient, dy, from, pixels, dz, dzOffset);
      product.round(pixels * dzPixel, dz, dzOffset);
      ahead(scratch, from + pixels, end, strip, dy);
      for (Part part : parts) {
        in.normalize(part.activations, from, pixels, strips, 0);
        product.round(pixels * part.pixel, strips, 0);
        part.product.add(scratch.kernels(), pixels, strips, 0, dz, dzOffset, dw, part.dwOffset);
      }
      if (dx != null) {
        int at = from * in.pixel();
        transposed.multiply(scratch.kernels(), pixels, dz, dzOffset, strips, most * aPixel, dx, at);
        in.gatherGradient(chunk, dx, at, dx, from, pixels, scratch);
      }
    }
  }

  @Override
  void kernelGradient(int task, int images, Scratch scratch) {
    KernelRows rows = byRows.rows;
    Buffer strip = scratch.strip();
    rows.begin(task, strip, rowsOffset());
    int end = images * out.area();
    for (int from = 0; from < end; from += byRows.strip) {
      int pixels = Math.min(byRows.strip, end - from);
      in.normalize(byRows.views.get(task), from, pixels, strip, 0);
      product.round(pixels * byRows.pixel, strip, 0);
      int dz = from * dzPixel;
      rows.add(kernels, task, pixels, strip, 0, byRows.dz, dz, strip, rowsOffset());
    }
    rows.end(task, strip, rowsOffset());
  }
}
