package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import java.util.List;
import java.util.Map;

/** A model of random weights, the same each time. */
final class Untrained {
  private Untrained() {}

  static Model model(MobileNetV1 network, List<String> labels) {
    return new Model(
        network,
        RandomWeights.of(network, 7),
        Preprocessing.TENSORFLOW,
        new Labels(labels),
        Map.of());
  }
}
