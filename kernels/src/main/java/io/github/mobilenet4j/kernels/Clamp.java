package io.github.mobilenet4j.kernels;

/**
 * The last thing that is done to a value: {@code x < low ? low : x > high ? high : x}; NaN passes.
 *
 * @param low the least value, −∞ for none
 * @param high the greatest value, ∞ for none
 */
public record Clamp(float low, float high) {
  /** Leaves every value as it is. */
  public static final Clamp NONE = new Clamp(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
}
