package io.github.mobilenet4j.kernels;

/** Plain loops over any memory. */
final class PlainTrainingKernels implements TrainingKernels {
  @Override
  public void multiplyTransposed(
      Floats a,
      int aOffset,
      int aPixel,
      int rows,
      Floats b,
      int bOffset,
      int bPixel,
      int groups,
      Floats y,
      int yOffset,
      int yRow,
      int pixels) {
    for (int r = 0; r < rows; r++) {
      for (int k = 0; k < groups * Channels.GROUP; k++) {
        float sum = y.at(yOffset + r * yRow + k);
        for (int p = 0; p < pixels; p++) {
          sum = Math.fma(a.at(aOffset + p * aPixel + r), b.at(bOffset + p * bPixel + k), sum);
        }
        y.put(yOffset + r * yRow + k, sum);
      }
    }
  }

  @Override
  public void depthwiseGradient(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      Floats dz,
      int dzOffset,
      int dzPixel,
      int dzRow,
      int rows,
      int columns,
      int groups,
      Floats dw,
      int dwOffset,
      int dwTap) {
    for (int tap = 0; tap < 9; tap++) {
      int first = xOffset + tap / 3 * xRow + tap % 3 * xPixel;
      for (int c = 0; c < groups * Channels.GROUP; c++) {
        float sum = dw.at(dwOffset + tap * dwTap + c);
        for (int p = 0; p < rows; p++) {
          for (int q = 0; q < columns; q++) {
            float value = x.at(first + p * stride * xRow + q * stride * xPixel + c);
            sum = Math.fma(value, dz.at(dzOffset + p * dzRow + q * dzPixel + c), sum);
          }
        }
        dw.put(dwOffset + tap * dwTap + c, sum);
      }
    }
  }

  @Override
  public void scaleShift(
      Floats x,
      int xOffset,
      int xPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float low,
      float high,
      Floats y,
      int yOffset,
      int yPixel,
      int groups,
      int pixels) {
    Floats n = norm.values();
    for (int c = 0; c < groups * Channels.GROUP; c++) {
      int at = (firstGroup + c / Channels.GROUP) * PackedBatchNorm.GROUP_SIZE + c % Channels.GROUP;
      float scale = n.at(at + PackedBatchNorm.SCALE);
      float shift = n.at(at + PackedBatchNorm.SHIFT);
      for (int p = 0; p < pixels; p++) {
        float value = Math.fma(x.at(xOffset + p * xPixel + c), scale, shift);
        y.put(yOffset + p * yPixel + c, value < low ? low : value > high ? high : value);
      }
    }
  }

  @Override
  public void moments(
      Floats x,
      int xOffset,
      int xPixel,
      Floats pivot,
      int pivotOffset,
      Floats sums,
      int sumsOffset,
      int sumsRow,
      int groups,
      int pixels) {
    for (int c = 0; c < groups * Channels.GROUP; c++) {
      float sum = sums.at(sumsOffset + c);
      float square = sums.at(sumsOffset + sumsRow + c);
      for (int p = 0; p < pixels; p++) {
        float d = x.at(xOffset + p * xPixel + c) - pivot.at(pivotOffset + c);
        sum += d;
        square = Math.fma(d, d, square);
      }
      sums.put(sumsOffset + c, sum);
      sums.put(sumsOffset + sumsRow + c, square);
    }
  }

  @Override
  public void normGradientSums(
      Floats dy,
      int dyOffset,
      int dyPixel,
      Floats z,
      int zOffset,
      int zPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float high,
      Floats sums,
      int sumsOffset,
      int sumsRow,
      int groups,
      int pixels) {
    Floats n = norm.values();
    for (int c = 0; c < groups * Channels.GROUP; c++) {
      int at = (firstGroup + c / Channels.GROUP) * PackedBatchNorm.GROUP_SIZE + c % Channels.GROUP;
      float scale = n.at(at + PackedBatchNorm.SCALE);
      float shift = n.at(at + PackedBatchNorm.SHIFT);
      float mean = n.at(at + PackedBatchNorm.MEAN);
      float sum = sums.at(sumsOffset + c);
      float product = sums.at(sumsOffset + sumsRow + c);
      for (int p = 0; p < pixels; p++) {
        float value = z.at(zOffset + p * zPixel + c);
        float y = Math.fma(value, scale, shift);
        float g = 0 < y && y < high ? dy.at(dyOffset + p * dyPixel + c) : 0;
        sum += g;
        product = Math.fma(g, value - mean, product);
      }
      sums.put(sumsOffset + c, sum);
      sums.put(sumsOffset + sumsRow + c, product);
    }
  }

  @Override
  public void normGradient(
      Floats dy,
      int dyOffset,
      int dyPixel,
      Floats z,
      int zOffset,
      int zPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float high,
      Floats dz,
      int dzOffset,
      int dzPixel,
      int groups,
      int pixels) {
    Floats n = norm.values();
    for (int c = 0; c < groups * Channels.GROUP; c++) {
      int at = (firstGroup + c / Channels.GROUP) * PackedBatchNorm.GROUP_SIZE + c % Channels.GROUP;
      float scale = n.at(at + PackedBatchNorm.SCALE);
      float shift = n.at(at + PackedBatchNorm.SHIFT);
      float mean = n.at(at + PackedBatchNorm.MEAN);
      float slope = n.at(at + PackedBatchNorm.SLOPE);
      float constant = n.at(at + PackedBatchNorm.CONSTANT);
      for (int p = 0; p < pixels; p++) {
        float value = z.at(zOffset + p * zPixel + c);
        float y = Math.fma(value, scale, shift);
        float g = 0 < y && y < high ? dy.at(dyOffset + p * dyPixel + c) : 0;
        dz.put(
            dzOffset + p * dzPixel + c,
            Math.fma(slope, value - mean, Math.fma(scale, g, constant)));
      }
    }
  }
}
