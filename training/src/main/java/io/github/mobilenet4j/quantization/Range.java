package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.weights.Quantization;

/**
 * What integers of 8 bits cover.
 *
 * @param low the least number, ≤ 0
 * @param high the greatest number, ≥ 0
 */
record Range(double low, double high) {
  /** Widens it to 0, which padding and ReLU need as an integer. */
  Range {
    low = Math.min(low, 0);
    high = Math.max(high, 0);
  }

  Range scaled(double factor) {
    return new Range(low * factor, high * factor);
  }

  /** Returns what int8 values stand for that cover it. */
  Quantization int8() {
    return Quantization.covering(low, high);
  }
}
