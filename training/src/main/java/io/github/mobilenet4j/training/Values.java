package io.github.mobilenet4j.training;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every value of a network in training, by name. */
final class Values {
  private final MobileNetV1 network;
  private final Map<String, TrainingParameter> byName = new LinkedHashMap<>();
  private final Set<? extends Layer> frozen;

  /**
   * @param initial copied
   * @param frozen which layers are not trained
   */
  Values(MobileNetV1 network, Weights.Trained initial, Set<? extends Layer> frozen) {
    this.network = network;
    this.frozen = frozen;
    for (Parameter p : network.parameters()) {
      float[] values = initial.get(p).clone();
      boolean changes = p.role().trainable() && !frozen.contains(p.layer());
      byName.put(
          p.name(), new TrainingParameter(p, values, changes ? new float[values.length] : null));
    }
  }

  TrainingParameter get(Layer layer, Role role) {
    return byName.get(Parameter.name(layer, role));
  }

  /** Returns what an optimizer changes. */
  List<TrainingParameter> trained() {
    return byName.values().stream().filter(p -> p.gradient() != null).toList();
  }

  /** Returns the running statistics that follow the data. */
  List<TrainingParameter> statistics() {
    return byName.values().stream()
        .filter(p -> !p.definition().role().trainable() && !frozen.contains(p.definition().layer()))
        .toList();
  }

  /** Returns a copy. */
  Weights.Trained copy() {
    Map<String, float[]> copies = new LinkedHashMap<>();
    byName.forEach((name, p) -> copies.put(name, p.values().clone()));
    return new Weights.Trained(copies);
  }
}
