package io.github.mobilenet4j.kernels;

/**
 * What {@link TrainingKernels} read of a batch normalisation of C channels, for each group of 16:
 * scale, shift, mean, slope, constant, {@code [groups,5,16]}. Starts as zeros, and so stay the
 * channels that fill up the last group.
 *
 * <p>Forward, {@code scale = γ/√(variance + ε)} and {@code shift = β − mean·scale}. Backward, with
 * {@code sum} and {@code product} over all n pixels of the batch as {@link
 * TrainingKernels#normGradientSums} gives them, {@code slope = −scale·product/(n·(variance + ε))}
 * and {@code constant = −scale·sum/n}.
 */
public final class PackedBatchNorm {
  /** Floats a group. */
  static final int GROUP_SIZE = 5 * Channels.GROUP;

  // Where a group's values are.
  static final int SCALE = 0;
  static final int SHIFT = Channels.GROUP;
  static final int MEAN = 2 * Channels.GROUP;
  static final int SLOPE = 3 * Channels.GROUP;
  static final int CONSTANT = 4 * Channels.GROUP;

  private final int channels;
  private final Buffer values;

  /**
   * @param kernels the kernels whose training kernels will read it
   * @param channels C
   */
  public PackedBatchNorm(Storage kernels, int channels) {
    this.channels = channels;
    this.values = kernels.allocate(Channels.groups(channels) * GROUP_SIZE);
  }

  /**
   * Sets what the forward pass reads, and the backward pass too.
   *
   * @param scale {@code [C]}
   * @param shift {@code [C]}
   * @param mean {@code [C]}
   */
  public void setForward(float[] scale, float[] shift, float[] mean) {
    set(SCALE, scale);
    set(SHIFT, shift);
    set(MEAN, mean);
  }

  /**
   * Sets what {@link TrainingKernels#normGradient} reads beside that.
   *
   * @param slope {@code [C]}
   * @param constant {@code [C]}
   */
  public void setBackward(float[] slope, float[] constant) {
    set(SLOPE, slope);
    set(CONSTANT, constant);
  }

  private void set(int place, float[] source) {
    for (int c = 0; c < channels; c += Channels.GROUP) {
      values.set(
          c / Channels.GROUP * GROUP_SIZE + place,
          source,
          c,
          Math.min(Channels.GROUP, channels - c));
    }
  }

  /**
   * Returns where a channel's values are.
   *
   * @param firstGroup the group that channels are counted from
   */
  static int at(int firstGroup, int channel) {
    return (firstGroup + channel / Channels.GROUP) * GROUP_SIZE + channel % Channels.GROUP;
  }

  Buffer values() {
    return values;
  }
}
