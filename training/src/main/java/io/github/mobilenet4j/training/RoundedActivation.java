package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.PackedBatchNorm;
import io.github.mobilenet4j.kernels.TrainingKernels.Channelwise;
import io.github.mobilenet4j.weights.Quantization;
import java.util.Arrays;

/**
 * A layer's output as int8 values can hold it: {@code s · (clamp(round(x / s) + z) − z)}, to the
 * nearest, halves to the even one, as PyTorch's {@code fake_quantize_per_tensor_affine}.
 */
final class RoundedActivation {
  /** The part that a batch has in the range; PyTorch's and about TensorFlow's. */
  private static final float MOMENTUM = 0.01f;

  /** From here to twice as much, floats are whole numbers: what is added to it is rounded. */
  private static final float WHOLE = 1 << 23;

  private static final int LEAST = Byte.MIN_VALUE;
  private static final int MOST = Byte.MAX_VALUE;

  /** Least and greatest value; zeros if none was seen. */
  private final float[] range;

  private final boolean settled;
  private Quantization quantization;

  /** The two steps of rounding activations that are 0 or more, for all channels alike. */
  private PackedBatchNorm up;

  private PackedBatchNorm down;
  private float[] values;

  /**
   * @param range changed from now on, unless it is settled
   */
  RoundedActivation(float[] range, boolean settled) {
    this.range = range;
    this.settled = settled;
    quantization = Quantization.covering(range[0], range[1]);
  }

  float[] range() {
    return range;
  }

  /** Returns whether the range stays as it is. */
  boolean settled() {
    return settled;
  }

  /** Takes in the least and the greatest value of a batch, unless these are none. */
  void observe(float least, float greatest) {
    if (settled || !Float.isFinite(least) || !Float.isFinite(greatest)) {
      return;
    }
    boolean first = range[0] == range[1];
    float part = first ? 1 : MOMENTUM;
    range[0] += part * (Math.min(least, 0) - range[0]);
    range[1] += part * (Math.max(greatest, 0) - range[1]);
    quantization = Quantization.covering(range[0], range[1]);
  }

  /** Returns the value from which on gradients do not pass. */
  float end() {
    return (MOST + 0.5f - quantization.zeroPoint()) * quantization.scale();
  }

  /**
   * Rounds values.
   *
   * @param passes written: whether the gradient passes
   */
  void round(float[] of, boolean[] passes, int at) {
    float inverse = 1 / quantization.scale();
    for (int i = 0; i < of.length; i++) {
      float q = (float) Math.rint(of[i] * inverse) + quantization.zeroPoint();
      passes[at + i] = q >= LEAST && q <= MOST;
      // What is no number stays one, for who looks for it.
      of[i] = Float.isNaN(q) ? q : quantization.real(Math.clamp((long) q, LEAST, MOST));
    }
  }

  /** Makes what {@link #steps} needs. */
  void allocate(Kernels kernels, int channels) {
    up = new PackedBatchNorm(kernels, channels);
    down = new PackedBatchNorm(kernels, channels);
    values = new float[channels];
  }

  /** Sets what the steps read. */
  void pack() {
    float scale = quantization.scale();
    set(up, 1 / scale, WHOLE);
    set(down, scale, -WHOLE * scale);
  }

  private void set(PackedBatchNorm norm, float scale, float shift) {
    float[] shifts = new float[values.length];
    Arrays.fill(values, scale);
    Arrays.fill(shifts, shift);
    norm.setForward(values, shifts, values);
  }

  /**
   * Returns how activations that are 0 or more are rounded in place, two affine maps: the sum with
   * {@link #WHOLE} has no fraction; what the second subtracts is exact, since that is a power of
   * two.
   *
   * @param pixel floats from a pixel to the next
   */
  Channelwise[] steps(int groups, int pixel) {
    Clamp bytes = new Clamp(WHOLE, WHOLE + MOST - LEAST);
    return new Channelwise[] {
      new Channelwise(up, 0, groups, pixel, pixel, pixel, bytes),
      new Channelwise(down, 0, groups, pixel, pixel, pixel, Clamp.NONE)
    };
  }
}
