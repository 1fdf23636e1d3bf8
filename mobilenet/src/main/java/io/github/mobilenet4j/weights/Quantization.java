package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;

/**
 * What integers q stand for: {@code scale · (q − zeroPoint)}.
 *
 * @param scale &gt; 0, finite
 * @param zeroPoint the integer that stands for 0, in the range of its type: −128 to 127 of int8, 0
 *     to 255 of uint8
 */
public record Quantization(float scale, int zeroPoint) {
  /**
   * Checks every value.
   *
   * @throws MobileNetException if one is out of its range
   */
  public Quantization {
    if (!(scale > 0 && Float.isFinite(scale)) || zeroPoint < -128 || zeroPoint > 255) {
      throw new MobileNetException(
          "scale is %s and zero point %s, expected a scale > 0 and a zero point of 8 bits"
              .formatted(scale, zeroPoint));
    }
  }

  /**
   * Returns what int8 values stand for that cover a range. One is 0 exactly; a range of nothing
   * becomes 0 to 1.
   *
   * @param low the least number, ≤ 0, finite
   * @param high the greatest number, ≥ 0, finite
   */
  public static Quantization covering(double low, double high) {
    double length = high - low;
    float scale = (float) ((length > 0 ? length : 1) / 255);
    if (!(scale >= Float.MIN_NORMAL)) {
      scale = Float.MIN_NORMAL;
    }
    return new Quantization(
        scale, Math.clamp(Math.round(Byte.MIN_VALUE - low / scale), Byte.MIN_VALUE, 127));
  }

  /** Returns the number that an integer stands for. */
  public float real(int q) {
    return scale * (q - zeroPoint);
  }

  /**
   * Returns the integer for a number, as TensorFlow Lite rounds: the quotient of floats, halves
   * away from zero; NaN becomes the zero point.
   *
   * @param type whose range it is clamped to, U8 or I8
   */
  public int quantized(float value, DataType type) {
    double quotient = value / scale;
    long rounded = (long) (quotient + Math.copySign(0.5, quotient));
    int least = type == DataType.I8 ? Byte.MIN_VALUE : 0;
    return Math.clamp(Math.clamp(rounded, -1 << 20, 1 << 20) + zeroPoint, least, least + 255);
  }
}
