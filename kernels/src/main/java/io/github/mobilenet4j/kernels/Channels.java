package io.github.mobilenet4j.kernels;

/**
 * How channels lie in memory: in groups of 16, the last one filled up with zeros, so that no kernel
 * of up to 512 bits needs a tail.
 */
public final class Channels {
  /** Channels in a group: the lanes of a 512-bit vector of floats. */
  public static final int GROUP = 16;

  private Channels() {}

  /** Returns the number of groups that hold so many channels. */
  public static int groups(int channels) {
    return (channels + GROUP - 1) / GROUP;
  }

  /** Returns the number of channels rounded up to whole groups. */
  public static int padded(int channels) {
    return groups(channels) * GROUP;
  }

  /**
   * Returns the distance between neighbouring pixels, in floats. Multiples of 1 KiB get a group
   * more: else all pixels of a row would compete for the same few sets of the first-level cache.
   */
  public static int pixelStride(int channels) {
    int padded = padded(channels);
    return padded % 256 == 0 ? padded + GROUP : padded;
  }
}
