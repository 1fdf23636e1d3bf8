package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Some of a model's classes: the columns of its classifier that belong to them, bit for bit, so
 * that their logits stay what they are. Their probabilities are then those among each other.
 */
public final class ClassSelection {
  private ClassSelection() {}

  /**
   * Returns a model of some of a model's classes alone.
   *
   * @throws MobileNetException as {@link #of(Model, List, List)}
   */
  public static Model of(Model model, List<Integer> classes) {
    return of(model, classes, List.of());
  }

  /**
   * Returns a model of some of a model's classes. It has their labels and {@linkplain
   * Confidence#NONE nothing} that says how sure it is, which was measured on all.
   *
   * @param classes indices of the model's, in the order that they are to have
   * @param others indices of classes that are none of the new model's: it has {@linkplain
   *     MobileNetV1.Head#others outputs} for them, no names
   * @throws MobileNetException if there is no such class, one stands twice, or there is a single
   *     output for two classes
   */
  public static Model of(Model model, List<Integer> classes, List<Integer> others) {
    MobileNetV1 network = model.network();
    network.requireClassifier();
    if (network.head().activation() == ClassifierActivation.BINARY) {
      throw new MobileNetException("both classes share one output, none can be taken out");
    }
    Set<Integer> seen = new HashSet<>();
    List<Integer> chosen = Stream.concat(classes.stream(), others.stream()).toList();
    for (int c : chosen) {
      if (c < 0 || c >= network.classes() || !seen.add(c)) {
        throw new MobileNetException(
            "class %s, expected different ones from 0 to %s".formatted(c, network.classes() - 1));
      }
    }
    int[] columns = chosen.stream().mapToInt(Integer::intValue).toArray();
    MobileNetV1 smaller = network.toBuilder().classes(classes.size()).others(others.size()).build();
    Layer classifier = network.layers().getLast();
    Weights weights =
        switch (model.weights()) {
          case Weights.Trained trained -> new Weights.Trained(of(trained, classifier, columns));
          case Weights.Folded folded -> new Weights.Folded(of(folded, classifier, columns));
          case Weights.Quantized quantized -> of(quantized, network, smaller, columns);
        };
    return new Model(
        smaller,
        weights,
        model.preprocessing(),
        new Labels(classes.stream().map(model.labels()::name).toList()),
        model.metadata());
  }

  private static Map<String, float[]> of(Weights weights, Layer classifier, int[] columns) {
    Map<String, float[]> values = new HashMap<>(weights.values());
    float[] bias = weights.get(classifier, Role.BIAS);
    float[] kernel = weights.get(classifier, Role.KERNEL);
    float[] chosen = new float[kernel.length / bias.length * columns.length];
    float[] biases = new float[columns.length];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = kernel[i / columns.length * bias.length + columns[i % columns.length]];
    }
    for (int k = 0; k < columns.length; k++) {
      biases[k] = bias[columns[k]];
    }
    values.put(Parameter.name(classifier, Role.KERNEL), chosen);
    values.put(Parameter.name(classifier, Role.BIAS), biases);
    return values;
  }

  private static Weights of(
      Weights.Quantized weights, MobileNetV1 network, MobileNetV1 smaller, int[] columns) {
    Map<String, QuantizedLayer> layers = new HashMap<>();
    for (Layer layer : network.layers()) {
      QuantizedLayer integers = weights.layer(layer);
      if (integers != null) {
        layers.put(layer.name(), integers);
      }
    }
    layers.computeIfPresent(
        network.layers().getLast().name(), (_, classifier) -> classifier.channels(columns));
    return new Weights.Quantized(smaller, weights.type(), weights.input(), layers, weights.ends());
  }
}
