package io.github.mobilenet4j.kernels;

/**
 * Depthwise filters {@code [3,3,C]} and their bias {@code [C]} as {@link Kernels#depthwise} reads
 * them: for each group of 16 channels the bias and then the nine taps, {@code [groups,10,16]}.
 * Immutable.
 */
public final class PackedDepthwise {
  /** Floats a group: bias and nine taps. */
  static final int GROUP_SIZE = 10 * Channels.GROUP;

  private final Floats values;

  /**
   * @param kernels the kernels that will read it
   * @param channels C
   * @param filters {@code [3,3,C]}
   * @param bias {@code [C]}
   */
  public PackedDepthwise(Kernels kernels, int channels, float[] filters, float[] bias) {
    int groups = Channels.groups(channels);
    this.values = kernels.allocate(groups * GROUP_SIZE);
    for (int g = 0; g < groups; g++) {
      int c = g * Channels.GROUP;
      int count = Math.min(Channels.GROUP, channels - c);
      values.set(g * GROUP_SIZE, bias, c, count);
      for (int tap = 0; tap < 9; tap++) {
        values.set(g * GROUP_SIZE + (1 + tap) * Channels.GROUP, filters, tap * channels + c, count);
      }
    }
  }

  Floats values() {
    return values;
  }
}
