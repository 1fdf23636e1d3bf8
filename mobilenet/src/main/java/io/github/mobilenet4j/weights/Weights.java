package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Parameter;
import io.github.mobilenet4j.network.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The trained values of one network by canonical name ({@link Parameter#name()}), in this library's
 * layouts. Complete: there is a value for every parameter of the network and no other.
 *
 * <p>The arrays are shared, not copied; whoever hands them over must not write to them again.
 */
public final class Weights {
  private final Map<String, float[]> values;

  /**
   * Checks that every parameter of a network is there with its size.
   *
   * @param source where the values come from, for messages
   * @param values by canonical name
   * @throws MobileNetException naming all missing, extra and misshapen tensors
   */
  public Weights(String source, MobileNetV1 network, Map<String, float[]> values) {
    List<String> faults = new ArrayList<>();
    Map<String, float[]> ordered = new LinkedHashMap<>();
    for (Parameter p : network.parameters()) {
      float[] v = values.get(p.name());
      if (v == null) {
        faults.add("missing " + p.name() + " " + p.shape());
      } else if (v.length != p.size()) {
        faults.add(
            "%s has %d values, expected %s = %d"
                .formatted(p.name(), v.length, p.shape(), p.size()));
      }
      ordered.put(p.name(), v);
    }
    Set<String> known = ordered.keySet();
    values.keySet().stream()
        .filter(name -> !known.contains(name))
        .sorted()
        .forEach(name -> faults.add("unexpected " + name));
    if (!faults.isEmpty()) {
      throw new MobileNetException(source + ": " + String.join("; ", abridged(faults)));
    }
    this.values = ordered;
  }

  private static List<String> abridged(List<String> faults) {
    int most = 12;
    if (faults.size() <= most) {
      return faults;
    }
    List<String> first = new ArrayList<>(faults.subList(0, most));
    first.add("and " + (faults.size() - most) + " more");
    return first;
  }

  /** Returns the values of a parameter of the network; not a copy. */
  public float[] get(Parameter parameter) {
    return values.get(parameter.name());
  }

  /** Returns the values of a layer's parameter; not a copy. */
  public float[] get(Layer layer, Role role) {
    return values.get(layer.name() + "." + role);
  }
}
