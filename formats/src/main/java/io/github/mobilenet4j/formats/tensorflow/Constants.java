package io.github.mobilenet4j.formats.tensorflow;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.protobuf.ProtoMessage;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.formats.tensorflow.GraphNodes.Node;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The values of a graph that do not depend on the image: those in the file, variables, and the
 * arithmetic of a BatchNorm that is written out.
 */
final class Constants {
  /** Lists of integers are shapes, axes and paddings. */
  private static final int MOST_INTEGERS = 64;

  private static final Set<String> SAME =
      Set.of("Identity", "ReadVariableOp", "StopGradient", "PlaceholderWithDefault", "Snapshot");

  private final Map<String, Tensor> values = new HashMap<>();
  private final Tensors tensors;
  private final Variables variables;
  private final Map<String, String> keys;
  private final Room room;

  /**
   * @param variables of the graph
   * @param keys where each variable is
   * @param room for what nodes make of constants
   */
  Constants(Tensors tensors, Variables variables, Map<String, String> keys, Room room) {
    this.tensors = tensors;
    this.variables = variables;
    this.keys = keys;
    this.room = room;
  }

  boolean has(String id) {
    return values.containsKey(id);
  }

  /** Returns a constant, null if a value is none. */
  Tensor get(String id) {
    return values.get(id);
  }

  /** Computes the output of a node, if it is a constant. */
  void compute(Node node) {
    Tensor value =
        switch (node.op()) {
          case "Const" -> {
            ProtoMessage attribute = node.attributes().get("value");
            yield attribute == null || isText(node)
                ? null
                : tensors.read(node.title(), attribute.message(TensorFlowSchema.ATTRIBUTE_TENSOR));
          }
          case "VarHandleOp", "VariableV2", "Variable" ->
              variables.value(
                  node.title(), keys.get(GraphNodes.variable(node.name(), node.attributes())));
          default -> made(node);
        };
    if (value != null) {
      values.put(node.id(), value);
    }
  }

  private static boolean isText(Node node) {
    return node.typeCode("dtype") == TensorFlowSchema.TEXT;
  }

  private Tensor made(Node node) {
    if (node.inputs().isEmpty() || !node.inputs().stream().allMatch(this::has)) {
      return null;
    }
    Tensor first = values.get(node.inputs().getFirst());
    if (SAME.contains(node.op())) {
      return first;
    }
    return switch (node.op()) {
      case "Cast" -> isFloat(node.type("DstT")) ? cast(node, first) : null;
      case "Reshape", "Squeeze", "ExpandDims" -> reshaped(node, first);
      case "Rsqrt", "Sqrt", "Neg" -> unary(node, first);
      case "Add", "AddV2", "Sub", "Mul", "RealDiv", "Div" ->
          node.inputs().size() == 2 ? binary(node, first, values.get(node.inputs().get(1))) : null;
      default -> null;
    };
  }

  private Tensor cast(Node node, Tensor from) {
    if (from.type().isFloat()) {
      return from;
    }
    List<Integer> integers = integers(node, 0);
    float[] all = new float[integers.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = integers.get(i);
    }
    return Tensor.of(DataType.F32, from.shape(), all);
  }

  private static boolean isFloat(DataType type) {
    return type != null && type.isFloat();
  }

  /** Values in the same order; how axes of size 1 stand is decided by the shape asked for. */
  private Tensor reshaped(Node node, Tensor from) {
    List<Integer> shape = new ArrayList<>(from.shape());
    switch (node.op()) {
      case "Squeeze" -> {
        List<Integer> axes = node.integers("squeeze_dims");
        shape.clear();
        for (int i = 0; i < from.shape().size(); i++) {
          boolean goes =
              axes.isEmpty() || axes.contains(i) || axes.contains(i - from.shape().size());
          if (!goes || from.shape().get(i) != 1) {
            shape.add(from.shape().get(i));
          }
        }
      }
      case "ExpandDims" -> {
        List<Integer> axis = integers(node, 1);
        int at = axis.size() == 1 ? axis.getFirst() : -1;
        at = at < 0 ? at + shape.size() + 1 : at;
        if (at < 0 || at > shape.size() || shape.size() >= tensors.limits().rank()) {
          return null;
        }
        shape.add(at, 1);
      }
      default -> {
        shape = new ArrayList<>(integers(node, 1));
        long known =
            shape.stream().filter(size -> size != -1).mapToLong(i -> i).reduce(1, (a, b) -> a * b);
        int open = shape.indexOf(-1);
        if (open >= 0 && known > 0) {
          shape.set(open, (int) (from.size() / known));
        }
      }
    }
    try {
      return new Tensor(from.type(), shape, from.data());
    } catch (MobileNetException e) {
      throw e.in(node.title());
    }
  }

  private Tensor unary(Node node, Tensor from) {
    if (!from.type().isFloat()) {
      return null;
    }
    float[] all = floats(node, from);
    for (int i = 0; i < all.length; i++) {
      all[i] =
          switch (node.op()) {
            case "Rsqrt" -> (float) (1 / Math.sqrt(all[i]));
            case "Sqrt" -> (float) Math.sqrt(all[i]);
            default -> -all[i];
          };
    }
    return Tensor.of(DataType.F32, from.shape(), all);
  }

  /** The shape of one must be the end of the other's. */
  private Tensor binary(Node node, Tensor left, Tensor right) {
    Tensor large =
        left.shape().size() >= right.shape().size() && left.size() >= right.size() ? left : right;
    Tensor small = large == left ? right : left;
    int missing = large.shape().size() - small.shape().size();
    boolean ends =
        missing >= 0
            && (small.size() == 1
                || large.shape().subList(missing, large.shape().size()).equals(small.shape()));
    if (!ends || !left.type().isFloat() || !right.type().isFloat()) {
      return null;
    }
    float[] a = floats(node, left);
    float[] b = floats(node, right);
    float[] all = new float[large.size()];
    for (int i = 0; i < all.length; i++) {
      float x = a[i % a.length];
      float y = b[i % b.length];
      all[i] =
          switch (node.op()) {
            case "Add", "AddV2" -> x + y;
            case "Sub" -> x - y;
            case "Mul" -> x * y;
            default -> x / y;
          };
    }
    return Tensor.of(DataType.F32, large.shape(), all);
  }

  private float[] floats(Node node, Tensor from) {
    room.take(3L * Float.BYTES * from.size(), node.title());
    return from.floats();
  }

  /** Returns the integers of an input that must be a short list of them. */
  List<Integer> integers(Node node, int place) {
    Tensor list = place < node.inputs().size() ? values.get(node.inputs().get(place)) : null;
    boolean valid =
        list != null
            && (list.type() == DataType.I32 || list.type() == DataType.I64)
            && list.size() <= MOST_INTEGERS;
    if (!valid) {
      throw new MobileNetException(
          node.title() + " needs whole numbers that are constant, for its input " + place);
    }
    Integer[] all = new Integer[list.size()];
    Arrays.setAll(
        all,
        i ->
            list.type() == DataType.I32
                ? list.data().getInt(i * Integer.BYTES)
                : Math.clamp(
                    list.data().getLong(i * Long.BYTES), Integer.MIN_VALUE, Integer.MAX_VALUE));
    return List.of(all);
  }
}
