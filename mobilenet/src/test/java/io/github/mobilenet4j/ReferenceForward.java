package io.github.mobilenet4j;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The network in plain loops and double precision, to check weights apart from any kernel. */
public final class ReferenceForward {
  private ReferenceForward() {}

  /**
   * Returns the output of every layer by name, {@code [P,Q,K]}; the last are the logits.
   *
   * @param x one picture {@code [H,W,3]}, preprocessed
   */
  public static Map<String, double[]> run(MobileNetV1 network, Weights weights, double[] x) {
    Map<String, double[]> outputs = new LinkedHashMap<>();
    double[] at = x;
    for (Layer layer : network.layers()) {
      at =
          switch (layer) {
            case Layer.Convolution c ->
                normalize(network, weights, c, convolve(network, weights, c, at));
            case Layer.GlobalAveragePool p -> mean(p, at);
            case Layer.Dense d ->
                Arrays.stream(classify(weights, d, at)).map(v -> Math.max(v, 0)).toArray();
            case Layer.Classifier c -> classify(weights, c, at);
          };
      outputs.put(layer.name(), at);
    }
    return outputs;
  }

  /** Returns the logits of one picture. */
  public static double[] logits(MobileNetV1 network, Weights weights, double[] x) {
    return run(network, weights, x).get(network.classifier().name());
  }

  /** Returns e^z / Σ e^z. */
  public static double[] softmax(double[] z) {
    double sum = 0;
    double[] p = new double[z.length];
    for (int i = 0; i < z.length; i++) {
      p[i] = Math.exp(z[i]);
      sum += p[i];
    }
    for (int i = 0; i < z.length; i++) {
      p[i] /= sum;
    }
    return p;
  }

  private static double[] convolve(
      MobileNetV1 network, Weights weights, Layer.Convolution layer, double[] x) {
    int size = layer instanceof Layer.Pointwise ? 1 : 3;
    boolean depthwise = layer instanceof Layer.Depthwise;
    int h = layer.in().height();
    int w = layer.in().width();
    int c = layer.in().channels();
    int k = layer.out().channels();
    int top = size == 1 ? 0 : network.padding(layer).before(h, layer.stride());
    int left = size == 1 ? 0 : network.padding(layer).before(w, layer.stride());
    float[] kernel = weights.get(layer, Role.KERNEL);
    double[] y = new double[(int) layer.out().size()];
    for (int p = 0; p < layer.out().height(); p++) {
      for (int q = 0; q < layer.out().width(); q++) {
        int to = (p * layer.out().width() + q) * k;
        for (int i = 0; i < size; i++) {
          for (int j = 0; j < size; j++) {
            int row = p * layer.stride() + i - top;
            int column = q * layer.stride() + j - left;
            if (row < 0 || row >= h || column < 0 || column >= w) {
              continue;
            }
            int from = (row * w + column) * c;
            int tap = i * size + j;
            for (int in = 0; in < c; in++) {
              if (depthwise) {
                y[to + in] += x[from + in] * kernel[tap * c + in];
                continue;
              }
              for (int out = 0; out < k; out++) {
                y[to + out] += x[from + in] * kernel[(tap * c + in) * k + out];
              }
            }
          }
        }
      }
    }
    return y;
  }

  private static double[] normalize(
      MobileNetV1 network, Weights weights, Layer.Convolution layer, double[] x) {
    int k = layer.out().channels();
    double[] y = new double[x.length];
    float[] bias = weights.get(layer, Role.BIAS);
    if (bias != null) {
      for (int i = 0; i < y.length; i++) {
        y[i] = Math.clamp(x[i] + bias[i % k], 0, network.activation().ceiling());
      }
      return y;
    }
    float[] gamma = weights.get(layer, Role.GAMMA);
    float[] beta = weights.get(layer, Role.BETA);
    float[] mean = weights.get(layer, Role.MEAN);
    float[] variance = weights.get(layer, Role.VARIANCE);
    for (int i = 0; i < y.length; i++) {
      double v =
          (x[i] - mean[i % k]) / Math.sqrt(variance[i % k] + network.epsilon()) * gamma[i % k]
              + beta[i % k];
      y[i] = Math.clamp(v, 0, network.activation().ceiling());
    }
    return y;
  }

  private static double[] mean(Layer layer, double[] x) {
    int c = layer.in().channels();
    double[] y = new double[c];
    for (int i = 0; i < x.length; i++) {
      y[i % c] += x[i] / layer.in().area();
    }
    return y;
  }

  private static double[] classify(Weights weights, Layer layer, double[] x) {
    float[] kernel = weights.get(layer, Role.KERNEL);
    float[] bias = weights.get(layer, Role.BIAS);
    double[] y = new double[bias.length];
    for (int k = 0; k < y.length; k++) {
      y[k] = bias[k];
      for (int c = 0; c < x.length; c++) {
        y[k] += x[c] * kernel[c * y.length + k];
      }
    }
    return y;
  }
}
