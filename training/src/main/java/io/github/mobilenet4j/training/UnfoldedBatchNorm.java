package io.github.mobilenet4j.training;

import io.github.mobilenet4j.data.Batch;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * BatchNorm for weights that came with theirs folded into the kernels. Such weights compute {@code
 * z + bias} where training normalises z by the statistics of the batch, so that a network which is
 * trained as it came begins as another one. Here each layer gets the mean μ and the variance σ² of
 * its z over some pictures, {@code γ = √(σ² + ε)} and {@code β = bias + μ}: the normalised network
 * then computes {@code z + bias} again, with running statistics exactly, with a batch's nearly.
 */
public final class UnfoldedBatchNorm {
  private UnfoldedBatchNorm() {}

  /**
   * Returns weights that compute the same and can be trained.
   *
   * @param images to measure with
   * @param stop asked before each layer whether to give up, with BatchNorms that add biases only
   */
  public static Weights.Trained of(
      MobileNetV1 network, Weights.Folded folded, Batch images, int threads, BooleanSupplier stop) {
    Weights.Trained begun = folded.withBatchNorm(network);
    // With momentum 1 the running statistics are those of the batch.
    try (TrainingGraph graph = new TrainingGraph(network, begun, images.n(), threads, 0, 1)) {
      Map<String, float[]> values = new HashMap<>();
      graph.variables().forEach(p -> values.put(p.name(), p.values()));
      int convolutions = 0;
      // A layer's z is right once all layers before it are.
      for (Layer layer : network.layers()) {
        if (stop.getAsBoolean()) {
          return begun;
        }
        if (layer instanceof Layer.Convolution) {
          convolutions++;
          graph.forward(images.x(), images.n(), convolutions);
          float[] gamma = values.get(Parameter.name(layer, Role.GAMMA));
          float[] beta = values.get(Parameter.name(layer, Role.BETA));
          float[] mean = values.get(Parameter.name(layer, Role.MEAN));
          float[] variance = values.get(Parameter.name(layer, Role.VARIANCE));
          for (int k = 0; k < gamma.length; k++) {
            gamma[k] = (float) Math.sqrt(variance[k] + network.epsilon());
            beta[k] += mean[k];
          }
        }
      }
      return graph.weights();
    }
  }
}
