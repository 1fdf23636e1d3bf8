package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Something beside the weights in which two models differ.
 *
 * @param name what it is
 * @param first the first model's
 * @param second the second model's
 */
record ModelDifference(String name, String first, String second) {
  private static final int LONGEST = 40;

  /** Returns all of them. BatchNorm's ε is not one: the variances may make up for it. */
  static List<ModelDifference> of(Model first, Model second) {
    Map<String, String> ours = metadata(first);
    Map<String, String> theirs = metadata(second);
    List<ModelDifference> differences = new ArrayList<>();
    ours.forEach((name, value) -> {
      if (!value.equals(theirs.get(name))) {
        differences.add(new ModelDifference(name, value, theirs.get(name)));
      }
    });
    labels(first, second, differences);
    return differences;
  }

  private static Map<String, String> metadata(Model model) {
    MobileNetV1 network = model.network();
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("width multiplier", Numbers.plain(network.widthMultiplier()));
    metadata.put("backbone", Numbers.words(network.backbone()));
    metadata.put("input", network.input().toString());
    metadata.put("stride of the stem", Numbers.grouped(network.stemStride()));
    metadata.put("hidden layer", Numbers.grouped(network.head().hidden()));
    metadata.put("classes", Numbers.grouped(network.classes()));
    metadata.put("outputs for others", Numbers.grouped(network.head().others()));
    metadata.put("weights", weights(model));
    metadata.put("probabilities", Numbers.words(network.head().activation()));
    metadata.putAll(NetworkTables.conventions(model));
    metadata.remove("BatchNorm ε");
    metadata.put("mean", exactly(model.preprocessing().mean()));
    metadata.put("std", exactly(model.preprocessing().std()));
    return metadata;
  }

  private static String weights(Model model) {
    return switch (model.weights()) {
      case Weights.Trained _, Weights.Folded _ -> "floats";
      case Weights.Quantized integers ->
          integers.layer(model.network().stem()).rounding() == QuantizedLayer.Rounding.FLOAT
              ? "integers, rounded as ONNX Runtime does"
              : "integers, rounded as TensorFlow Lite does";
    };
  }

  /** Returns all digits, for differences may be in the last, and what is the same thrice once. */
  private static String exactly(List<Double> values) {
    return values.stream().distinct().count() == 1
        ? Numbers.plain(values.getFirst())
        : values.stream().map(Numbers::plain).collect(Collectors.joining(" "));
  }

  private static void labels(Model first, Model second, List<ModelDifference> to) {
    List<String> ours = first.labels().names();
    List<String> theirs = second.labels().names();
    if (ours.equals(theirs)) {
      return;
    }
    if (ours.size() != theirs.size()
        || first.labels().areNumbered()
        || second.labels().areNumbered()) {
      to.add(new ModelDifference("labels", names(first), names(second)));
      return;
    }
    List<Integer> other = new ArrayList<>();
    for (int i = 0; i < ours.size(); i++) {
      if (!ours.get(i).equals(theirs.get(i))) {
        other.add(i);
      }
    }
    int i = other.getFirst();
    String more = other.size() == 1 ? "" : ", and %s more".formatted(other.size() - 1);
    to.add(
        new ModelDifference(
            "label of class " + i + more, shortened(ours.get(i)), shortened(theirs.get(i))));
  }

  private static String names(Model model) {
    return model.labels().areNumbered() ? "none" : shortened(NetworkTables.labels(model));
  }

  private static String shortened(String text) {
    return Visible.cut(text, LONGEST);
  }
}
