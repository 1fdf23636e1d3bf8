package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.QuantizedFilters;
import io.github.mobilenet4j.kernels.QuantizedKernels;
import io.github.mobilenet4j.kernels.QuantizedMatrix;
import io.github.mobilenet4j.kernels.Requantization;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Weights;

/**
 * Quantised weights as the kernels take them, whose bytes are unsigned: what is signed is moved by
 * 128, and its zero point too.
 */
final class Integers {
  /** Beyond this a sum could not be rounded twice in 32 bits. */
  private static final long MOST_SUM = 1 << 30;

  private final MobileNetV1 network;
  private final Weights.Quantized weights;

  Integers(MobileNetV1 network, Weights.Quantized weights) {
    this.network = network;
    this.weights = weights;
  }

  /** Returns what is added to values to make them unsigned. */
  int shift() {
    return weights.type() == DataType.I8 ? 128 : 0;
  }

  Weights.Quantized weights() {
    return weights;
  }

  private Quantization unsigned(Quantization q) {
    return new Quantization(q.scale(), q.zeroPoint() + shift());
  }

  /** Returns what the bytes of an input stand for. */
  Quantization input() {
    return unsigned(weights.input());
  }

  /** Returns what the bytes before a layer stand for. */
  Quantization before(Layer layer) {
    return unsigned(weights.before(layer));
  }

  /** Returns what the bytes behind a layer stand for. */
  Quantization after(Layer layer) {
    return unsigned(weights.after(layer));
  }

  int zeroPointBefore(Layer layer) {
    return before(layer).zeroPoint();
  }

  int zeroPointAfter(Layer layer) {
    return after(layer).zeroPoint();
  }

  /** Returns whether the arithmetic is ONNX Runtime's. */
  boolean roundsFloats() {
    return weights.layer(network.stem()).rounding() == QuantizedLayer.Rounding.FLOAT;
  }

  /** Returns what reads the output of a layer as numbers. */
  Batch.Values valuesAfter(Layer layer) {
    Quantization q = after(layer);
    return (from, offset, target, to, count) ->
        from.getQuantized(offset, target, to, count, q.scale(), q.zeroPoint());
  }

  /** Returns the matrix of a product. */
  QuantizedMatrix matrix(QuantizedKernels kernels, Layer layer, int segments) {
    QuantizedLayer integers = weights.layer(layer);
    short[] kernel = integers.centered();
    Requantization requantization = requantization(layer, integers, kernel);
    return new QuantizedMatrix(
        kernels,
        segments,
        kernel.length / integers.channels(),
        kernel,
        integers.bias(),
        before(layer).zeroPoint(),
        requantization);
  }

  /**
   * Returns the filters of a depthwise convolution.
   *
   * @param repeats how many times, with channels filled up with zeros to whole groups if more than
   *     once
   */
  QuantizedFilters filters(QuantizedKernels kernels, Layer.Depthwise layer, int repeats) {
    QuantizedLayer integers = weights.layer(layer);
    short[] kernel = integers.centered();
    Requantization requantization = requantization(layer, integers, kernel);
    int[] bias = integers.bias();
    if (repeats > 1) {
      int channels = bias.length;
      int padded = Channels.padded(channels);
      short[] wide = new short[9 * padded * repeats];
      for (int tap = 0; tap < 9; tap++) {
        for (int r = 0; r < repeats; r++) {
          int to = (tap * repeats + r) * padded;
          System.arraycopy(kernel, tap * channels, wide, to, channels);
        }
      }
      kernel = wide;
      bias = repeated(bias, padded, repeats);
      requantization =
          new Requantization(
              repeated(requantization.multipliers(), padded, repeats),
              repeated(requantization.shifts(), padded, repeats),
              requantization.zeroPoint(),
              requantization.low(),
              requantization.high(),
              requantization.single());
    }
    return new QuantizedFilters(kernels, kernel, bias, before(layer).zeroPoint(), requantization);
  }

  private static int[] repeated(int[] values, int padded, int repeats) {
    int[] wide = new int[padded * repeats];
    for (int r = 0; r < repeats; r++) {
      System.arraycopy(values, 0, wide, r * padded, values.length);
    }
    return wide;
  }

  private Requantization requantization(Layer layer, QuantizedLayer integers, short[] kernel) {
    Quantization output = after(layer);
    int low = 0;
    int high = 255;
    if (layer instanceof Layer.Convolution || layer instanceof Layer.Dense) {
      low = Math.max(0, output.zeroPoint());
      if (layer instanceof Layer.Convolution && network.activation() == Activation.RELU6) {
        float steps = network.activation().ceiling() / output.scale();
        high = (int) Math.min(255, Math.floor(steps + 0.5) + output.zeroPoint());
      }
    }
    try {
      float before = weights.before(layer).scale();
      if (integers.rounding() == QuantizedLayer.Rounding.FLOAT) {
        return Requantization.ofFloats(
            integers.floatFactors(before), output.zeroPoint(), low, high);
      }
      Requantization requantization =
          Requantization.of(integers.factors(before), output.zeroPoint(), low, high);
      requireSmallSums(layer, integers, kernel, requantization);
      return integers.rounding() == QuantizedLayer.Rounding.ONCE
          ? requantization.singly()
          : requantization;
    } catch (IllegalArgumentException e) {
      throw unusable(layer, e);
    }
  }

  private static MobileNetException unusable(Layer layer, IllegalArgumentException e) {
    return new MobileNetException(
        "the scales of layer %s cannot be used: %s".formatted(layer.name(), e.getMessage()), e);
  }

  /**
   * Returns what makes means of the sums of a pooling.
   *
   * @param area values of each sum
   */
  Requantization mean(Layer.GlobalAveragePool pool, int area) {
    double factor = (double) weights.before(pool).scale() / weights.after(pool).scale();
    try {
      return Requantization.mean(factor, area, zeroPointAfter(pool));
    } catch (IllegalArgumentException e) {
      throw unusable(pool, e);
    }
  }

  /** Refuses sums that would need more than 32 bits on the way. */
  private static void requireSmallSums(
      Layer layer, QuantizedLayer integers, short[] kernel, Requantization requantization) {
    if (requantization.roundsOnce()) {
      return;
    }
    int channels = integers.channels();
    long[] most = new long[channels];
    for (int i = 0; i < kernel.length; i++) {
      most[i % channels] += 255 * Math.abs(kernel[i]);
    }
    for (int k = 0; k < channels; k++) {
      long all = most[k] + Math.abs((long) integers.bias()[k]);
      if (all > MOST_SUM) {
        throw new MobileNetException(
            "channel %s of layer %s can have sums of %s, expected at most 2^30"
                .formatted(k, layer.name(), all));
      }
    }
  }
}
