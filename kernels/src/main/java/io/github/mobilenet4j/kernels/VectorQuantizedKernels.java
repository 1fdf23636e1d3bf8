package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.VectorProduct.ROWS;
import static io.github.mobilenet4j.kernels.Vectors.LANES;
import static io.github.mobilenet4j.kernels.Vectors.SPECIES;
import static io.github.mobilenet4j.kernels.Vectors.load;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The Vector API. It has no products of bytes, and those of integers take longer than a fused
 * multiply-add of floats. A float holds integers below 2²⁴ exactly: more than the sum of any 256
 * products of a byte and a value of nine bits. So bytes become floats, the tiles are those of
 * {@link VectorKernels}, and the sums become bytes again by {@link DoubleRequantization}.
 */
final class VectorQuantizedKernels implements QuantizedKernels {
  private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);
  private static final VectorSpecies<Double> DOUBLES = SPECIES.withLanes(double.class);

  /** As many floats, and integers, as a vector has doubles. */
  private static final VectorShape HALF = VectorShape.forBitSize(SPECIES.vectorBitSize() / 2);

  private static final VectorSpecies<Float> HALF_FLOATS = VectorSpecies.of(float.class, HALF);
  private static final VectorSpecies<Integer> HALF_INTS = VectorSpecies.of(int.class, HALF);

  /** As many bytes as a vector has floats, but at least the eight that there are vectors of. */
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, LANES * Byte.SIZE)));

  private static final int BYTE_LANES = BYTES.length();

  /** Columns of a panel: many, so that the bytes of a pixel become floats once for all of them. */
  private static final int PANEL = Math.max(VectorProduct.WIDE, Channels.GROUP);

  private static final float[] ZEROS = new float[PANEL];

  /** The arrays of a thread. */
  private static final class Local {
    final int[] at = VectorProduct.places();
    final double[] carry = new double[VectorProduct.ROWS * PANEL];
    byte[] bytes = new byte[0];
    float[] floats = new float[0];
    float[] sums = new float[0];
    int[] whole = new int[0];
    byte[] results = new byte[0];

    /** Sees to it that so many bytes can be read and become floats, and so many sums bytes. */
    void reserve(int read, int converted, int summed) {
      if (bytes.length < read + BYTE_LANES) {
        bytes = new byte[read + BYTE_LANES];
      }
      if (floats.length < converted + BYTE_LANES) {
        floats = new float[converted + BYTE_LANES];
      }
      if (sums.length < summed) {
        sums = new float[summed];
        whole = new int[summed];
        results = new byte[summed + BYTE_LANES];
      }
    }
  }

  private final ThreadLocal<Local> locals = ThreadLocal.withInitial(Local::new);
  private final PlainQuantizedKernels plain = new PlainQuantizedKernels();

  @Override
  public String name() {
    return "Vector API, " + SPECIES.vectorBitSize() + " bits";
  }

  @Override
  public int panelColumns(int columns) {
    return PANEL;
  }

  @Override
  public Packing packing() {
    return Packing.FLOATS;
  }

  @Override
  public Lanes lanes() {
    return new Lanes(Channels.GROUP, Channels.GROUP, Packing.FLOATS);
  }

  @Override
  public Buffer allocate(int bytes) {
    return plain.allocate(bytes);
  }

  @Override
  public void multiply(
      Product product,
      int panel,
      int pixels,
      Buffer a,
      int aOffset,
      Place sums,
      Buffer y,
      int yOffset) {
    Local local = locals.get();
    QuantizedMatrix b = product.matrix();
    int segment = b.length();
    int length = segment * product.segments();
    int first = b.firstColumn(panel);
    int width = b.width(panel);
    // A group more keeps the pixels of a tile out of each other's sets of the cache.
    int pixel = Channels.padded(length) + Channels.GROUP;
    local.reserve(length, ROWS * pixel, ROWS * width);
    int[] at = local.at;
    at[VectorProduct.WIDTH] = width;
    for (int r = 0; r < ROWS; r++) {
      at[VectorProduct.SUMS + r] = 0;
      at[VectorProduct.Y + r] = r * width;
    }
    int run = b.exactRows();
    for (int m = 0; m < pixels; m += ROWS) {
      int rows = Math.min(ROWS, pixels - m);
      for (int r = 0; r < rows; r++) {
        int from = aOffset + (m + r) * product.in().pixel();
        for (int s = 0; s < product.segments(); s++) {
          a.get(from + s * product.in().row(), local.bytes, s * segment, segment);
        }
        toFloats(local.bytes, 0, length, local.floats, r * pixel);
      }
      double[] begin = b.doubles().start();
      for (int i = 0; i < length; i += run) {
        if (i > 0) {
          carry(local, begin, first, rows * width, width);
          begin = local.carry;
        }
        at[VectorProduct.LENGTH] = Math.min(run, length - i);
        at[VectorProduct.B] = b.valuesOffset(panel) / Float.BYTES + i * width;
        for (int r = 0; r < ROWS; r++) {
          // Rows past the end repeat the last one.
          at[VectorProduct.A + r] = Math.min(r, rows - 1) * pixel + i;
        }
        VectorProduct.rows(at, local.floats, b.values().array(), ZEROS, local.sums, Clamp.NONE);
      }
      for (int r = 0; r < rows; r++) {
        int beginAt = begin == local.carry ? r * width : first;
        toBytes(local, r * width, begin, beginAt, width, b.requantization(), b.doubles(), first);
        y.set(yOffset + product.out().at(m + r) + first, local.results, r * width, width);
      }
    }
  }

  /** Adds the sums of a run to those of the runs before it, or to what sums begin with. */
  private static void carry(Local local, double[] begin, int first, int count, int width) {
    boolean more = begin == local.carry;
    for (int k = 0; k < count; k++) {
      local.carry[k] = local.sums[k] + begin[more ? k : first + k % width];
    }
  }

  /** Makes floats of unsigned bytes; up to {@link #BYTE_LANES} more on both sides. */
  private static void toFloats(byte[] bytes, int from, int count, float[] floats, int to) {
    for (int i = 0; i < count; i += BYTE_LANES) {
      ByteVector some = ByteVector.fromArray(BYTES, bytes, from + i);
      some.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0)
          .convert(VectorOperators.I2F, 0)
          .reinterpretAsFloats()
          .intoArray(floats, to + i);
      // A part that is no constant would make objects.
      if (BYTE_LANES > LANES) {
        some.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 1)
            .convert(VectorOperators.I2F, 0)
            .reinterpretAsFloats()
            .intoArray(floats, to + i + LANES);
      }
    }
  }

  /**
   * Makes bytes of sums.
   *
   * @param at where the sums are, and the bytes
   * @param begin what they begin with
   * @param beginAt where
   * @param column of the first
   */
  private static void toBytes(
      Local local,
      int at,
      double[] begin,
      int beginAt,
      int count,
      Requantization requantization,
      DoubleRequantization doubles,
      int column) {
    double[] factor = doubles.factor();
    double[] offset = doubles.offset();
    int low = requantization.low();
    int high = requantization.high();
    for (int k = 0; k < count; k += HALF_FLOATS.length()) {
      DoubleVector sum =
          (DoubleVector)
              FloatVector.fromArray(HALF_FLOATS, local.sums, at + k).castShape(DOUBLES, 0);
      DoubleVector value =
          sum.add(DoubleVector.fromArray(DOUBLES, begin, beginAt + k))
              .fma(
                  DoubleVector.fromArray(DOUBLES, factor, column + k),
                  DoubleVector.fromArray(DOUBLES, offset, column + k))
              .add(DoubleRequantization.WHOLE);
      IntVector whole = (IntVector) value.reinterpretAsLongs().castShape(HALF_INTS, 0);
      whole.max(low).min(high).intoArray(local.whole, at + k);
    }
    narrow(local.whole, local.results, at, count);
    int[] others = doubles.others();
    for (int i = doubles.firstOther(column); i < others.length && others[i] < column + count; i++) {
      int k = others[i] - column;
      int sum = (int) (local.sums[at + k] + begin[beginAt + k]);
      local.results[at + k] = (byte) requantization.apply(sum, others[i]);
    }
  }

  /** Makes bytes of integers that are such, in whole groups of 16. */
  private static void narrow(int[] whole, byte[] results, int at, int count) {
    if (LANES == BYTE_LANES) {
      for (int k = at; k < at + count; k += LANES) {
        ((ByteVector) IntVector.fromArray(INTS, whole, k).castShape(BYTES, 0))
            .intoArray(results, k);
      }
    } else {
      for (int k = at; k < at + count; k++) {
        results[k] = (byte) whole[k];
      }
    }
  }

  @Override
  public void sums(Product product, int pixels, Buffer a, int aOffset, Place sums) {
    plain.sums(product, pixels, a, aOffset, sums);
  }

  @Override
  public void depthwise(
      Depthwise depthwise, int firstPart, int parts, Buffer x, int xOffset, Buffer y, int yOffset) {
    Local local = locals.get();
    QuantizedFilters filters = depthwise.filters();
    int first = firstPart * Channels.GROUP;
    int channels = parts * Channels.GROUP;
    int columns = depthwise.out().columns();
    int taps = (columns - 1) * depthwise.stride() + 3;
    int length = (taps - 1) * depthwise.in().pixel() + channels;
    int row = taps * channels;
    local.reserve(length, 3 * row, columns * channels);
    for (int i = 0; i < 3; i++) {
      x.get(xOffset + first + i * depthwise.in().row(), local.bytes, 0, length);
      for (int tap = 0; tap < taps; tap++) {
        int from = tap * depthwise.in().pixel();
        toFloats(local.bytes, from, channels, local.floats, i * row + tap * channels);
      }
    }
    float[] w = filters.memory().array();
    for (int c = 0; c < channels; c += LANES) {
      int part = firstPart + c / Channels.GROUP;
      int at = filters.partOffset(part) / Float.BYTES + c % Channels.GROUP;
      convolve(local, w, at, c, channels, columns, depthwise.stride() * channels, row);
    }
    for (int q = 0; q < columns; q++) {
      toBytes(
          local,
          q * channels,
          filters.doubles().start(),
          first,
          channels,
          filters.requantization(),
          filters.doubles(),
          first);
      y.set(yOffset + q * depthwise.out().pixel() + first, local.results, q * channels, channels);
    }
  }

  /**
   * Convolves a row of one vector of channels. Two pixels at once make it too big for C2 to inline:
   * together with what is before and behind it, there would be more than C2 keeps out of objects.
   */
  private static void convolve(
      Local local, float[] w, int at, int c, int channels, int columns, int step, int row) {
    float[] x = local.floats;
    FloatVector w00 = load(w, at);
    FloatVector w10 = load(w, at + Channels.GROUP);
    FloatVector w20 = load(w, at + 2 * Channels.GROUP);
    FloatVector w01 = load(w, at + 3 * Channels.GROUP);
    FloatVector w11 = load(w, at + 4 * Channels.GROUP);
    FloatVector w21 = load(w, at + 5 * Channels.GROUP);
    FloatVector w02 = load(w, at + 6 * Channels.GROUP);
    FloatVector w12 = load(w, at + 7 * Channels.GROUP);
    FloatVector w22 = load(w, at + 8 * Channels.GROUP);
    for (int q = 0; q < columns; q += 2) {
      // Past the end of an odd row the last pixel is computed twice.
      int next = Math.min(q + 1, columns - 1);
      int ra0 = c + q * step, ra1 = ra0 + row, ra2 = ra1 + row;
      int rb0 = c + next * step, rb1 = rb0 + row, rb2 = rb1 + row;
      FloatVector sa = load(x, ra0).mul(w00);
      FloatVector sb = load(x, rb0).mul(w00);
      sa = load(x, ra1).fma(w10, sa);
      sb = load(x, rb1).fma(w10, sb);
      sa = load(x, ra2).fma(w20, sa);
      sb = load(x, rb2).fma(w20, sb);
      sa = load(x, ra0 + channels).fma(w01, sa);
      sb = load(x, rb0 + channels).fma(w01, sb);
      sa = load(x, ra1 + channels).fma(w11, sa);
      sb = load(x, rb1 + channels).fma(w11, sb);
      sa = load(x, ra2 + channels).fma(w21, sa);
      sb = load(x, rb2 + channels).fma(w21, sb);
      sa = load(x, ra0 + 2 * channels).fma(w02, sa);
      sb = load(x, rb0 + 2 * channels).fma(w02, sb);
      sa = load(x, ra1 + 2 * channels).fma(w12, sa);
      sb = load(x, rb1 + 2 * channels).fma(w12, sb);
      sa = load(x, ra2 + 2 * channels).fma(w22, sa);
      sb = load(x, rb2 + 2 * channels).fma(w22, sb);
      sa.intoArray(local.sums, q * channels + c);
      sb.intoArray(local.sums, next * channels + c);
    }
  }

  @Override
  public void sumPool(
      Layout in, int rows, int groups, Buffer x, int xOffset, Buffer y, int yOffset) {
    plain.sumPool(in, rows, groups, x, xOffset, y, yOffset);
  }

  @Override
  public void quantize(
      InputQuantization quantization, Buffer x, int xOffset, int count, Buffer y, int yOffset) {
    Local local = locals.get();
    local.reserve(0, 0, Channels.padded(count));
    float[] numbers = x.array();
    int half = Float.floatToRawIntBits(InputQuantization.ALMOST_HALF);
    for (int i = 0; i < count; i += LANES) {
      FloatVector quotient = load(numbers, xOffset + i).div(quantization.scale());
      FloatVector near = Vectors.clamp(quotient, -InputQuantization.FAR, InputQuantization.FAR);
      IntVector sign = near.reinterpretAsInts().and(Integer.MIN_VALUE);
      near.add(sign.or(half).reinterpretAsFloats())
          .convert(VectorOperators.F2I, 0)
          .reinterpretAsInts()
          .add(quantization.zeroPoint())
          .max(0)
          .min(255)
          .intoArray(local.whole, i);
    }
    narrow(local.whole, local.results, 0, Channels.padded(count));
    y.set(yOffset, local.results, 0, count);
  }
}
