package io.github.mobilenet4j.network;

/** How a channel count times the width multiplier becomes a whole number. */
public enum WidthRounding {
  /** {@code max(⌊channels · α⌋, 8)}: TF-Slim, Hugging Face and the tutorial's network. */
  FLOOR_MIN_8 {
    @Override
    int round(double channels) {
      return Math.max((int) channels, 8);
    }
  },
  /**
   * The nearest multiple of 8, at least 8, and never more than 10 % below the product: timm. Equal
   * to {@link #FLOOR_MIN_8} at the paper's four multipliers.
   */
  NEAREST_8 {
    @Override
    int round(double channels) {
      int rounded = Math.max(8, (int) (channels + 4) / 8 * 8);
      return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }
  };

  abstract int round(double channels);

  /**
   * Returns the channel count at a width multiplier.
   *
   * @param channels channels at α = 1
   * @param alpha width multiplier, &gt; 0
   */
  public int apply(int channels, double alpha) {
    return round(channels * alpha);
  }
}
