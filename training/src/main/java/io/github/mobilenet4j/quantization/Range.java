package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.weights.Quantization;

/**
 * What integers of 8 bits cover.
 *
 * @param low the least number, ≤ 0
 * @param high the greatest number, ≥ 0
 */
record Range(double low, double high) {
  private static final int STEPS = 255;

  /** Widens it to 0, which padding and ReLU need as an integer. */
  Range {
    low = Math.min(low, 0);
    high = Math.max(high, 0);
  }

  Range scaled(double factor) {
    return new Range(low * factor, high * factor);
  }

  /**
   * Returns what int8 values stand for, of which one is 0 exactly. A range of nothing becomes 0 to
   * 1.
   */
  Quantization int8() {
    double length = high - low;
    float scale = (float) ((length > 0 ? length : 1) / STEPS);
    if (!(scale >= Float.MIN_NORMAL)) {
      scale = Float.MIN_NORMAL;
    }
    return new Quantization(
        scale, Math.clamp(Math.round(Byte.MIN_VALUE - low / scale), Byte.MIN_VALUE, 127));
  }
}
