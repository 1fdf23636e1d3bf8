package io.github.mobilenet4j.formats.keras;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Where an HDF5 file has the tensors of a Keras model's layers. */
sealed interface KerasTensors {
  /**
   * Returns a layer's tensors by what they are to it, {@code kernel}, or else by their place,
   * {@code 0}. To be called once for each layer, in the model's order.
   */
  Map<String, Tensor> of(String className, String name);

  /** Returns where the layers are of a model that is a layer itself. */
  KerasTensors in(String className, String name);

  /**
   * A group for each layer, by its name, whose {@code weight_names} has paths such as {@code
   * conv1/kernel:0}. A model that is a layer has a single group, with the paths of all its layers.
   */
  record Named(HdfGroup group, boolean single) implements KerasTensors {
    @Override
    public Map<String, Tensor> of(String className, String name) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      Optional<HdfGroup> own = single ? Optional.of(group) : group.group(name);
      own.ifPresent(layer -> {
        for (String path : layer.texts("weight_names")) {
          int slash = path.lastIndexOf('/');
          if ((!single || path.substring(0, Math.max(slash, 0)).equals(name))
              && layer.isNoCount(path)) {
            tensors.put(path.substring(slash + 1).replaceFirst(":0$", ""), layer.tensor(path));
          }
        }
      });
      return tensors;
    }

    @Override
    public KerasTensors in(String className, String name) {
      return single ? this : new Named(group.group(name).orElse(group), true);
    }
  }

  /**
   * Tensors by the names of layer and variable, {@code conv1/kernel}, perhaps behind those of the
   * models that the layer is in.
   */
  record Flat(Map<String, Map<String, Tensor>> layers) implements KerasTensors {
    /** Puts the tensors of a layer together. */
    static Flat of(Map<String, Tensor> tensors) {
      Map<String, Map<String, Tensor>> layers = new HashMap<>();
      tensors.forEach((path, tensor) -> {
        int slash = Math.max(path.lastIndexOf('/'), 0);
        String layer = path.substring(path.lastIndexOf('/', slash - 1) + 1, slash);
        layers
            .computeIfAbsent(layer, _ -> new LinkedHashMap<>())
            .put(path.substring(slash == 0 ? 0 : slash + 1), tensor);
      });
      return new Flat(layers);
    }

    @Override
    public Map<String, Tensor> of(String className, String name) {
      return layers.getOrDefault(name, Map.of());
    }

    @Override
    public KerasTensors in(String className, String name) {
      return this;
    }
  }

  /**
   * A group for each layer, by its class and how many of that came before it, in the same model:
   * {@code conv2d}, {@code conv2d_1}. Its variables are numbered.
   */
  final class Counted implements KerasTensors {
    private static final List<String> LAYERS = List.of("layers", "_layer_checkpoint_dependencies");

    private final Optional<HdfGroup> layers;
    private final Map<String, Integer> counts = new HashMap<>();

    private Counted(Optional<HdfGroup> layers) {
      this.layers = layers;
    }

    /** Returns the layers of a model, if its group is one of this kind. */
    static Optional<Counted> of(HdfGroup model) {
      return LAYERS.stream()
          .flatMap(name -> model.group(name).stream())
          .findFirst()
          .map(group -> new Counted(Optional.of(group)));
    }

    private Optional<HdfGroup> next(String className) {
      String name = snakeCase(className);
      int before = counts.merge(name, 1, Integer::sum) - 1;
      return layers.flatMap(group -> group.group(before == 0 ? name : name + "_" + before));
    }

    @Override
    public Map<String, Tensor> of(String className, String name) {
      return next(className).map(Counted::variables).orElse(Map.of());
    }

    @Override
    public KerasTensors in(String className, String name) {
      return next(className).flatMap(Counted::of).orElse(new Counted(Optional.empty()));
    }

    private static Map<String, Tensor> variables(HdfGroup layer) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      layer
          .group("vars")
          .ifPresent(vars ->
              vars.names().stream()
                  .sorted()
                  .filter(vars::isNoCount)
                  .forEach(name -> tensors.put(name, vars.tensor(name))));
      return tensors;
    }

    /** Returns {@code depthwise_conv2d} for {@code DepthwiseConv2D}. */
    private static String snakeCase(String className) {
      return className
          .replaceAll("\\W+", "")
          .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
          .replaceAll("([a-z])([A-Z])", "$1_$2")
          .toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the tensors of a MobileNet V1 that came without a configuration, in the names of
     * {@link Dialect#KERAS}: the layers of a class are counted in the network's order.
     *
     * @throws MobileNetException naming what is no part of the network
     */
    Map<String, Tensor> applications() {
      Deque<HdfGroup> convolutions = groups("Conv2D");
      Deque<HdfGroup> depthwise = groups("DepthwiseConv2D");
      Deque<HdfGroup> norms = groups("BatchNormalization");
      Deque<HdfGroup> dense = groups("Dense");
      Map<String, Tensor> to = new LinkedHashMap<>();
      for (Layer layer : MobileNetV1.builder().build().layers()) {
        List<Parameter> parameters = layer.parameters();
        switch (layer) {
          case Layer.Convolution c -> {
            put(
                to,
                parameters.subList(0, 1),
                (c instanceof Layer.Depthwise ? depthwise : convolutions).poll());
            put(to, parameters.subList(1, parameters.size()), norms.poll());
          }
          case Layer.GlobalAveragePool _, Layer.Dense _ -> {}
          case Layer.Classifier _ ->
              put(to, parameters, (convolutions.isEmpty() ? dense : convolutions).poll());
        }
      }
      for (Deque<HdfGroup> left : List.of(convolutions, depthwise, norms, dense)) {
        if (!left.isEmpty()) {
          throw new MobileNetException(
              "has %s, for which a MobileNet V1 has no place".formatted(left.peek().path()));
        }
      }
      return to;
    }

    /**
     * Returns the padding of weights that came without a configuration, where it is not that of
     * Keras' applications. Layers without weights have a group too: where there is none for {@code
     * ZeroPadding2D}, convolutions pad themselves, and five are one for each of stride 2.
     */
    Optional<Padding> padding() {
      boolean counted = !groups("ReLU").isEmpty() || !groups("Activation").isEmpty();
      return switch (groups("ZeroPadding2D").size()) {
        case 0 -> counted ? Optional.of(Padding.SAME) : Optional.empty();
        case 5 -> Optional.of(Padding.ASYMMETRIC);
        default -> Optional.empty();
      };
    }

    /** Returns the groups of a class, those of models that are layers first. */
    private Deque<HdfGroup> groups(String className) {
      Deque<HdfGroup> groups = new ArrayDeque<>();
      layers.stream()
          .flatMap(group -> group.names().stream().flatMap(name -> group.group(name).stream()))
          .flatMap(layer -> Counted.of(layer).stream())
          .forEach(model -> model.addTo(groups, className));
      addTo(groups, className);
      return groups;
    }

    private void addTo(Deque<HdfGroup> groups, String className) {
      Optional<HdfGroup> at = next(className);
      while (at.isPresent()) {
        groups.add(at.get());
        at = next(className);
      }
    }

    private static void put(Map<String, Tensor> to, List<Parameter> parameters, HdfGroup layer) {
      if (layer == null) {
        return; // The dialect says what is missing.
      }
      List<Tensor> tensors = List.copyOf(variables(layer).values());
      if (tensors.size() != parameters.size()) {
        throw new MobileNetException(
            "%s, %s, has %s variables, expected %s"
                .formatted(
                    layer.path(),
                    parameters.getFirst().layer().name(),
                    tensors.size(),
                    parameters.stream().map(p -> p.role().toString()).toList()));
      }
      for (int i = 0; i < tensors.size(); i++) {
        to.put(Dialect.KERAS.name(parameters.get(i)), convolution(tensors.get(i)));
      }
    }

    /** Returns a Dense layer's kernel as that of a 1×1 convolution, which the applications have. */
    private static Tensor convolution(Tensor tensor) {
      List<Integer> shape = tensor.shape();
      return shape.size() == 2
          ? new Tensor(
              tensor.type(), List.of(1, 1, shape.getFirst(), shape.getLast()), tensor.data())
          : tensor;
    }
  }
}
