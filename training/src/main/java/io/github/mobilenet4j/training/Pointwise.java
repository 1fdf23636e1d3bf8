package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Role;

/**
 * A 1×1 convolution: the product of pixels and a matrix. Backward there are two more, dz · Wᵀ and
 * aᵀ · dz; a strip of the activations a and of the gradient dz is made in cache for both of them.
 */
final class Pointwise implements Convolution {
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

  private final Products products;
  private final Layer.Pointwise layer;
  private final TrainingParameter kernel;
  private final BatchNorm in;
  private final BatchNorm out;
  private final PackedMatrix matrix;
  private final PackedMatrix transposed;
  private final int aPixel;
  private final int dzPixel;
  private final int strip;

  Pointwise(Kernels kernels, Layer.Pointwise layer, Values values, BatchNorm in, BatchNorm out) {
    this.products = new Products(kernels);
    this.layer = layer;
    this.kernel = values.get(layer, Role.KERNEL);
    this.in = in;
    this.out = out;
    this.matrix = new PackedMatrix(kernels, in.channels(), out.channels());
    this.transposed = new PackedMatrix(kernels, out.channels(), in.channels());
    this.aPixel = Channels.pixelStride(in.channels());
    this.dzPixel = Channels.pixelStride(out.channels());
    int strip = Math.clamp(layer.kernelValues() * Float.BYTES, LEAST_STRIP_BYTES, MOST_STRIP_BYTES);
    this.strip = Math.max(16, strip / Float.BYTES / (aPixel + dzPixel));
  }

  @Override
  public String name() {
    return layer.name();
  }

  @Override
  public TrainingParameter kernel() {
    return kernel;
  }

  @Override
  public BatchNorm out() {
    return out;
  }

  @Override
  public void pack() {
    matrix.set(kernel.values());
    transposed.setTransposed(kernel.values());
  }

  @Override
  public int scratch() {
    return strip * (aPixel + dzPixel);
  }

  @Override
  public void forward(Chunk chunk, Scratch scratch) {
    int end = chunk.to() * out.area();
    for (int from = chunk.from() * out.area(); from < end; from += strip) {
      int pixels = Math.min(strip, end - from);
      in.normalize(from, pixels, scratch.strip(), 0, aPixel);
      products.multiply(
          scratch.strip(),
          0,
          aPixel,
          1,
          0,
          matrix,
          out.z(),
          from * out.pixel(),
          out.pixel(),
          pixels);
      out.gather(chunk, from, pixels, scratch);
    }
  }

  @Override
  public int kernelRows() {
    return in.channels();
  }

  @Override
  public void backward(Chunk chunk, Floats dy, Floats dx, Floats dw, Scratch scratch) {
    Floats a = scratch.strip();
    Floats dz = scratch.strip();
    int dzOffset = strip * aPixel;
    int end = chunk.to() * out.area();
    for (int from = chunk.from() * out.area(); from < end; from += strip) {
      int pixels = Math.min(strip, end - from);
      out.gradient(dy, from, pixels, dz, dzOffset, dzPixel);
      for (int channel = 0; channel < in.channels(); channel += CHANNELS_AT_ONCE) {
        int rows = Math.min(CHANNELS_AT_ONCE, in.channels() - channel);
        int part = channel / Channels.GROUP;
        int partPixel = Channels.pixelStride(rows);
        in.normalize(from, pixels, part, Channels.groups(rows), a, 0, partPixel);
        products.addTransposed(
            a,
            0,
            partPixel,
            rows,
            dz,
            dzOffset,
            dzPixel,
            out.pixel(),
            dw,
            channel * gradientRow(),
            gradientRow(),
            pixels);
      }
      if (dx != null) {
        products.multiply(
            dz, dzOffset, dzPixel, 1, 0, transposed, dx, from * in.pixel(), in.pixel(), pixels);
        in.gatherGradient(chunk, dx, from, pixels, scratch);
      }
    }
  }
}
