package io.github.mobilenet4j.kernels;

/**
 * Depthwise filters {@code [3,3,C]} and their bias {@code [C]} as {@link Kernels#depthwise} reads
 * them: for each group of 16 channels the bias and then the nine taps, {@code [groups,10,16]}.
 * Inference never changes them after construction; training refills them at each step.
 */
public final class PackedDepthwise {
  /** Floats a group: bias and nine taps. */
  static final int GROUP_SIZE = 10 * Channels.GROUP;

  private static final int TAPS = 9;

  private final int channels;
  private final Buffer values;

  /**
   * Zeros, to be set.
   *
   * @param kernels the kernels that will read it
   * @param channels C
   */
  public PackedDepthwise(Storage kernels, int channels) {
    this.channels = channels;
    this.values = kernels.allocate(Channels.groups(channels) * GROUP_SIZE);
  }

  /**
   * @param kernels the kernels that will read it
   * @param channels C
   * @param filters {@code [3,3,C]}
   * @param bias {@code [C]}
   */
  public PackedDepthwise(Storage kernels, int channels, float[] filters, float[] bias) {
    this(kernels, channels);
    set(filters);
    setSlot(0, bias, 0);
  }

  /**
   * Sets the filters; the bias stays.
   *
   * @param filters {@code [3,3,C]}
   */
  public void set(float[] filters) {
    for (int tap = 0; tap < TAPS; tap++) {
      setSlot(1 + tap, filters, tap * channels);
    }
  }

  /**
   * Sets the filters rotated by 180°, for the gradient of their input; the bias stays.
   *
   * @param filters {@code [3,3,C]}
   */
  public void setFlipped(float[] filters) {
    for (int tap = 0; tap < TAPS; tap++) {
      setSlot(TAPS - tap, filters, tap * channels);
    }
  }

  private void setSlot(int slot, float[] source, int from) {
    for (int c = 0; c < channels; c += Channels.GROUP) {
      values.set(
          c / Channels.GROUP * GROUP_SIZE + slot * Channels.GROUP,
          source,
          from + c,
          Math.min(Channels.GROUP, channels - c));
    }
  }

  Buffer values() {
    return values;
  }
}
