package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Requantization;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.weights.Quantization;

/** Makes means of sums as TensorFlow Lite's reference kernels do, or ONNX Runtime. */
interface QuantizedPooling {
  /**
   * Writes the means of all positions.
   *
   * @param sums of unsigned bytes, of each channel
   * @param means unsigned bytes, written
   */
  void apply(int[] sums, byte[] means);

  /** Returns the pooling of a network. */
  static QuantizedPooling of(Integers weights, Layer.GlobalAveragePool pool) {
    int area = (int) pool.in().area();
    if (weights.roundsFloats()) {
      return rounded(weights.before(pool), weights.after(pool), area);
    }
    return weights.weights().ends().mean()
        ? mean(weights.mean(pool, area), weights.zeroPointBefore(pool), area)
        : average(weights.shift(), area);
  }

  /**
   * AVERAGE_POOL_2D: halves away from zero.
   *
   * @param shift what was added to values to make them unsigned
   */
  private static QuantizedPooling average(int shift, int area) {
    return (sums, means) -> {
      for (int c = 0; c < sums.length; c++) {
        int sum = sums[c] - shift * area;
        int half = sum > 0 ? area / 2 : -(area / 2);
        means[c] = (byte) ((sum + half) / area + shift);
      }
    };
  }

  /** ONNX Runtime: the product with a float32, halves to even. */
  private static QuantizedPooling rounded(Quantization in, Quantization out, int area) {
    float scale = in.scale() / (out.scale() * area);
    int zeros = area * in.zeroPoint();
    return (sums, means) -> {
      for (int c = 0; c < sums.length; c++) {
        double mean = Math.rint((sums[c] - zeros) * scale) + out.zeroPoint();
        means[c] = (byte) (int) Math.clamp(mean, 0, 255);
      }
    };
  }

  /** MEAN: rescaled. */
  private static QuantizedPooling mean(Requantization requantization, int zeroPoint, int area) {
    return (sums, means) -> {
      for (int c = 0; c < sums.length; c++) {
        means[c] = (byte) requantization.apply(sums[c] - zeroPoint * area, 0);
      }
    };
  }
}
