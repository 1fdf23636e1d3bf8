package io.github.mobilenet4j.random;

/**
 * Numbers that look drawn, as a function of a number: SplitMix64 (Steele, Lea and Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014). The same everywhere and for ever.
 */
public final class SplitMix64 {
  /** What one state is from the next; 2⁶⁴ divided by the golden ratio, made odd. */
  public static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private SplitMix64() {}

  /** Returns the number of a state: neighbouring states have unrelated numbers. */
  public static long mix(long state) {
    long z = (state ^ state >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** Returns a number of {@link #mix} as one in [0, 1), by its upper 53 bits. */
  public static double fraction(long mixed) {
    return (mixed >>> 11) * 0x1p-53;
  }
}
