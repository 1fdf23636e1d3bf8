package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;

/**
 * A convolution as the native engines want it: BatchNorm folded, kernel in PyTorch's order.
 *
 * @param kernel {@code [K, C / groups, side, side]}, times γ / √(variance + ε)
 * @param bias {@code [K]}, β − mean · γ / √(variance + ε)
 * @param outputs K
 * @param inputs C / groups
 * @param side rows and columns of the window: 3 or 1
 * @param stride the step between windows
 * @param groups C for a depthwise convolution, otherwise 1
 * @param pads zeros at the top, left, bottom and right, in ONNX's order
 */
record FoldedConvolution(
    float[] kernel,
    float[] bias,
    int outputs,
    int inputs,
    int side,
    int stride,
    int groups,
    long[] pads) {

  static FoldedConvolution of(MobileNetV1 network, Weights weights, Layer.Convolution layer) {
    int k = layer.out().channels();
    int c = layer.in().channels();
    int groups = layer instanceof Layer.Depthwise ? c : 1;
    int side = layer instanceof Layer.Pointwise ? 1 : 3;
    float[] gamma = weights.get(layer, Role.GAMMA);
    float[] beta = weights.get(layer, Role.BETA);
    float[] mean = weights.get(layer, Role.MEAN);
    float[] variance = weights.get(layer, Role.VARIANCE);
    // Each of this library's layouts is [taps, C / groups, K] with its 1s left out.
    float[] ours = weights.get(layer, Role.KERNEL);
    int inputs = c / groups;
    int taps = side * side;
    float[] kernel = new float[ours.length];
    float[] bias = new float[k];
    for (int o = 0; o < k; o++) {
      double scale = gamma[o] / Math.sqrt(variance[o] + network.epsilon());
      bias[o] = (float) (beta[o] - mean[o] * scale);
      for (int i = 0; i < inputs; i++) {
        for (int t = 0; t < taps; t++) {
          kernel[(o * inputs + i) * taps + t] = (float) (ours[(t * inputs + i) * k + o] * scale);
        }
      }
    }
    return new FoldedConvolution(
        kernel, bias, k, inputs, side, layer.stride(), groups, pads(network, layer, side));
  }

  private static long[] pads(MobileNetV1 network, Layer.Convolution layer, int side) {
    if (side == 1) {
      return new long[4];
    }
    int stride = layer.stride();
    int top = network.padding().before(layer.in().height(), stride);
    int left = network.padding().before(layer.in().width(), stride);
    return new long[] {
      top,
      left,
      (layer.out().height() - 1L) * stride + side - layer.in().height() - top,
      (layer.out().width() - 1L) * stride + side - layer.in().width() - left
    };
  }
}
