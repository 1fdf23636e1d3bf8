package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.weights.Model;
import java.util.List;

/**
 * A model in integers, and what it lost.
 *
 * @param model its weights are {@link io.github.mobilenet4j.weights.Weights.Quantized}
 * @param images how many it was calibrated on
 * @param layers in order
 */
public record QuantizationResult(Model model, int images, List<LayerLoss> layers) {
  /** Copies the list. */
  public QuantizationResult {
    layers = List.copyOf(layers);
  }
}
