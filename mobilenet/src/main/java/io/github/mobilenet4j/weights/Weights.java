package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Parameter;
import io.github.mobilenet4j.network.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The trained values of one network by canonical name ({@link Parameter#name()}), in this library's
 * layouts. Complete: there is a value for every parameter of the network and no other.
 *
 * <p>The arrays are shared, not copied; whoever hands them over must not write to them again.
 */
public final class Weights {
  private final Map<String, float[]> values;
  private final Map<String, List<Integer>> shapes;

  /**
   * Checks that every parameter of a network is there with its size.
   *
   * @param source where the values come from, for messages
   * @param values by canonical name
   * @throws MobileNetException naming all missing, extra and misshapen tensors
   */
  public Weights(String source, MobileNetV1 network, Map<String, float[]> values) {
    Map<String, List<Integer>> found = new LinkedHashMap<>();
    values.forEach((name, v) -> found.put(name, List.of(v.length)));
    Map<String, float[]> ordered = new LinkedHashMap<>();
    for (Parameter p : network.parameters()) {
      float[] v = values.get(p.name());
      if (v != null && v.length == p.size()) {
        found.put(p.name(), p.shape());
      }
      ordered.put(p.name(), v);
    }
    shapes = shapes(network);
    ShapeCheck.check(source, shapes, found);
    this.values = ordered;
  }

  private static Map<String, List<Integer>> shapes(MobileNetV1 network) {
    Map<String, List<Integer>> shapes = new LinkedHashMap<>();
    network.parameters().forEach(p -> shapes.put(p.name(), p.shape()));
    return shapes;
  }

  /**
   * Checks that these are weights of a network. Its input may have another size than the one that
   * they were made for: no parameter depends on it.
   *
   * @throws MobileNetException naming all missing, extra and misshapen tensors
   */
  public void requireFor(MobileNetV1 network) {
    ShapeCheck.check("weights of another network", shapes(network), shapes);
  }

  /** Returns the values of a parameter of the network; not a copy. */
  public float[] get(Parameter parameter) {
    return values.get(parameter.name());
  }

  /** Returns the values of a layer's parameter; not a copy. */
  public float[] get(Layer layer, Role role) {
    return values.get(Parameter.name(layer, role));
  }
}
