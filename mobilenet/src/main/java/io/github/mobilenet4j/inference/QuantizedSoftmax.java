package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.weights.Quantization;

/**
 * Softmax of 8-bit logits in fixed point, to the byte as TensorFlow Lite's reference kernel and the
 * gemmlowp library that it uses. A raw number of {@code FixedPoint<n>} stands for itself by {@code
 * 2^(31 − n)}.
 */
final class QuantizedSoftmax {
  private static final int DIFFERENCE_BITS = 5;
  private static final int SUM_BITS = 12;
  private static final int ONE = Integer.MAX_VALUE;

  /** e^(−2^i) for i from −2 on, as FixedPoint of 0 bits. */
  private static final int[] POWERS = {
    1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242
  };

  private final int multiplier;
  private final int shift;

  /** Below this difference to the largest a probability is 0. */
  private final int least;

  /**
   * @param logits what the logits stand for
   */
  QuantizedSoftmax(Quantization logits) {
    double factor =
        Math.min((double) logits.scale() * (1 << 31 - DIFFERENCE_BITS), (1L << 31) - 1.0);
    int exponent = Math.getExponent(factor) + 1;
    long fixed = Math.round(Math.scalb(factor, 31 - exponent));
    if (fixed == 1L << 31) {
      fixed /= 2;
      exponent++;
    }
    multiplier = (int) fixed;
    shift = exponent;
    double radius =
        (double) ((1 << DIFFERENCE_BITS) - 1)
            * (1L << 31 - DIFFERENCE_BITS)
            / (1L << Math.min(62, exponent));
    least = -(int) Math.floor(radius);
  }

  /**
   * Writes the probabilities of an image, 0 to 255.
   *
   * @param logits unsigned bytes, as are the probabilities
   * @param probabilities may be the same array
   * @param from the first of {@code count}, in both
   */
  void apply(byte[] logits, byte[] probabilities, int from, int count) {
    int most = 0;
    for (int i = from; i < from + count; i++) {
      most = Math.max(most, logits[i] & 0xff);
    }
    int sum = 0;
    for (int i = from; i < from + count; i++) {
      int difference = (logits[i] & 0xff) - most;
      if (difference >= least) {
        sum += divideByPowerOfTwo(exp(rescaled(difference)), SUM_BITS);
      }
    }
    int headroom = Integer.numberOfLeadingZeros(sum);
    int bits = SUM_BITS - headroom;
    int reciprocal = reciprocalOfOnePlus((sum << headroom) - (1 << 31));
    for (int i = from; i < from + count; i++) {
      int difference = (logits[i] & 0xff) - most;
      int value = 0;
      if (difference >= least) {
        int product = multiply(reciprocal, exp(rescaled(difference)));
        value = Math.clamp(divideByPowerOfTwo(product, bits + 31 - Byte.SIZE), 0, 255);
      }
      probabilities[i] = (byte) value;
    }
  }

  private int rescaled(int difference) {
    return multiply(difference << shift, multiplier);
  }

  /** The product of fractions by 2³¹, rounded, halves up. */
  private static int multiply(int a, int b) {
    if (a == b && a == Integer.MIN_VALUE) {
      return Integer.MAX_VALUE;
    }
    long product = (long) a * b;
    long nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
    return (int) ((product + nudge) / (1L << 31));
  }

  /** Rounded, halves away from zero. */
  private static int divideByPowerOfTwo(int x, int exponent) {
    int mask = (int) ((1L << exponent) - 1);
    int remainder = x & mask;
    int threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
  }

  private static int multiplyByPowerOfTwo(int x, int exponent) {
    return Math.clamp((long) x << exponent, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** e^a of a ≤ 0: FixedPoint of 5 bits to one of 0. */
  private static int exp(int a) {
    if (a == 0) {
      return ONE;
    }
    int fraction = 31 - DIFFERENCE_BITS;
    int quarter = 1 << fraction - 2;
    int modulo = (a & quarter - 1) - quarter;
    int result = expOfLastQuarter(multiplyByPowerOfTwo(modulo, DIFFERENCE_BITS));
    int rest = modulo - a;
    for (int i = 0; i < POWERS.length; i++) {
      if ((rest & 1 << fraction - 2 + i) != 0) {
        result = multiply(result, POWERS[i]);
      }
    }
    return result;
  }

  /** e^a of −1/4 ≤ a &lt; 0, by the Taylor series around −1/8; FixedPoint of 0 bits. */
  private static int expOfLastQuarter(int a) {
    int constant = 1895147668; // e^(-1/8)
    int third = 715827883;
    int x = a + (1 << 28);
    int x2 = multiply(x, x);
    int x3 = multiply(x2, x);
    int x4 = multiply(x2, x2);
    int x4By4 = divideByPowerOfTwo(x4, 2);
    int rest = divideByPowerOfTwo(multiply(x4By4 + x3, third) + x2, 1);
    long sum = (long) constant + multiply(constant, x + rest);
    return Math.clamp(sum, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** 1 / (1 + a) of 0 ≤ a ≤ 1 by Newton's method; FixedPoint of 0 bits. */
  private static int reciprocalOfOnePlus(int a) {
    int half = (int) (((long) a + ONE + 1) / 2);
    int x = 1515870810 + multiply(half, -1010580540); // 48/17 - 32/17 half, of 2 bits
    for (int i = 0; i < 3; i++) {
      int error = (1 << 29) - multiply(half, x);
      x += multiplyByPowerOfTwo(multiply(x, error), 2);
    }
    return multiplyByPowerOfTwo(x, 1);
  }
}
