package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;

/**
 * The integers of a convolution or of a fully connected layer.
 *
 * @param type of the kernel's values, I8 or U8
 * @param kernel its values in this library's layout, the output channel last; not copied
 * @param scales of the kernel: one, or one of each output channel; not copied
 * @param zeroPoint of the kernel, the same of all channels
 * @param bias int32 of each output channel, in units of the input's scale times the kernel's; not
 *     copied
 * @param output of the layer
 * @param product how the scales of input and kernel are multiplied
 * @param rounding of the sums
 */
@SuppressWarnings("ArrayRecordComponent")
public record QuantizedLayer(
    DataType type,
    byte[] kernel,
    float[] scales,
    int zeroPoint,
    int[] bias,
    Quantization output,
    Product product,
    Rounding rounding) {
  /**
   * The precision of the product of two scales, which decides over the last bit of a multiplier.
   */
  public enum Product {
    /**
     * Rounded to float32: TensorFlow Lite's uint8 kernels, and its fully connected layers with one
     * scale.
     */
    SINGLE,
    /** In double precision: TensorFlow Lite's int8 convolutions. */
    DOUBLE
  }

  /** How a sum times its factor becomes whole. */
  public enum Rounding {
    /** To a number of 31 bits, and that to an integer: all convolutions of TensorFlow Lite. */
    TWICE,
    /** At once: its fully connected layers of int8. */
    ONCE,
    /** The product of float32, halves to even: ONNX Runtime; {@link Product} does not matter. */
    FLOAT
  }

  /**
   * Checks every value.
   *
   * @throws MobileNetException if one is out of its range or an array has another length
   */
  public QuantizedLayer {
    int channels = bias.length;
    if (type != DataType.I8 && type != DataType.U8) {
      throw new MobileNetException("the kernel is of type %s, expected I8 or U8".formatted(type));
    }
    if (channels == 0
        || kernel.length % channels != 0
        || scales.length != 1 && scales.length != channels) {
      throw new MobileNetException(
          "%s kernel values, %s scales and %s biases do not belong together"
              .formatted(kernel.length, scales.length, channels));
    }
    for (float scale : scales) {
      // A channel of zeros may have any scale.
      if (!(scale >= 0 && Float.isFinite(scale))) {
        throw new MobileNetException("a scale of the kernel is " + scale + ", expected >= 0");
      }
    }
    int least = type == DataType.I8 ? Byte.MIN_VALUE : 0;
    if (zeroPoint < least || zeroPoint > least + 255) {
      throw new MobileNetException(
          "the kernel's zero point is %s, expected %s to %s"
              .formatted(zeroPoint, least, least + 255));
    }
  }

  /** A layer that rounds {@link Rounding#TWICE}. */
  public QuantizedLayer(
      DataType type,
      byte[] kernel,
      float[] scales,
      int zeroPoint,
      int[] bias,
      Quantization output,
      Product product) {
    this(type, kernel, scales, zeroPoint, bias, output, product, Rounding.TWICE);
  }

  /** Returns the same with another product. */
  public QuantizedLayer with(Product other) {
    return new QuantizedLayer(type, kernel, scales, zeroPoint, bias, output, other, rounding);
  }

  /** Returns the same with another rounding. */
  public QuantizedLayer with(Rounding other) {
    return new QuantizedLayer(type, kernel, scales, zeroPoint, bias, output, product, other);
  }

  /** Returns the same with some of its output channels, in this order. */
  QuantizedLayer channels(int[] chosen) {
    int all = channels();
    byte[] kernels = new byte[kernel.length / all * chosen.length];
    for (int i = 0; i < kernels.length; i++) {
      kernels[i] = kernel[i / chosen.length * all + chosen[i % chosen.length]];
    }
    float[] factors = new float[scales.length == 1 ? 1 : chosen.length];
    int[] biases = new int[chosen.length];
    for (int k = 0; k < chosen.length; k++) {
      factors[scales.length == 1 ? 0 : k] = scale(chosen[k]);
      biases[k] = bias[chosen[k]];
    }
    return new QuantizedLayer(type, kernels, factors, zeroPoint, biases, output, product, rounding);
  }

  /** Returns the number of output channels. */
  public int channels() {
    return bias.length;
  }

  /** Returns the kernel's scale of an output channel. */
  public float scale(int channel) {
    return scales[scales.length == 1 ? 0 : channel];
  }

  /** Returns the values of the kernel less its zero point, −255 to 255. */
  public short[] centered() {
    short[] values = new short[kernel.length];
    for (int i = 0; i < kernel.length; i++) {
      int value = type == DataType.U8 ? kernel[i] & 0xff : kernel[i];
      values[i] = (short) (value - zeroPoint);
    }
    return values;
  }

  /** Returns the numbers that the kernel's values stand for. */
  float[] kernelFloats() {
    short[] centered = centered();
    float[] values = new float[centered.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((double) scale(i % channels()) * centered[i]);
    }
    return values;
  }

  /**
   * Returns the numbers that the bias stands for.
   *
   * @param inputScale of the layer's input
   */
  float[] biasFloats(float inputScale) {
    float[] values = new float[bias.length];
    for (int k = 0; k < values.length; k++) {
      // Files state this scale, rounded to float32.
      float unit = inputScale * scale(k);
      values[k] = (float) ((double) unit * bias[k]);
    }
    return values;
  }

  /**
   * Returns the factors of {@link Rounding#FLOAT}: products and quotients of float32.
   *
   * @param inputScale of the layer's input
   */
  public float[] floatFactors(float inputScale) {
    float[] factors = new float[channels()];
    for (int k = 0; k < factors.length; k++) {
      factors[k] = inputScale * scale(k) / output.scale();
    }
    return factors;
  }

  /**
   * Returns what the sums of each output channel are multiplied by: the input's scale times the
   * kernel's by the output's.
   *
   * @param inputScale of the layer's input
   */
  public double[] factors(float inputScale) {
    double[] factors = new double[channels()];
    for (int k = 0; k < factors.length; k++) {
      double scaled =
          switch (product) {
            case SINGLE -> inputScale * scale(k);
            case DOUBLE -> (double) inputScale * scale(k);
          };
      factors[k] = scaled / output.scale();
    }
    return factors;
  }
}
