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
      return Call.of(
          kernels,
          in,
          out,
          (x, y) ->
              training.multiplyTransposed(
                  x, MARGIN, aPixel, rows, x, bOffset, bPixel, groups, y, MARGIN, yRow, pixels),
          () ->
              TrainingSpecification.multiplyTransposed(
                  in, MARGIN, aPixel, rows, in, bOffset, bPixel, columns, out, MARGIN, yRow,
                  pixels));
    }
  }

  /** The gradient of depthwise filters. */
  record DepthwiseGradient(
      int groups,
      int stride,
      int rows,
      int columns,
      int xPixel,
      int xRow,
      int dzPixel,
      int dzRow,
      int dwTap,
      int margin,
      Values values)
      implements TrainingCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int channels = groups * Channels.GROUP;
      int xRows = (rows - 1) * stride + 3;
      int xColumns = (columns - 1) * stride + 3;
      int dzOffset = MARGIN + (xRows - 1) * xRow + (xColumns - 1) * xPixel + channels + MARGIN;
      float[] in =
          KernelCase.filled(
              dzOffset + (rows - 1) * dzRow + (columns - 1) * dzPixel + channels, Float.NaN);
      for (int i = 0; i < xRows; i++) {
        values.fill(in, MARGIN + i * xRow, xColumns, xPixel, channels, random);
      }
      for (int p = 0; p < rows; p++) {
        values.fill(in, dzOffset + p * dzRow, columns, dzPixel, channels, random);
      }
      float[] out = KernelCase.filled(MARGIN + 8 * dwTap + channels + margin, GUARD);
      values.fill(out, MARGIN, 9, dwTap, channels, random);
      TrainingKernels training = kernels.training();
      return Call.of(
          kernels,
          in,
          out,
          (x, dw) ->
              training.depthwiseGradient(
                  x, MARGIN, xPixel, xRow, stride, x, dzOffset, dzPixel, dzRow, rows, columns,
                  groups, dw, MARGIN, dwTap),
          () ->
              TrainingSpecification.depthwiseGradient(
                  in, MARGIN, xPixel, xRow, stride, in, dzOffset, dzPixel, dzRow, rows, columns,
                  channels, out, MARGIN, dwTap));
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
      float low,
      float high,
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
      return switch (function) {
        case SCALE_SHIFT ->
            Call.of(
                kernels,
                in,
                out,
                (x, y) ->
                    training.scaleShift(
                        x,
                        MARGIN,
                        aPixel,
                        packed,
                        firstGroup,
                        low,
                        high,
                        y,
                        MARGIN,
                        outPixel,
                        groups,
                        pixels),
                () ->
                    TrainingSpecification.scaleShift(
                        in, MARGIN, aPixel, norm, low, high, out, MARGIN, outPixel, pixels));
        case MOMENTS ->
            Call.of(
                kernels,
                in,
                out,
                (x, y) ->
                    training.moments(
                        x, MARGIN, aPixel, x, bOffset, y, MARGIN, outPixel, groups, pixels),
                () ->
                    TrainingSpecification.moments(
                        in, MARGIN, aPixel, in, bOffset, out, MARGIN, outPixel, channels, pixels));
        case NORM_GRADIENT_SUMS ->
            Call.of(
                kernels,
                in,
                out,
                (x, y) ->
                    training.normGradientSums(
                        x,
                        MARGIN,
                        aPixel,
                        x,
                        bOffset,
                        bPixel,
                        packed,
                        firstGroup,
                        high,
                        y,
                        MARGIN,
                        outPixel,
                        groups,
                        pixels),
                () ->
                    TrainingSpecification.normGradientSums(
                        in, MARGIN, aPixel, in, bOffset, bPixel, norm, high, out, MARGIN, outPixel,
                        pixels));
        case NORM_GRADIENT ->
            Call.of(
                kernels,
                in,
                out,
                (x, y) ->
                    training.normGradient(
                        x,
                        MARGIN,
                        aPixel,
                        x,
                        bOffset,
                        bPixel,
                        packed,
                        firstGroup,
                        high,
                        y,
                        MARGIN,
                        outPixel,
                        groups,
                        pixels),
                () ->
                    TrainingSpecification.normGradient(
                        in, MARGIN, aPixel, in, bOffset, bPixel, norm, high, out, MARGIN, outPixel,
                        pixels));
      };
    }
  }
}
