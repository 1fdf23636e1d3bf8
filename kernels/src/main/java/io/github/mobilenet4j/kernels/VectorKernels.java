package io.github.mobilenet4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The Vector API, at one width for the whole process: the fast kernels of every processor that has
 * no machine code here.
 *
 * <p>Accumulators are named locals and nothing is called with a vector as argument: C2 would put
 * the vectors into objects wherever such a call is not inlined.
 */
final class VectorKernels implements Kernels {
  private static final VectorSpecies<Float> SPECIES = species();
  private static final int LANES = SPECIES.length();

  /** Pixels of a product tile. */
  private static final int ROWS = 6;

  private static VectorSpecies<Float> species() {
    return switch (KernelChoice.requestedVectorBits()) {
      case 128 -> FloatVector.SPECIES_128;
      case 256 -> FloatVector.SPECIES_256;
      case 512 -> FloatVector.SPECIES_512;
      default ->
          FloatVector.SPECIES_PREFERRED.length() > Channels.GROUP
              ? FloatVector.SPECIES_512
              : FloatVector.SPECIES_PREFERRED;
    };
  }

  @Override
  public String name() {
    return "Vector API, " + vectorBits() + " bits";
  }

  @Override
  public int vectorBits() {
    return SPECIES.vectorBitSize();
  }

  @Override
  public int panelColumns() {
    return Math.max(2 * LANES, Channels.GROUP);
  }

  @Override
  public Floats allocate(int length) {
    return Floats.onHeap(length);
  }

  @Override
  public void multiply(
      Floats a,
      int aOffset,
      int aPixel,
      int segments,
      int aSegment,
      PackedMatrix b,
      int panel,
      Floats y,
      int yOffset,
      int yPixel,
      int yRow,
      int columns,
      int pixels,
      float low,
      float high) {
    int width = b.width(panel);
    int[] aAt = new int[ROWS];
    int[] yAt = new int[ROWS];
    for (int m = 0; m < pixels; m += ROWS) {
      // Rows and columns past the end repeat the last one: computed twice, stored twice, the same.
      for (int r = 0; r < ROWS; r++) {
        int pixel = Math.min(m + r, pixels - 1);
        aAt[r] = aOffset + pixel * aPixel;
        yAt[r] = yOffset + pixel / columns * yRow + pixel % columns * yPixel + b.firstColumn(panel);
      }
      for (int column = 0; column < width; column += 2 * LANES) {
        int second = Math.min(column + LANES, width - LANES);
        tile(
            a.array(),
            aAt,
            segments,
            aSegment,
            b.rows() / segments,
            b.values().array(),
            b.valuesOffset(panel),
            width,
            b.bias().array(),
            b.firstColumn(panel),
            column,
            second,
            y.array(),
            yAt,
            low,
            high);
      }
    }
  }

  /** Six pixels by two vectors, at columns {@code c0} and {@code c1} of the panel. */
  private static void tile(
      float[] a,
      int[] aAt,
      int segments,
      int aSegment,
      int length,
      float[] b,
      int bAt,
      int width,
      float[] bias,
      int biasAt,
      int c0,
      int c1,
      float[] y,
      int[] yAt,
      float low,
      float high) {
    FloatVector s00 = FloatVector.fromArray(SPECIES, bias, biasAt + c0);
    FloatVector s01 = FloatVector.fromArray(SPECIES, bias, biasAt + c1);
    FloatVector s10 = s00, s20 = s00, s30 = s00, s40 = s00, s50 = s00;
    FloatVector s11 = s01, s21 = s01, s31 = s01, s41 = s01, s51 = s01;
    for (int s = 0; s < segments; s++) {
      int from = s * aSegment;
      int a0 = aAt[0] + from, a1 = aAt[1] + from, a2 = aAt[2] + from;
      int a3 = aAt[3] + from, a4 = aAt[4] + from, a5 = aAt[5] + from;
      int b0 = bAt + s * length * width + c0;
      int b1 = bAt + s * length * width + c1;
      for (int i = 0; i < length; i++) {
        FloatVector w0 = FloatVector.fromArray(SPECIES, b, b0 + i * width);
        FloatVector w1 = FloatVector.fromArray(SPECIES, b, b1 + i * width);
        FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
        s00 = v.fma(w0, s00);
        s01 = v.fma(w1, s01);
        v = FloatVector.broadcast(SPECIES, a[a1 + i]);
        s10 = v.fma(w0, s10);
        s11 = v.fma(w1, s11);
        v = FloatVector.broadcast(SPECIES, a[a2 + i]);
        s20 = v.fma(w0, s20);
        s21 = v.fma(w1, s21);
        v = FloatVector.broadcast(SPECIES, a[a3 + i]);
        s30 = v.fma(w0, s30);
        s31 = v.fma(w1, s31);
        v = FloatVector.broadcast(SPECIES, a[a4 + i]);
        s40 = v.fma(w0, s40);
        s41 = v.fma(w1, s41);
        v = FloatVector.broadcast(SPECIES, a[a5 + i]);
        s50 = v.fma(w0, s50);
        s51 = v.fma(w1, s51);
      }
    }
    clamp(s00, low, high).intoArray(y, yAt[0] + c0);
    clamp(s01, low, high).intoArray(y, yAt[0] + c1);
    clamp(s10, low, high).intoArray(y, yAt[1] + c0);
    clamp(s11, low, high).intoArray(y, yAt[1] + c1);
    clamp(s20, low, high).intoArray(y, yAt[2] + c0);
    clamp(s21, low, high).intoArray(y, yAt[2] + c1);
    clamp(s30, low, high).intoArray(y, yAt[3] + c0);
    clamp(s31, low, high).intoArray(y, yAt[3] + c1);
    clamp(s40, low, high).intoArray(y, yAt[4] + c0);
    clamp(s41, low, high).intoArray(y, yAt[4] + c1);
    clamp(s50, low, high).intoArray(y, yAt[5] + c0);
    clamp(s51, low, high).intoArray(y, yAt[5] + c1);
  }

  private static FloatVector clamp(FloatVector v, float low, float high) {
    FloatVector raised = v.blend(low, v.compare(VectorOperators.LT, low));
    return raised.blend(high, raised.compare(VectorOperators.GT, high));
  }

  @Override
  public void depthwise(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      PackedDepthwise w,
      int firstGroup,
      int groups,
      Floats y,
      int yOffset,
      int yPixel,
      int columns,
      float high) {
    for (int q = 0; q < columns; q++) {
      depthwisePixel(
          x.array(),
          xOffset + q * stride * xPixel,
          xPixel,
          xRow,
          w.values().array(),
          firstGroup * Channels.GROUP,
          groups * Channels.GROUP,
          y.array(),
          yOffset + q * yPixel,
          high);
    }
  }

  private static void depthwisePixel(
      float[] x,
      int xAt,
      int xPixel,
      int xRow,
      float[] w,
      int first,
      int channels,
      float[] y,
      int yAt,
      float high) {
    int r0 = xAt, r1 = r0 + xRow, r2 = r1 + xRow;
    int twice = 2 * xPixel;
    for (int c = first; c < first + channels; c += LANES) {
      int f = c / Channels.GROUP * PackedDepthwise.GROUP_SIZE + c % Channels.GROUP;
      FloatVector sum = FloatVector.fromArray(SPECIES, w, f);
      sum = load(x, r0 + c).fma(load(w, f + Channels.GROUP), sum);
      sum = load(x, r0 + xPixel + c).fma(load(w, f + 2 * Channels.GROUP), sum);
      sum = load(x, r0 + twice + c).fma(load(w, f + 3 * Channels.GROUP), sum);
      sum = load(x, r1 + c).fma(load(w, f + 4 * Channels.GROUP), sum);
      sum = load(x, r1 + xPixel + c).fma(load(w, f + 5 * Channels.GROUP), sum);
      sum = load(x, r1 + twice + c).fma(load(w, f + 6 * Channels.GROUP), sum);
      sum = load(x, r2 + c).fma(load(w, f + 7 * Channels.GROUP), sum);
      sum = load(x, r2 + xPixel + c).fma(load(w, f + 8 * Channels.GROUP), sum);
      sum = load(x, r2 + twice + c).fma(load(w, f + 9 * Channels.GROUP), sum);
      clamp(sum, 0, high).intoArray(y, yAt + c);
    }
  }

  private static FloatVector load(float[] values, int at) {
    return FloatVector.fromArray(SPECIES, values, at);
  }

  @Override
  public void averagePool(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int rows,
      int columns,
      int groups,
      Floats y,
      int yOffset) {
    float area = rows * columns;
    for (int c = 0; c < groups * Channels.GROUP; c += LANES) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int h = 0; h < rows; h++) {
        for (int column = 0; column < columns; column++) {
          sum = sum.add(load(x.array(), xOffset + h * xRow + column * xPixel + c));
        }
      }
      sum.div(area).intoArray(y.array(), yOffset + c);
    }
  }
}
