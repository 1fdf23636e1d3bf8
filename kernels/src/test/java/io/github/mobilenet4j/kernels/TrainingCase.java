package io.github.mobilenet4j.kernels;

import io.github.mobilenet4j.kernels.TrainingSpecification.Norm;
import java.util.Random;

/** One call of a training kernel. Two inputs lie in one buffer, one after the other. */
sealed interface TrainingCase extends KernelCase {
  /** A product of a transposed matrix. */
  record Transposed(
      int rows, int groups, int pixels, int aPixel, int bPixel, int yRow, int margin, Values values)
      implements TrainingCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int columns = groups * Channels.GROUP;
      int bOffset = MARGIN + (pixels - 1) * aPixel + rows + MARGIN;
      float[] in = KernelCase.filled(bOffset + (pixels - 1) * bPixel + columns, Float.NaN);
      values.fill(in, MARGIN, pixels, aPixel, rows, random);
      values.fill(in, bOffset, pixels, bPixel, columns, random);
      float[] out = KernelCase.filled(MARGIN + (rows - 1) * yRow + columns + margin, GUARD);
      values.fill(out, MARGIN, rows, yRow, columns, random);
      TrainingKernels training = kernels.training();
      TrainingKernels.Transposed product =
          new TrainingKernels.Transposed(rows, groups, aPixel, bPixel, yRow);
      return Call.of(
          kernels,
          in,
          out,
          (x, y) -> training.multiplyTransposed(product, pixels, x, MARGIN, x, bOffset, y, MARGIN),
          () ->
              TrainingSpecification.multiplyTransposed(
                  product, pixels, in, MARGIN, in, bOffset, out, MARGIN));
    }
  }

  /** The gradient of depthwise filters. */
  record DepthwiseGradient(
      int groups, int stride, int rows, Layout x, Layout dz, int dwTap, int margin, Values values)
      implements TrainingCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int channels = groups * Channels.GROUP;
      int xRows = (rows - 1) * stride + 3;
      int xColumns = (dz.columns() - 1) * stride + 3;
      int dzOffset =
          MARGIN + (xRows - 1) * x.row() + (xColumns - 1) * x.pixel() + channels + MARGIN;
      int last = (rows - 1) * dz.row() + (dz.columns() - 1) * dz.pixel();
      float[] in = KernelCase.filled(dzOffset + last + channels, Float.NaN);
      for (int i = 0; i < xRows; i++) {
        values.fill(in, MARGIN + i * x.row(), xColumns, x.pixel(), channels, random);
      }
      for (int p = 0; p < rows; p++) {
        values.fill(in, dzOffset + p * dz.row(), dz.columns(), dz.pixel(), channels, random);
      }
      float[] out = KernelCase.filled(MARGIN + 8 * dwTap + channels + margin, GUARD);
      values.fill(out, MARGIN, 9, dwTap, channels, random);
      TrainingKernels training = kernels.training();
      TrainingKernels.DepthwiseGradient gradient =
          new TrainingKernels.DepthwiseGradient(stride, groups, x, dz, dwTap);
      return Call.of(
          kernels,
          in,
          out,
          (input, dw) ->
              training.depthwiseGradient(
                  gradient, rows, input, MARGIN, input, dzOffset, dw, MARGIN),
          () ->
              TrainingSpecification.depthwiseGradient(
                  gradient, rows, in, MARGIN, in, dzOffset, out, MARGIN));
    }
  }

  /**
   * Values that go to another place.
   *
   * @param rounds whether they are rounded to bfloat16; else they are streamed, to a place that
   *     vectors are aligned to
   */
  record Copying(boolean rounds, int groups, int margin, Values values) implements TrainingCase {
    @Override
    public Call prepare(Kernels kernels) {
      int count = groups * Channels.GROUP;
      int to = rounds ? MARGIN : 3 * Channels.GROUP;
      float[] in = KernelCase.filled(MARGIN + count, Float.NaN);
      values.fill(in, MARGIN, 1, count, count, values.random());
      float[] out = KernelCase.filled(to + count + margin, GUARD);
      TrainingKernels training = kernels.training();
      return Call.of(
          kernels,
          in,
          out,
          (x, y) -> {
            if (rounds) {
              training.round(count, x, MARGIN, y, to);
            } else {
              training.stream(count, x, MARGIN, y, to);
            }
          },
          () -> {
            for (int i = 0; i < count; i++) {
              float value = in[MARGIN + i];
              out[to + i] = rounds ? TrainingSpecification.rounded(value) : value;
            }
          });
    }
  }

  /** What is done with each channel on its own. */
  enum Function {
    SCALE_SHIFT,
    MOMENTS,
    NORM_GRADIENT_SUMS,
    NORM_GRADIENT
  }

  /**
   * A call of one of these functions.
   *
   * @param aPixel pixel stride of x, or of dy
   * @param bPixel pixel stride of z
   * @param outPixel pixel stride of the output, or distance of its two rows of sums
   */
  record Channelwise(
      Function function,
      int firstGroup,
      int groups,
      int pixels,
      int aPixel,
      int bPixel,
      int outPixel,
      int margin,
      Clamp clamp,
      Values values)
      implements TrainingCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int channels = groups * Channels.GROUP;
      // The last group is not filled up: zeros stand there.
      int allChannels = firstGroup * Channels.GROUP + channels - random.nextInt(Channels.GROUP);
      float[][] coefficients = new float[5][];
      for (int i = 0; i < coefficients.length; i++) {
        coefficients[i] = values.of(allChannels, random);
      }
      PackedBatchNorm packed = new PackedBatchNorm(kernels, allChannels);
      packed.setForward(coefficients[0], coefficients[1], coefficients[2]);
      packed.setBackward(coefficients[3], coefficients[4]);
      Norm[] norm = new Norm[channels];
      for (int c = 0; c < channels; c++) {
        int at = firstGroup * Channels.GROUP + c;
        norm[c] =
            at < allChannels
                ? new Norm(
                    coefficients[0][at],
                    coefficients[1][at],
                    coefficients[2][at],
                    coefficients[3][at],
                    coefficients[4][at])
                : new Norm(0, 0, 0, 0, 0);
      }

      int bOffset = MARGIN + (pixels - 1) * aPixel + channels + MARGIN;
      float[] in = KernelCase.filled(bOffset + (pixels - 1) * bPixel + channels, Float.NaN);
      values.fill(in, MARGIN, pixels, aPixel, channels, random);
      values.fill(in, bOffset, pixels, bPixel, channels, random);
      boolean sums = function == Function.MOMENTS || function == Function.NORM_GRADIENT_SUMS;
      int outRows = sums ? 2 : pixels;
      float[] out = KernelCase.filled(MARGIN + (outRows - 1) * outPixel + channels + margin, GUARD);
      if (sums) {
        values.fill(out, MARGIN, outRows, outPixel, channels, random);
      }
      TrainingKernels training = kernels.training();
      TrainingKernels.Channelwise all =
          new TrainingKernels.Channelwise(
              packed, firstGroup, groups, aPixel, bPixel, outPixel, clamp);
      return switch (function) {
        case SCALE_SHIFT ->
            Call.of(
                kernels,
                in,
                out,
                (x, y) -> training.scaleShift(all, pixels, x, MARGIN, y, MARGIN),
                () -> TrainingSpecification.scaleShift(all, norm, pixels, in, MARGIN, out, MARGIN));
        case MOMENTS ->
            Call.of(
                kernels,
                in,
                out,
                (x, y) -> training.moments(all, pixels, x, MARGIN, x, bOffset, y, MARGIN),
                () ->
                    TrainingSpecification.moments(
                        all, pixels, in, MARGIN, in, bOffset, out, MARGIN));
        case NORM_GRADIENT_SUMS ->
            Call.of(
                kernels,
                in,
                out,
                (x, y) -> training.normGradientSums(all, pixels, x, MARGIN, x, bOffset, y, MARGIN),
                () ->
                    TrainingSpecification.normGradientSums(
                        all, norm, pixels, in, MARGIN, in, bOffset, out, MARGIN));
        case NORM_GRADIENT ->
            Call.of(
                kernels,
                in,
                out,
                (x, y) -> training.normGradient(all, pixels, x, MARGIN, x, bOffset, y, MARGIN),
                () ->
                    TrainingSpecification.normGradient(
                        all, norm, pixels, in, MARGIN, in, bOffset, out, MARGIN));
      };
    }
  }
}
