package io.github.mobilenet4j.training;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/** A kernel's values as symmetric integers of −127 to 127 with a scale can hold them. */
final class RoundedKernel {
  private static final int MOST = 127;

  private final float[] values;
  private final float[] rounded;
  private final float[] scales;
  private final IntToDoubleFunction factor;

  /**
   * @param values the present ones, the output channel last
   * @param factor by which a channel will be multiplied before all channels are rounded with one
   *     scale; null if each has its own, which a factor does not change
   */
  RoundedKernel(float[] values, int channels, IntToDoubleFunction factor) {
    this.values = values;
    this.factor = factor;
    rounded = new float[values.length];
    scales = new float[channels];
  }

  /** Rounds the present values. */
  float[] rounded() {
    Arrays.fill(scales, 0);
    for (int row = 0; row < values.length; row += scales.length) {
      for (int k = 0; k < scales.length; k++) {
        scales[k] = Math.max(scales[k], Math.abs(values[row + k]));
      }
    }
    if (factor != null) {
      share();
    }
    for (int k = 0; k < scales.length; k++) {
      scales[k] /= MOST;
    }
    for (int row = 0; row < values.length; row += scales.length) {
      for (int k = 0; k < scales.length; k++) {
        float value = values[row + k];
        // Nothing comes of a channel without a scale: its values, or its factor, are zeros.
        rounded[row + k] = scales[k] > 0 ? (float) Math.rint(value / scales[k]) * scales[k] : value;
      }
    }
    return rounded;
  }

  /** Makes of each channel's largest value the one that all share, divided by its factor. */
  private void share() {
    double most = 0;
    for (int k = 0; k < scales.length; k++) {
      most = Math.max(most, scales[k] * factor.applyAsDouble(k));
    }
    for (int k = 0; k < scales.length; k++) {
      double own = factor.applyAsDouble(k);
      scales[k] = own > 0 ? (float) (most / own) : 0;
    }
  }
}
