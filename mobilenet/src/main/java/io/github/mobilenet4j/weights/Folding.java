package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Role;

/**
 * A convolution with its BatchNorm folded in: {@code γ (Wx − μ) / √(σ² + ε) + β = W'x + b}, so that
 * inference knows no BatchNorm. {@link FoldedBatchNorm} is the way back.
 *
 * @param kernel W', in the layout of the convolution's kernel
 * @param bias b, {@code [K]}
 */
@SuppressWarnings("ArrayRecordComponent")
public record Folding(float[] kernel, float[] bias) {
  /**
   * Folds in double precision.
   *
   * @throws MobileNetException if a result is not finite, as with weights that are not, or a
   *     variance below −ε
   */
  public static Folding of(Layer.Convolution layer, Weights weights, double epsilon) {
    float[] kernel = weights.get(layer, Role.KERNEL);
    float[] gamma = weights.get(layer, Role.GAMMA);
    float[] beta = weights.get(layer, Role.BETA);
    float[] mean = weights.get(layer, Role.MEAN);
    float[] variance = weights.get(layer, Role.VARIANCE);
    int k = gamma.length;
    double[] scale = new double[k];
    float[] bias = new float[k];
    for (int i = 0; i < k; i++) {
      scale[i] = gamma[i] / Math.sqrt(variance[i] + epsilon);
      bias[i] = (float) (beta[i] - mean[i] * scale[i]);
    }
    float[] folded = new float[kernel.length];
    // The output channel is the last dimension of every kernel.
    for (int row = 0; row < kernel.length; row += k) {
      for (int i = 0; i < k; i++) {
        folded[row + i] = (float) (kernel[row + i] * scale[i]);
      }
    }
    Finite.require(layer.name() + " with its BatchNorm folded in", folded, bias);
    return new Folding(folded, bias);
  }
}
