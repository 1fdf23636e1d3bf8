package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.MobileNetV1.Backbone;
import io.github.mobilenet4j.network.MobileNetV1.Block;
import java.util.List;
import java.util.stream.Stream;

/**
 * Separable convolution beside the standard 3×3 convolution with the same input and output: section
 * 3.1 of the paper.
 *
 * @param name the block's, or "network" for all of it
 * @param formula what section 3.1 derives for the ratio of MACs, {@code 1/K + 1/9}; NaN for the
 *     whole network, whose stem and head are the same in both
 */
record Comparison(String name, Cost separable, Cost standard, double formula) {
  /** Multiply-adds for one picture, trainable parameters, and those of them in kernels. */
  record Cost(long macs, long parameters, long kernels) {
    private static Cost of(List<Layer> layers) {
      return new Cost(
          layers.stream().mapToLong(Layer::macs).sum(),
          layers.stream().mapToLong(Layer::trainableParameters).sum(),
          layers.stream().mapToLong(Layer::kernelValues).sum());
    }
  }

  /** Returns one for each block, then one for the network. */
  static List<Comparison> of(MobileNetV1 network) {
    MobileNetV1 standard = network.toBuilder().backbone(Backbone.STANDARD).build();
    Comparison whole =
        new Comparison(
            "network", Cost.of(network.layers()), Cost.of(standard.layers()), Double.NaN);
    return Stream.concat(network.blocks().stream().map(Comparison::of), Stream.of(whole)).toList();
  }

  private static Comparison of(Block block) {
    return new Comparison(
        "block" + block.number(),
        Cost.of(List.of(block.depthwise(), block.pointwise())),
        Cost.of(List.of(block.standard())),
        1.0 / block.pointwise().out().channels() + 1.0 / 9);
  }

  /** Returns the separable MACs as a part of the standard ones. */
  double ratio() {
    return (double) separable.macs() / standard.macs();
  }
}
