package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Dialect;
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
        resized(
            options
                .like()
                .like(
                    MobileNetV1.builder()
                        .widthMultiplier(options.widthMultiplier())
                        .channels(options.channels())
                        .stemStride(options.stemStride())),
            options,
            classes);
    return new Model(
        network,
        options.initialization().weights(network, options.seed()),
        options.preprocessing(),
        classes,
        Map.of());
  }

  /**
   * Returns somebody's weights, with a new classifier alone for their head unless it is one of
   * these classes.
   *
   * @throws MobileNetException if the weights are those of a network of another width, other
   *     channels or another stride of the stem
   */
  static Model from(Model from, TrainingOptions options, Labels classes) {
    if (options.like() != Dialect.CANONICAL) {
      throw new MobileNetException(
          "like is %s, expected none: the weights to begin with decide it"
              .formatted(options.like()));
    }
    MobileNetV1 own = from.network();
    requireSame("width multiplier", options.widthMultiplier(), own.widthMultiplier());
    requireSame("channels", options.channels(), own.channels());
    requireSame("stride of the stem", options.stemStride(), own.stemStride());
    boolean same = TrainingOptions.keepsClassifier(from, classes);
    MobileNetV1 network = resized(own.toBuilder().head(MobileNetV1.Head.NONE), options, classes);
    Map<String, float[]> values = new HashMap<>(from.weights().withBatchNorm(own).values());
    if (!same) {
      own.headLayers().stream()
          .flatMap(layer -> layer.parameters().stream())
          .forEach(p -> values.remove(p.name()));
      network
          .classifier()
          .parameters()
          .forEach(p -> values.put(p.name(), options.initialization().values(p, options.seed())));
    }
    Map<String, String> kept = new HashMap<>(from.metadata());
    // What was assumed of the weights to begin with is known of what is trained.
    kept.keySet().removeAll(Set.of(Model.PREPROCESSING, Model.LABELS, Dialect.NAMES));
    if (!same) {
      kept.remove(Model.WORDNET);
    }
    return new Model(network, new Weights.Trained(values), options.preprocessing(), classes, kept);
  }

  private static void requireSame(String what, Number asked, Number own) {
    if (!asked.equals(own)) {
      throw new MobileNetException(
          "%s is %s, the weights to begin with have %s".formatted(what, asked, own));
    }
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
