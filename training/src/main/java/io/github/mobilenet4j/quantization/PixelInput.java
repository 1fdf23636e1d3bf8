package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.weights.Quantization;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An input whose int8 values are pixels less 128, so that none is rounded.
 *
 * <p>Such values have one scale and one zero point, a pixel's value. Where the preprocessing has
 * others, it is replaced by one that has not, and the stem makes up for it: {@code (v / 255 − m) /
 * σ = (v − z) / 255σ + (z − 255m) / 255σ}, of which the first part scales the kernel and the second
 * goes into the bias. Where the window reaches beyond the image, what lies there then is of value z
 * and not 255 m: that is the only difference.
 *
 * @param preprocessing by which pixels become what the integers stand for
 * @param quantization of the input
 */
record PixelInput(Preprocessing preprocessing, Quantization quantization) {
  private static final int WHITE = 255;

  /** Beyond this a mean is no pixel's, in pixels. */
  private static final double SAME = 1e-3;

  static PixelInput of(Preprocessing before) {
    int channels = before.channels();
    double mean = before.mean().stream().mapToDouble(m -> m).average().orElseThrow();
    double std = before.std().stream().mapToDouble(s -> s).average().orElseThrow();
    int zero = Math.clamp(Math.round(WHITE * mean), 0, WHITE);
    boolean same =
        IntStream.range(0, channels)
            .allMatch(c ->
                before.std().get(c) == std && Math.abs(WHITE * before.mean().get(c) - zero) < SAME);
    float scale = (float) (1 / (WHITE * std));
    Preprocessing preprocessing =
        same
            ? before
            : before.withNormalization(
                Collections.nCopies(channels, (double) zero / WHITE),
                Collections.nCopies(channels, std));
    return new PixelInput(preprocessing, new Quantization(scale, zero + Byte.MIN_VALUE));
  }

  /**
   * Changes a stem that takes another preprocessing so that it takes this one.
   *
   * @param kernel {@code [3, 3, C, K]}, changed
   * @param bias {@code [K]}, changed
   */
  void adapt(Preprocessing from, Layer stem, float[] kernel, float[] bias) {
    if (from.equals(preprocessing)) {
      return;
    }
    int channels = stem.in().channels();
    int outputs = stem.out().channels();
    List<Double> mean = from.mean();
    List<Double> std = from.std();
    double[] more = new double[outputs];
    for (int i = 0; i < kernel.length; i++) {
      int c = i / outputs % channels;
      double constant = (preprocessing.mean().get(c) - mean.get(c)) / std.get(c);
      more[i % outputs] += kernel[i] * constant;
      kernel[i] = (float) (kernel[i] * (preprocessing.std().get(c) / std.get(c)));
    }
    for (int k = 0; k < outputs; k++) {
      bias[k] = (float) (bias[k] + more[k]);
    }
  }
}
