package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedDepthwise;
import io.github.mobilenet4j.kernels.TrainingKernels;
import io.github.mobilenet4j.kernels.TrainingKernels.DepthwiseGradient;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;

/**
 * A depthwise 3×3 convolution, strip of rows by strip of rows. The activations of a strip are made
 * in cache, with the zeros of the padding around them.
 *
 * <p>The gradient by the input is a convolution too, with the filters rotated by 180°, of the
 * gradient dz by the output. At stride 2 there is a row and a column of zeros between those of dz,
 * and the stride of that convolution is 1.
 */
final class Depthwise extends Convolution {
  /** Bytes of a strip's activations or gradient: a part of the second-level cache. */
  private static final int STRIP_BYTES = 256 * 1024;

  /** Channel groups that a row is done in, so that its input rows stay in L1. */
  private static final int GROUPS_AT_ONCE = 8;

  private static final int TAPS = 9;

  private final Kernels kernels;
  private final TrainingKernels training;
  private final BatchNorm in;

  /** The convolution, and that of the gradient with the filters rotated. */
  private final Kernels.Depthwise convolution;

  private final Kernels.Depthwise flipped;
  private final DepthwiseGradient kernelGradient;
  private final BatchNorm.View activations;
  private final BatchNorm.View gradient;
  private final int stride;
  private final int top;
  private final int left;

  /** Floats from a pixel to the next within a strip. */
  private final int pixel;

  /** Floats from a row to the next: of activations, with a zero on either side; of dz. */
  private final int aRow;

  private final int dzRow;

  /** Output rows of a strip. */
  private final int strip;

  Depthwise(
      Kernels kernels,
      MobileNetV1 network,
      Layer.Depthwise layer,
      Values values,
      BatchNorm in,
      BatchNorm out) {
    super(layer, values, out);
    this.kernels = kernels;
    this.training = kernels.training();
    this.in = in;
    this.stride = layer.stride();
    this.top = network.padding(layer).before(in.height(), stride);
    this.left = network.padding(layer).before(in.width(), stride);
    this.pixel = Channels.pixelStride(in.channels());
    this.aRow = (in.width() + 2) * pixel;
    this.dzRow = (in.width() + 3) * pixel;
    int rows = STRIP_BYTES / Float.BYTES / aRow;
    this.strip = Math.clamp((rows - 2) / stride, 1, out.height());
    Layout a = new Layout(pixel, aRow, in.width() + 2);
    this.convolution = convolution(stride, a, out.layout());
    this.flipped = convolution(1, new Layout(pixel, dzRow, in.width() + 3), in.layout());
    Layout dz = new Layout(stride * pixel, stride * dzRow, out.width());
    this.kernelGradient = new DepthwiseGradient(stride, in.groups(), a, dz, gradientRow());
    this.activations = in.view(pixel);
    this.gradient = out.view(stride * pixel);
  }

  private Kernels.Depthwise convolution(int step, Layout from, Layout to) {
    PackedDepthwise filters = new PackedDepthwise(kernels, in.channels());
    return new Kernels.Depthwise(filters, step, from, to, Clamp.NONE);
  }

  @Override
  void pack() {
    float[] values = present.get();
    convolution.filters().set(values);
    flipped.filters().setFlipped(values);
  }

  /** Returns the input rows that a strip of output rows reads, and the rows of dz backward. */
  private int rows() {
    return strip * stride + 2;
  }

  @Override
  int scratch() {
    return rows() * (aRow + dzRow)
        + Math.max(out.stripSize(strip * out.width()), in.stripSize(rows() * in.width()));
  }

  /** Returns where in scratch memory a strip of the output, or of its gradient, is made. */
  private int made() {
    return rows() * (aRow + dzRow);
  }

  @Override
  void forward(Chunk chunk, Scratch scratch) {
    Buffer a = scratch.strip();
    Buffer z = out.strip(out.z(), scratch);
    frame(a, 0, aRow, pixel, pixel);
    for (int image = chunk.from(); image < chunk.to(); image++) {
      for (int from = 0; from < out.height(); from += strip) {
        int to = Math.min(out.height(), from + strip);
        activations(image, from, to, a);
        int firstPixel = (image * out.height() + from) * out.width();
        int at = out.stripOffset(firstPixel, made());
        convolve(convolution, to - from, a, (1 - left) * pixel, z, at);
        out.gather(chunk, z, at, firstPixel, (to - from) * out.width(), scratch);
      }
    }
  }

  /** Writes zeros left and right of the rows of a strip, where nothing else is ever written. */
  private void frame(Buffer rows, int offset, int row, int left, int right) {
    rows.clear(offset, left);
    for (int r = 1; r < rows(); r++) {
      rows.clear(offset + r * row - right, right + left);
    }
    rows.clear(offset + rows() * row - right, right);
  }

  /**
   * Makes the rows of activations that output rows are made of, with zeros where the picture has
   * none. Those that the strip before had too are copied from it.
   */
  private void activations(int image, int from, int to, Buffer a) {
    int first = from * stride - top;
    int count = (to - from - 1) * stride + 3;
    int kept = from == 0 ? 0 : 3 - stride;
    a.copy(strip * stride * aRow, 0, kept * aRow);
    for (int r = kept; r < count; r++) {
      int row = first + r;
      int at = r * aRow;
      if (row < 0 || row >= in.height()) {
        a.clear(at, aRow);
      } else {
        int firstPixel = (image * in.height() + row) * in.width();
        in.normalize(activations, firstPixel, in.width(), a, at + pixel);
      }
    }
  }

  /** Convolves rows of a strip. */
  private void convolve(
      Kernels.Depthwise rows, int count, Buffer x, int xOffset, Buffer y, int yOffset) {
    int xStep = rows.stride() * rows.in().row();
    int yStep = rows.out().row();
    for (int group = 0; group < in.groups(); group += GROUPS_AT_ONCE) {
      int groups = Math.min(GROUPS_AT_ONCE, in.groups() - group);
      for (int r = 0; r < count; r++) {
        kernels.depthwise(rows, group, groups, x, xOffset + r * xStep, y, yOffset + r * yStep);
      }
    }
  }

  @Override
  int kernelRows() {
    return TAPS;
  }

  @Override
  void backward(Chunk chunk, Buffer dy, Buffer dx, Buffer dw, Scratch scratch) {
    Buffer a = scratch.strip();
    Buffer dz = scratch.strip();
    int dzOffset = rows() * aRow;
    frame(a, 0, aRow, pixel, pixel);
    if (stride == 1) {
      frame(dz, dzOffset, dzRow, 2 * pixel, pixel);
    } else {
      dz.clear(dzOffset, rows() * dzRow);
    }
    for (int image = chunk.from(); image < chunk.to(); image++) {
      for (int from = 0; from < out.height(); from += strip) {
        int to = Math.min(out.height(), from + strip);
        int begin = from * stride;
        int end = to == out.height() ? in.height() : to * stride;
        activations(image, from, to, a);
        gradients(image, dy, begin + top - 2, end - begin + 2, dz, dzOffset);
        int firstOfDz = dzOffset + (2 - top) * dzRow + 2 * pixel;
        training.depthwiseGradient(
            kernelGradient, to - from, a, (1 - left) * pixel, dz, firstOfDz, dw, 0);
        if (dx != null) {
          int firstPixel = (image * in.height() + begin) * in.width();
          Buffer da = in.strip(dx, scratch);
          int at = in.stripOffset(firstPixel, made());
          convolve(flipped, end - begin, dz, dzOffset + left * pixel, da, at);
          in.gatherGradient(chunk, da, at, dx, firstPixel, (end - begin) * in.width(), scratch);
        }
      }
    }
  }

  /**
   * Makes rows of dz as they lie over the input: row p of the output is row {@code p·stride}, and
   * there are two columns of zeros before the first. What lies between, columns as well as rows, is
   * never written to: a strip begins with an even row of the input.
   */
  private void gradients(int image, Buffer dy, int first, int count, Buffer dz, int offset) {
    // The strip before had the first two as well, unless this is the first.
    int kept = first < 0 ? 0 : 2;
    dz.copy(offset + strip * stride * dzRow, offset, kept * dzRow);
    for (int r = kept; r < count; r++) {
      int row = first + r;
      int at = offset + r * dzRow;
      if (row % stride != 0) {
        continue;
      }
      if (row < 0 || row / stride >= out.height()) {
        dz.clear(at, dzRow);
      } else {
        int firstPixel = (image * out.height() + row / stride) * out.width();
        out.gradient(gradient, dy, firstPixel, out.width(), dz, at + 2 * pixel);
      }
    }
  }
}
