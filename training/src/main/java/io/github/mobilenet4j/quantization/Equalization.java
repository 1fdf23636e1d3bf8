package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import java.util.List;
import java.util.Map;

/**
 * Cross-layer equalisation (Nagel et al., arXiv:1906.04721, section 4.1): a channel between two
 * layers is divided by s in the first and multiplied by s in the second, {@code s = √(r₁ / r₂)} of
 * the ranges that the kernels have for it, until all channels of a kernel have about the same range
 * and one scale suits them.
 *
 * <p>ReLU lets s &gt; 0 pass. ReLU6 does so below its ceiling only. Therefore a channel that
 * reaches the ceiling on any image stays as it is; another is made larger only as far as it stays
 * within what the layer's channels reach. So the network computes the same on these images, and no
 * activation needs a greater range.
 */
final class Equalization {
  private static final int MOST_ROUNDS = 50;
  private static final double ENOUGH = 1e-3;

  private final double ceiling;
  private final List<Layer> layers;
  private final Map<String, float[]> values;

  /**
   * @param values folded, by canonical name; changed by {@link #apply}
   */
  Equalization(MobileNetV1 network, Map<String, float[]> values) {
    this.ceiling = network.activation().ceiling();
    this.layers = network.layers().stream().filter(layer -> layer.kernelValues() > 0).toList();
    this.values = values;
  }

  /**
   * Equalises all layers.
   *
   * @param largest the largest output of each channel, by layer; changed
   */
  void apply(Map<Layer, float[]> largest) {
    double change = 1;
    for (int round = 0; round < MOST_ROUNDS && change > ENOUGH; round++) {
      change = 0;
      for (int i = 0; i + 1 < layers.size(); i++) {
        change = Math.max(change, pair(layers.get(i), layers.get(i + 1), largest));
      }
    }
  }

  /** Returns by how much a factor differed from 1 at most. */
  private double pair(Layer first, Layer second, Map<Layer, float[]> largest) {
    float[] outputs = largest.get(first);
    double most = 0;
    for (float output : outputs) {
      most = Math.max(most, output);
    }
    float[] kernel1 = kernel(first);
    float[] kernel2 = kernel(second);
    float[] bias = values.get(Parameter.name(first, Role.BIAS));
    boolean clipped = first instanceof Layer.Convolution && most >= ceiling;
    double change = 0;
    for (int c = 0; c < outputs.length; c++) {
      double r1 = range(kernel1, outputs.length, c, 1);
      double r2 = inputRange(second, kernel2, c);
      if (!(r1 > 0 && r2 > 0) || clipped && outputs[c] >= ceiling) {
        continue;
      }
      // A channel that no image shows could become anything on others.
      double least = outputs[c] > 0 ? outputs[c] / most : 1;
      float s = (float) Math.max(Math.sqrt(r1 / r2), least);
      change = Math.max(change, Math.abs(s - 1));
      for (int i = c; i < kernel1.length; i += outputs.length) {
        kernel1[i] /= s;
      }
      bias[c] /= s;
      outputs[c] /= s;
      scaleInput(second, kernel2, c, s);
    }
    return change;
  }

  private float[] kernel(Layer layer) {
    return values.get(Parameter.name(layer, Role.KERNEL));
  }

  /** Returns the largest magnitude of every so many values from one on. */
  private static double range(float[] kernel, int step, int first, int count) {
    float most = 0;
    for (int i = first; i < kernel.length; i += step) {
      for (int k = i; k < i + count; k++) {
        most = Math.max(most, Math.abs(kernel[k]));
      }
    }
    return most;
  }

  /** How many values of a kernel side by side belong to an input channel. */
  private static int beside(Layer layer) {
    return layer instanceof Layer.Depthwise ? 1 : layer.out().channels();
  }

  private static double inputRange(Layer layer, float[] kernel, int channel) {
    int beside = beside(layer);
    return range(kernel, layer.in().channels() * beside, channel * beside, beside);
  }

  private static void scaleInput(Layer layer, float[] kernel, int channel, float s) {
    int beside = beside(layer);
    int step = layer.in().channels() * beside;
    for (int i = channel * beside; i < kernel.length; i += step) {
      for (int k = i; k < i + beside; k++) {
        kernel[k] *= s;
      }
    }
  }
}
