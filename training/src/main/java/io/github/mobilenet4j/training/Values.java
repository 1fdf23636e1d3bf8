package io.github.mobilenet4j.training;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;

/** Every value of a network in training, by name. */
final class Values {
  private final MobileNetV1 network;
  private final Map<String, TrainingParameter> byName = new LinkedHashMap<>();
  private final Set<? extends Layer> frozen;
  private final Optional<FakeQuantization> quantization;

  /** By layer; none without fake quantisation. */
  private final Map<String, RoundedActivation> activations = new LinkedHashMap<>();

  /**
   * @param initial copied
   * @param frozen which layers are not trained
   */
  Values(
      MobileNetV1 network,
      Weights.Trained initial,
      Set<? extends Layer> frozen,
      Optional<FakeQuantization> quantization) {
    this.network = network;
    this.frozen = frozen;
    this.quantization = quantization;
    for (Parameter p : network.parameters()) {
      float[] values = initial.get(p).clone();
      boolean changes = p.role().trainable() && !frozen.contains(p.layer());
      byName.put(
          p.name(), new TrainingParameter(p, values, changes ? new float[values.length] : null));
    }
    quantization.ifPresent(q -> {
      for (Layer layer : network.layers()) {
        float[] range = q.ranges().getOrDefault(layer.name(), new float[2]).clone();
        activations.put(layer.name(), new RoundedActivation(range, q.settled()));
      }
    });
  }

  TrainingParameter get(Layer layer, Role role) {
    return byName.get(Parameter.name(layer, role));
  }

  /** Returns what a layer is computed with: the present values of its kernel, or these rounded. */
  Supplier<float[]> kernel(Layer layer) {
    float[] kernel = get(layer, Role.KERNEL).values();
    if (quantization.isEmpty()) {
      return () -> kernel;
    }
    IntToDoubleFunction factor = quantization.get().perTensor() ? factor(layer) : null;
    return new RoundedKernel(kernel, layer.out().channels(), factor)::rounded;
  }

  /**
   * Returns by what each output channel is multiplied once BatchNorm is folded in, its magnitude.
   */
  private IntToDoubleFunction factor(Layer layer) {
    if (!(layer instanceof Layer.Convolution)) {
      return _ -> 1;
    }
    float[] gamma = get(layer, Role.GAMMA).values();
    float[] variance = get(layer, Role.VARIANCE).values();
    return k -> Math.abs(gamma[k]) / Math.sqrt(variance[k] + network.epsilon());
  }

  /** Returns the rounding of a layer's output, if there is one. */
  Optional<RoundedActivation> activation(Layer layer) {
    return Optional.ofNullable(activations.get(layer.name()));
  }

  /** Returns the ranges of the layers' outputs, by layer: copies. */
  Map<String, float[]> ranges() {
    Map<String, float[]> copies = new LinkedHashMap<>();
    activations.forEach((name, activation) -> copies.put(name, activation.range().clone()));
    return copies;
  }

  /** Returns whether BatchNorm normalises by its running statistics, which stay. */
  boolean settled() {
    return quantization.filter(FakeQuantization::settled).isPresent();
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
