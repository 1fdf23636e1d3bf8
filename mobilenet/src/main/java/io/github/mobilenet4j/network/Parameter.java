package io.github.mobilenet4j.network;

import java.util.List;

/**
 * One named array of a network.
 *
 * @param layer the layer it belongs to
 * @param role what it is to that layer
 * @param shape dimensions in this library's layout: stem {@code [3,3,C,K]}, depthwise {@code
 *     [3,3,C]}, pointwise and classifier {@code [C,K]}, everything else {@code [K]}
 */
public record Parameter(Layer layer, Role role, List<Integer> shape) {
  /** Copies the shape. */
  public Parameter {
    shape = List.copyOf(shape);
  }

  /** Returns the canonical name, such as {@code block3.depthwise.kernel}. */
  public String name() {
    return name(layer, role);
  }

  /** Returns the canonical name of what has a role in a layer. */
  public static String name(Layer layer, Role role) {
    return layer.name() + "." + role;
  }

  /** Returns the number of values. */
  public long size() {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }
}
