package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The model before its first step. */
final class StartingModel {
  private StartingModel() {}

  /** Returns a network of random values. */
  static Model fromScratch(TrainingOptions options, Labels classes) {
    MobileNetV1 network =
        resized(MobileNetV1.builder().widthMultiplier(options.widthMultiplier()), options, classes);
    return new Model(
        network,
        options.initialization().weights(network, options.seed()),
        options.preprocessing(),
        classes,
        Map.of());
  }

  /**
   * Returns somebody's weights, whose classifier is a new one unless it has these classes.
   *
   * @throws MobileNetException if the weights are those of a network of another width
   */
  static Model from(Model from, TrainingOptions options, Labels classes) {
    if (from.network().widthMultiplier() != options.widthMultiplier()) {
      throw new MobileNetException(
          "width multiplier is %s, the weights to begin with have %s"
              .formatted(options.widthMultiplier(), from.network().widthMultiplier()));
    }
    MobileNetV1 network = resized(from.network().toBuilder(), options, classes);
    Map<String, float[]> values =
        new HashMap<>(from.weights().withBatchNorm(from.network()).values());
    if (!from.labels().equals(classes)) {
      network
          .classifier()
          .parameters()
          .forEach(p -> values.put(p.name(), options.initialization().values(p, options.seed())));
    }
    Map<String, String> kept = new HashMap<>(from.metadata());
    // What was assumed of the weights to begin with is known of what is trained.
    kept.keySet().removeAll(Set.of(Model.PREPROCESSING, Model.LABELS));
    return new Model(network, new Weights.Trained(values), options.preprocessing(), classes, kept);
  }

  private static MobileNetV1 resized(
      MobileNetV1.Builder network, TrainingOptions options, Labels classes) {
    return network
        .input(options.height(), options.width())
        .dropout(options.dropout())
        .classes(classes.names().size())
        .build();
  }
}
