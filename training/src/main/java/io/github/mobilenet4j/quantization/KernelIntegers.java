package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.QuantizedLayer;
import java.util.Arrays;

/**
 * Makes the integers of a layer: symmetric ones of −127 to 127 of its kernel, int32 of its bias.
 *
 * @param granularity what shares a scale
 * @param biasCorrection whether the bias makes up for what rounding the kernel changes of the mean
 *     output (Nagel et al., arXiv:1906.04721, section 4.2), by the means of the inputs
 */
record KernelIntegers(Granularity granularity, boolean biasCorrection) {
  private static final int MOST = 127;

  /** Leaves room for the products in the sum. */
  private static final double MOST_BIAS = 1 << 29;

  /** By which a kernel's value times any input is far below a step of the output. */
  private static final double NOTHING = 1.0 / (1L << 31);

  /**
   * What a layer has in floats.
   *
   * @param kernel in this library's layout, the output channel last
   * @param bias of each output channel
   * @param means of each channel of its input
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Floats(float[] kernel, float[] bias, double[] means) {}

  /**
   * Returns the integers.
   *
   * @param input what the layer's input stands for
   * @param output what its output stands for
   */
  QuantizedLayer of(Layer layer, Floats floats, Quantization input, Quantization output) {
    int channels = floats.bias.length;
    double[] scales = scales(floats, input.scale(), output.scale());
    byte[] kernel = new byte[floats.kernel.length];
    for (int i = 0; i < kernel.length; i++) {
      double quotient = floats.kernel[i] / (double) (float) scales[i % channels];
      kernel[i] = (byte) Math.clamp(rounded(quotient), -MOST, MOST);
    }
    double[] corrections = corrections(layer, floats, scales, kernel);
    int[] bias = new int[channels];
    for (int k = 0; k < channels; k++) {
      float unit = input.scale() * (float) scales[k];
      bias[k] = Math.toIntExact(rounded((floats.bias[k] - corrections[k]) / unit));
    }
    boolean shared = granularity == Granularity.PER_TENSOR;
    float[] stored = new float[shared ? 1 : channels];
    for (int k = 0; k < stored.length; k++) {
      stored[k] = (float) scales[k];
    }
    // As TensorFlow Lite's fully connected layers compute.
    boolean connected = !(layer instanceof Layer.Convolution);
    boolean single = shared && connected;
    return new QuantizedLayer(
        DataType.I8,
        kernel,
        stored,
        0,
        bias,
        output,
        single ? QuantizedLayer.Product.SINGLE : QuantizedLayer.Product.DOUBLE,
        connected ? QuantizedLayer.Rounding.ONCE : QuantizedLayer.Rounding.TWICE);
  }

  /** Halves away from zero. */
  private static long rounded(double value) {
    return (long) (value + Math.copySign(0.5, value));
  }

  /** Returns the scale of each channel, as a float32 has it. */
  private double[] scales(Floats floats, double input, double output) {
    double[] scales = new double[floats.bias.length];
    for (int i = 0; i < floats.kernel.length; i++) {
      int k = i % scales.length;
      scales[k] = Math.max(scales[k], Math.abs(floats.kernel[i]) / (double) MOST);
    }
    double most = 0;
    for (int k = 0; k < scales.length; k++) {
      double least =
          Math.max(Math.abs(floats.bias[k]) / (input * MOST_BIAS), NOTHING * output / input);
      scales[k] = (float) Math.max(scales[k], least);
      most = Math.max(most, scales[k]);
    }
    if (granularity == Granularity.PER_TENSOR) {
      Arrays.fill(scales, most);
    }
    return scales;
  }

  /** Returns how much the mean of each output channel changes. */
  private double[] corrections(Layer layer, Floats floats, double[] scales, byte[] kernel) {
    int channels = scales.length;
    double[] corrections = new double[channels];
    boolean depthwise = layer instanceof Layer.Depthwise;
    for (int i = 0; biasCorrection && i < kernel.length; i++) {
      int k = i % channels;
      int c = depthwise ? k : i / channels % floats.means.length;
      corrections[k] += (scales[k] * kernel[i] - floats.kernel[i]) * floats.means[c];
    }
    return corrections;
  }
}
