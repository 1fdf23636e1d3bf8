package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.kernels.TrainingKernels.Transposed;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;

/**
 * The first convolution, 3×3: on three channels a product with a matrix of 27 rows, where a pixel
 * is three runs of nine floats. Nobody needs the gradient by the picture.
 */
final class Stem extends Convolution {
  private static final int TAPS = 3;

  /** Output rows of a strip at most: what they read and write stays in the second-level cache. */
  private static final int MOST_ROWS = 8;

  private final Kernels kernels;
  private final MiniBatch batch;
  private final Kernels.Product product;
  private final TransposedProduct kernelGradient;
  private final BatchNorm.View gradient;
  private final int top;
  private final int left;

  /** Floats of an input row with a pixel of zeros on either side. */
  private final int row;

  Stem(Kernels kernels, MobileNetV1 network, Values values, MiniBatch batch, BatchNorm out) {
    super(network.stem(), values, out);
    this.kernels = kernels;
    this.batch = batch;
    this.top = network.padding(layer).before(layer.in().height(), layer.stride());
    this.left = network.padding(layer).before(layer.in().width(), layer.stride());
    this.row = (layer.in().width() + 2) * channels();
    int step = layer.stride() * channels();
    this.product =
        new Kernels.Product(
            new PackedMatrix(kernels, kernelRows(), out.channels()),
            TAPS,
            new Layout(step, row, out.width()),
            Layout.line(out.pixel()),
            Clamp.NONE);
    this.kernelGradient =
        new TransposedProduct(
            kernels,
            new Transposed(TAPS * channels(), out.groups(), step, out.pixel(), gradientRow()));
    this.gradient = out.view(out.pixel());
  }

  private int channels() {
    return layer.in().channels();
  }

  @Override
  void pack() {
    product.matrix().set(present.get());
  }

  private static int inputRows(int outputRows, int stride) {
    return (outputRows - 1) * stride + TAPS;
  }

  private int windowSize() {
    return inputRows(MOST_ROWS, layer.stride()) * row;
  }

  @Override
  int scratch() {
    return windowSize() + MOST_ROWS * out.width() * out.pixel();
  }

  @Override
  void forward(Chunk chunk, Scratch scratch) {
    Buffer z = out.strip(out.z(), scratch);
    for (int image = chunk.from(); image < chunk.to(); image++) {
      for (int from = 0; from < out.height(); from += MOST_ROWS) {
        int to = Math.min(out.height(), from + MOST_ROWS);
        window(image, from, to, scratch.strip());
        int firstPixel = (image * out.height() + from) * out.width();
        int at = out.stripOffset(firstPixel, windowSize());
        for (int p = from; p < to; p++) {
          kernels.multiply(
              product,
              out.width(),
              scratch.strip(),
              firstTap(p - from),
              z,
              at + (p - from) * out.width() * out.pixel());
        }
        out.gather(chunk, z, at, firstPixel, (to - from) * out.width(), scratch);
      }
    }
  }

  /** Returns where the first window of an output row begins. */
  private int firstTap(int outputRow) {
    return outputRow * layer.stride() * row + (1 - left) * channels();
  }

  /** Copies the input rows of output rows, with zeros where the picture has none. */
  private void window(int image, int from, int to, Buffer window) {
    Shape shape = layer.in();
    window.setFramedRows(
        batch.x(),
        image,
        shape.height(),
        shape.width(),
        shape.channels(),
        from * layer.stride() - top,
        inputRows(to - from, layer.stride()));
  }

  @Override
  int kernelRows() {
    return TAPS * TAPS * channels();
  }

  @Override
  void backward(Chunk chunk, Buffer dy, Buffer dx, Buffer dw, Scratch scratch) {
    Buffer window = scratch.strip();
    Buffer dz = scratch.strip();
    int dzOffset = windowSize();
    for (int image = chunk.from(); image < chunk.to(); image++) {
      for (int from = 0; from < out.height(); from += MOST_ROWS) {
        int to = Math.min(out.height(), from + MOST_ROWS);
        window(image, from, to, window);
        int firstPixel = (image * out.height() + from) * out.width();
        out.gradient(gradient, dy, firstPixel, (to - from) * out.width(), dz, dzOffset);
        for (int p = from; p < to; p++) {
          for (int i = 0; i < TAPS; i++) {
            kernelGradient.add(
                kernels,
                out.width(),
                window,
                firstTap(p - from) + i * row,
                dz,
                dzOffset + (p - from) * out.width() * out.pixel(),
                dw,
                i * TAPS * channels() * gradientRow());
          }
        }
      }
    }
  }
}
