package io.github.mobilenet4j.kernels;

import java.util.function.IntUnaryOperator;

/**
 * What vector code needs of a {@link Requantization}, as it reads it: a header for all columns, and
 * for each vector of sums one block of vectors.
 *
 * <p>A product with a multiplier has 64 bits, so the even and the odd lanes of a vector are
 * multiplied apart, and have their own constants. If the requantisation {@link
 * Requantization#roundsOnce rounds once}, {@code (sum · multiplier + ROUND) >> 32 + RIGHT}; else
 * {@code (sum · multiplier + ROUND) << COUNT >> 32} is the first rounding, and {@code HALF, SIGN,
 * RIGHT} are the second's.
 *
 * @param lanes of a vector
 * @param requantization what to lay out
 */
record QuantizedParameters(int lanes, Requantization requantization) {
  /** Bytes of the header: vectors of up to 64 bytes, each with one value in all lanes. */
  static final int HEADER = 8 * 64;

  // Places in the header, in bytes.
  static final int ZERO_POINT = 0;
  static final int LOW = 64;
  static final int HIGH = 128;
  static final int TAKEN = 192;
  static final int ZERO_POINT_WORDS = 256;
  static final int LOW_BYTES = 320;
  static final int HIGH_BYTES = 384;

  /** In which order four vectors that are packed to bytes have their elements of 32 bits. */
  static final int ORDER = 448;

  /** Places in a block, in vectors. */
  enum Slot {
    SUM,
    MULTIPLIER,
    MULTIPLIER_ODD,
    ROUND_EVEN,
    ROUND_ODD,
    COUNT_EVEN,
    COUNT_ODD,
    HALF,
    SIGN,
    RIGHT
  }

  private static final int SLOTS = Slot.values().length;

  /** Returns the bytes of a block. */
  int bytes() {
    return SLOTS * vectorBytes();
  }

  private int vectorBytes() {
    return lanes * Integer.BYTES;
  }

  /**
   * @param at where, in bytes
   * @param taken what was taken off the values of a kernel
   */
  void putHeader(Buffer to, int at, int taken) {
    int zeroPoint = requantization.zeroPoint();
    int low = requantization.low();
    int high = requantization.high();
    int[] header = new int[HEADER / Integer.BYTES];
    for (int i = 0; i < 16; i++) {
      header[ZERO_POINT / 4 + i] = zeroPoint;
      header[LOW / 4 + i] = low;
      header[HIGH / 4 + i] = high;
      header[TAKEN / 4 + i] = taken;
      header[ZERO_POINT_WORDS / 4 + i] = zeroPoint * 0x1_0001;
      header[LOW_BYTES / 4 + i] = low * 0x101_0101;
      header[HIGH_BYTES / 4 + i] = high * 0x101_0101;
      header[ORDER / 4 + i] = i % 4 * 4 + i / 4;
    }
    to.set(at / Integer.BYTES, header, 0, header.length);
  }

  /**
   * @param at where, in bytes
   * @param sums what the sums begin with, by column
   * @param columns the column of each lane; one beyond the last gives zeros
   */
  void putVector(Buffer to, int at, int[] sums, IntUnaryOperator columns) {
    int[] block = new int[SLOTS * lanes];
    boolean once = requantization.roundsOnce();
    for (int lane = 0; lane < lanes; lane++) {
      int column = columns.applyAsInt(lane);
      boolean real = column < requantization.columns();
      int multiplier = real ? requantization.multipliers()[column] : 0;
      int shift = real ? requantization.shifts()[column] : 0;
      if (once && multiplier == 0) {
        shift = -1;
      }
      int left = Math.max(shift, 0);
      int right = Math.max(-shift, 0);
      boolean odd = lane % 2 == 1;
      put(block, Slot.SUM, lane, real ? sums[column] : 0);
      put(block, Slot.MULTIPLIER, lane, multiplier);
      if (odd) {
        put(block, Slot.MULTIPLIER_ODD, lane - 1, multiplier);
      }
      long round = rounding(once, left, right);
      int pair = lane - lane % 2;
      put(block, odd ? Slot.ROUND_ODD : Slot.ROUND_EVEN, pair, (int) round);
      put(block, odd ? Slot.ROUND_ODD : Slot.ROUND_EVEN, pair + 1, (int) (round >> 32));
      put(block, odd ? Slot.COUNT_ODD : Slot.COUNT_EVEN, pair, 1 + left);
      boolean second = right > 0 && !requantization.single();
      put(block, Slot.HALF, lane, second ? 1 << right - 1 : 0);
      put(block, Slot.SIGN, lane, second ? 31 : 32);
      // Of a sum that is rounded once the upper 32 bits are what is left to shift.
      put(block, Slot.RIGHT, lane, once ? right - 1 : right);
    }
    to.set(at / Integer.BYTES, block, 0, block.length);
  }

  /**
   * Returns what is added to a product. A single rounding adds the half of the whole at first: then
   * both shifts cut off.
   */
  private long rounding(boolean once, int left, int right) {
    if (requantization.single()) {
      return 1L << 30 - left + right;
    }
    return once ? (1L << 30) + (1L << 30 + right) : 1L << 30 - left;
  }

  private void put(int[] block, Slot slot, int lane, int value) {
    block[slot.ordinal() * lanes + lane] = value;
  }
}
