package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.VectorProduct.A;
import static io.github.mobilenet4j.kernels.VectorProduct.B;
import static io.github.mobilenet4j.kernels.VectorProduct.LENGTH;
import static io.github.mobilenet4j.kernels.VectorProduct.ROWS;
import static io.github.mobilenet4j.kernels.VectorProduct.SUMS;
import static io.github.mobilenet4j.kernels.VectorProduct.WIDE;
import static io.github.mobilenet4j.kernels.VectorProduct.WIDTH;
import static io.github.mobilenet4j.kernels.VectorProduct.Y;
import static io.github.mobilenet4j.kernels.Vectors.LANES;
import static io.github.mobilenet4j.kernels.Vectors.SPECIES;
import static io.github.mobilenet4j.kernels.Vectors.load;

import jdk.incubator.vector.FloatVector;

/**
 * The Vector API, at one width for the whole process: the fast kernels of every processor that has
 * no machine code here.
 *
 * <p>Accumulators are named locals and nothing is called with a vector as argument: C2 would put
 * the vectors into objects wherever such a call is not inlined.
 */
final class VectorKernels implements Kernels {
  /**
   * An array of each thread that stays, so that nothing is allocated; and an array at all, since so
   * many parameters would push accumulators out of the registers.
   */
  private final ThreadLocal<int[]> places = ThreadLocal.withInitial(VectorProduct::places);

  private final TrainingKernels training = new VectorTrainingKernels();
  private final QuantizedKernels quantized = new VectorQuantizedKernels();

  /**
   * @throws UnsupportedOperationException if this machine has no such vectors: the Vector API would
   *     make them of objects, which is slower than plain loops
   */
  VectorKernels() {
    int widest = Vectors.widestVectorBits();
    if (widest < 128 || vectorBits() > widest) {
      throw new UnsupportedOperationException(
          "no vectors of %s bits, the widest here have %s".formatted(vectorBits(), widest));
    }
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
  public int panelColumns(int columns) {
    return Math.max(WIDE, Channels.GROUP);
  }

  @Override
  public Buffer allocate(int length) {
    return Buffer.onHeap(length);
  }

  @Override
  public Kernels in(Region region) {
    return this;
  }

  @Override
  public QuantizedKernels quantized() {
    return quantized;
  }

  @Override
  public TrainingKernels training() {
    return training;
  }

  @Override
  public void multiply(
      Product product, int panel, int pixels, Buffer a, int aOffset, Buffer y, int yOffset) {
    PackedMatrix b = product.matrix();
    int column = b.firstColumn(panel);
    int[] at = places.get();
    at[WIDTH] = b.width(panel);
    at[LENGTH] = product.length();
    for (int m = 0; m < pixels; m += ROWS) {
      // Rows past the end repeat the last one: computed twice, stored twice, the same.
      for (int r = 0; r < ROWS; r++) {
        int pixel = Math.min(m + r, pixels - 1);
        at[A + r] = aOffset + pixel * product.in().pixel();
        at[Y + r] = yOffset + product.out().at(pixel) + column;
        at[SUMS + r] = column;
      }
      at[B] = b.valuesOffset(panel);
      float[] sums = b.bias().array();
      for (int s = 1; s <= product.segments(); s++) {
        Clamp clamp = s == product.segments() ? product.clamp() : Clamp.NONE;
        VectorProduct.rows(at, a.array(), b.values().array(), sums, y.array(), clamp);
        at[B] += at[LENGTH] * at[WIDTH];
        sums = y.array();
        for (int r = 0; r < ROWS; r++) {
          at[A + r] += product.in().row();
          at[SUMS + r] = at[Y + r];
        }
      }
    }
  }

  @Override
  public void depthwise(
      Depthwise depthwise,
      int firstGroup,
      int groups,
      Buffer x,
      int xOffset,
      Buffer y,
      int yOffset) {
    int first = firstGroup * Channels.GROUP;
    int channels = groups * Channels.GROUP;
    for (int q = 0; q < depthwise.out().columns(); q++) {
      int xAt = xOffset + q * depthwise.stride() * depthwise.in().pixel();
      int yAt = yOffset + q * depthwise.out().pixel();
      depthwisePixel(depthwise, first, channels, x.array(), xAt, y.array(), yAt);
    }
  }

  private static void depthwisePixel(
      Depthwise depthwise, int first, int channels, float[] x, int xAt, float[] y, int yAt) {
    float[] w = depthwise.filters().values().array();
    int xPixel = depthwise.in().pixel();
    int xRow = depthwise.in().row();
    float low = depthwise.clamp().low();
    float high = depthwise.clamp().high();
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
      Vectors.clamp(sum, low, high).intoArray(y, yAt + c);
    }
  }

  @Override
  public void averagePool(
      Layout in, int rows, int groups, Buffer x, int xOffset, Buffer y, int yOffset) {
    float area = rows * in.columns();
    for (int c = 0; c < groups * Channels.GROUP; c += LANES) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int h = 0; h < rows; h++) {
        for (int column = 0; column < in.columns(); column++) {
          sum = sum.add(load(x.array(), xOffset + h * in.row() + column * in.pixel() + c));
        }
      }
      sum.div(area).intoArray(y.array(), yOffset + c);
    }
  }

  /** Runs fused multiply-adds on one core and returns how many floating point operations. */
  static long runPeak(int turns) {
    FloatVector x = FloatVector.broadcast(SPECIES, 1e-3f);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector s0 = zero;
    FloatVector s1 = zero;
    FloatVector s2 = zero;
    FloatVector s3 = zero;
    FloatVector s4 = zero;
    FloatVector s5 = zero;
    FloatVector s6 = zero;
    FloatVector s7 = zero;
    FloatVector s8 = zero;
    FloatVector s9 = zero;
    FloatVector s10 = zero;
    FloatVector s11 = zero;
    FloatVector s12 = zero;
    FloatVector s13 = zero;
    for (int turn = 0; turn < turns; turn++) {
      s0 = x.fma(x, s0);
      s1 = x.fma(x, s1);
      s2 = x.fma(x, s2);
      s3 = x.fma(x, s3);
      s4 = x.fma(x, s4);
      s5 = x.fma(x, s5);
      s6 = x.fma(x, s6);
      s7 = x.fma(x, s7);
      s8 = x.fma(x, s8);
      s9 = x.fma(x, s9);
      s10 = x.fma(x, s10);
      s11 = x.fma(x, s11);
      s12 = x.fma(x, s12);
      s13 = x.fma(x, s13);
    }
    // Without a use of the sums C2 would leave out the loop.
    FloatVector sum =
        s0.add(s1)
            .add(s2)
            .add(s3)
            .add(s4)
            .add(s5)
            .add(s6)
            .add(s7)
            .add(s8)
            .add(s9)
            .add(s10)
            .add(s11)
            .add(s12)
            .add(s13);
    return Float.isNaN(sum.lane(0)) ? 0 : (long) turns * LANES * 14 * 2;
  }
}
