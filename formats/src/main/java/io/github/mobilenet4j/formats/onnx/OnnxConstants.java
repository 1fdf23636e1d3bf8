package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.onnx.OnnxFile.Node;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.formats.reading.Strided;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The values of an ONNX graph that do not depend on the picture: those in the file, and what nodes
 * make of them by moving and quantising, never by other arithmetic.
 */
final class OnnxConstants {
  /** Lists of integers are shapes, axes and paddings. */
  private static final int MOST_INTEGERS = 64;

  /** Kernels, zero points and biases. */
  private static final Set<DataType> QUANTISED =
      Collections.unmodifiableSet(EnumSet.of(DataType.I8, DataType.U8, DataType.I32));

  /**
   * What stored integers stand for, {@code scale · (q − zero point)}: one of each, or one for each
   * index of an axis.
   */
  record Quantization(FloatBuffer scales, LongBuffer zeroPoints, int axis) {
    /** Returns what the lowest, or the highest, integer of a type stands for. */
    double bound(DataType type, boolean highest) {
      int stored = highest ? highest(type) : lowest(type);
      return scales.get(0) * (double) (stored - zeroPoints.get(0));
    }

    boolean isWhole() {
      return scales.limit() == 1;
    }

    /**
     * Returns a value of integers that stand for the same, unsigned: signed ones are moved by 128,
     * and their zero point too.
     */
    GraphTensor unsigned(String title, DataType type) {
      long zeroPoint = zeroPoints.get(0) + (type == DataType.I8 ? -Byte.MIN_VALUE : 0);
      LongBuffer moved = LongBuffer.wrap(new long[] {zeroPoint});
      ByteBuffer none = ByteBuffer.allocate(0);
      return new GraphTensor(title, DataType.U8, List.of(), none, scales, moved, 0);
    }
  }

  private final Map<String, Tensor> constants;
  private final Map<String, Quantization> quantizations = new HashMap<>();
  private final OnnxTensors tensors;
  private final Room room;

  /**
   * @param stored those in the file
   * @param tensors reads those in nodes
   * @param room for what nodes make of them: a graph could do it a thousand times
   */
  OnnxConstants(Map<String, Tensor> stored, OnnxTensors tensors, Room room) {
    constants = new HashMap<>(stored);
    this.tensors = tensors;
    this.room = room;
  }

  boolean has(String name) {
    return constants.containsKey(name);
  }

  /**
   * Computes the output of a node that makes one constant of others.
   *
   * @return whether it is such a node
   */
  boolean compute(Node node) {
    Tensor computed =
        node.op().equals("Constant") && node.has("value")
            ? tensors.read(node.tensor("value"))
            : node.inputs().isEmpty() || !node.inputs().stream().allMatch(this::has)
                ? null
                : moved(node, constants.get(node.input(0)));
    if (computed == null) {
      return false;
    }
    constants.put(node.outputs().getFirst(), computed);
    return true;
  }

  private Tensor moved(Node node, Tensor stored) {
    String output = node.outputs().getFirst();
    Quantization quantization = quantizations.get(node.input(0));
    Tensor from = stored;
    if (quantization != null) {
      switch (node.op()) {
        case "Identity", "Cast" -> quantizations.put(output, quantization);
        case "Transpose" -> {
          int axis = order(node, from).indexOf(quantization.axis);
          quantizations.put(
              output, new Quantization(quantization.scales, quantization.zeroPoints, axis));
        }
        default -> {
          room.take((long) Float.BYTES * from.size(), node.title());
          from = Tensor.of(DataType.F32, from.shape(), floats(node, 0).floats());
        }
      }
    }
    return switch (node.op()) {
      case "Identity", "Cast" -> from;
      case "DequantizeLinear" -> {
        if (!QUANTISED.contains(from.type())) {
          throw wrong(node, "takes values of type %s, expected one of %s", from.type(), QUANTISED);
        }
        quantizations.put(output, quantization(node, from.shape().size()));
        yield from;
      }
      case "QuantizeLinear" -> quantized(node, from);
      case "Transpose" -> transposed(node, from);
      case "Squeeze" -> squeezed(node, from);
      case "Unsqueeze" -> unsqueezed(node, from);
      case "Reshape" -> reshaped(node, from);
      case "ConstantOfShape" -> filled(node);
      case "Concat" -> joined(node);
      case "Slice" -> node.inputs().size() < 3 ? null : sliced(node, from);
      default -> null;
    };
  }

  /** A list of zeros, as PyTorch makes it for a padding. */
  private Tensor filled(Node node) {
    List<Integer> shape = integers(node, 0);
    Tensor value = node.has("value") ? tensors.read(node.tensor("value")) : null;
    if (shape.size() != 1
        || shape.getFirst() < 0
        || shape.getFirst() > MOST_INTEGERS
        || value == null
        || value.type() != DataType.I64
        || value.size() != 1) {
      return null;
    }
    long[] all = new long[shape.getFirst()];
    Arrays.fill(all, value.data().getLong());
    return longs(all);
  }

  private Tensor joined(Node node) {
    List<Long> all = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      Tensor part = constants.get(node.input(i));
      if (part.type() != DataType.I64
          || part.shape().size() != 1
          || all.size() + part.size() > MOST_INTEGERS) {
        return null;
      }
      integers(node, i).forEach(value -> all.add((long) value));
    }
    return longs(all.stream().mapToLong(Long::longValue).toArray());
  }

  private static Tensor longs(long[] values) {
    ByteBuffer data =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    data.asLongBuffer().put(values);
    return new Tensor(DataType.I64, List.of(values.length), data);
  }

  /** Inputs: starts, ends, axes, steps. A step of −1 turns an axis around. */
  private Tensor sliced(Node node, Tensor from) {
    if (from.size() > MOST_INTEGERS) {
      return null;
    }
    int rank = from.shape().size();
    List<Integer> starts = integers(node, 1);
    List<Integer> ends = integers(node, 2);
    List<Integer> axes =
        node.input(3).isEmpty()
            ? IntStream.range(0, starts.size()).boxed().toList()
            : integers(node, 3);
    List<Integer> steps =
        node.input(4).isEmpty() ? Collections.nCopies(starts.size(), 1) : integers(node, 4);
    List<Integer> shape = new ArrayList<>(from.shape());
    List<Long> strides = new ArrayList<>(strides(from.shape()));
    long offset = 0;
    for (int i = 0; i < starts.size(); i++) {
      int axis = i < axes.size() ? axes.get(i) + (axes.get(i) < 0 ? rank : 0) : -1;
      if (axis < 0 || axis >= rank || i >= ends.size() || i >= steps.size() || steps.get(i) == 0) {
        throw wrong(node, "has axes %s of shape %s", axes, from.shape());
      }
      long size = from.shape().get(axis);
      long step = steps.get(i);
      long least = step > 0 ? 0 : -1;
      long most = step > 0 ? size : size - 1;
      long start =
          Math.clamp(starts.get(i) + (starts.get(i) < 0 ? size : 0), Math.min(0, most), most);
      long end =
          Math.clamp(ends.get(i) + (ends.get(i) < 0 ? size : 0), least, Math.max(least, most));
      long count = Math.max(0, Math.ceilDiv(end - start, step));
      shape.set(axis, (int) count);
      offset += count == 0 ? 0 : start * strides.get(axis);
      strides.set(axis, strides.get(axis) * step);
    }
    return new Tensor(
        from.type(),
        shape,
        Strided.rowMajor(from.data(), from.type().bytes(), offset, shape, strides));
  }

  private static List<Long> strides(List<Integer> shape) {
    Long[] strides = new Long[shape.size()];
    long step = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      strides[i] = step;
      step *= shape.get(i);
    }
    return List.of(strides);
  }

  /**
   * Returns what a node's second and third input say of the first's integers.
   *
   * @param rank axes of the first input
   */
  Quantization quantization(Node node, int rank) {
    Tensor scale = constant(node, 1);
    Tensor zero = node.input(2).isEmpty() ? null : constant(node, 2);
    int axis = LayerWalk.toInt(node.integer("axis", 1));
    if (!scale.type().isFloat()
        || scale.size() == 0
        || zero != null && (zero.size() != scale.size() || !QUANTISED.contains(zero.type()))
        || node.integer("block_size", 0) != 0) {
      throw wrong(
          node, "has a scale %s %s and a zero point of another kind", scale.type(), scale.shape());
    }
    room.take((long) (Float.BYTES + Long.BYTES) * scale.size(), node.title());
    LongBuffer zeroPoints = LongBuffer.allocate(scale.size());
    if (zero != null) {
      for (float point : zero.floats()) {
        zeroPoints.put((long) point);
      }
    }
    // The axis of one scale does not matter, and of a vector there is no second.
    return new Quantization(
        FloatBuffer.wrap(scale.floats()),
        zeroPoints.clear(),
        scale.size() == 1 || rank < 2 ? 0 : axis < 0 ? axis + rank : axis);
  }

  /** Returns what a node quantises to. */
  DataType quantizedType(Node node) {
    DataType said = OnnxSchema.TYPES.get(node.integer("output_dtype", 0));
    DataType type =
        !node.input(2).isEmpty() ? constant(node, 2).type() : said == null ? DataType.U8 : said;
    if (type != DataType.U8 && type != DataType.I8) {
      throw wrong(node, "quantises to %s, expected 8 bits", type);
    }
    return type;
  }

  private static int lowest(DataType type) {
    return type == DataType.U8 ? 0 : Byte.MIN_VALUE;
  }

  private static int highest(DataType type) {
    return type == DataType.U8 ? 255 : Byte.MAX_VALUE;
  }

  /** Kernels that are stored as floats, and rounded to where the graph begins. */
  private Tensor quantized(Node node, Tensor from) {
    List<Integer> shape = from.shape();
    Quantization to = quantization(node, shape.size());
    DataType type = quantizedType(node);
    int channels =
        to.isWhole() ? 1 : to.axis >= 0 && to.axis < shape.size() ? shape.get(to.axis) : 0;
    if (!from.type().isFloat() || to.scales.limit() != channels) {
      throw wrong(node, "takes %s %s with %s scales", from.type(), shape, to.scales.limit());
    }
    room.take((long) (Float.BYTES + 1) * from.size(), node.title());
    float[] values = from.floats();
    int inner =
        to.isWhole()
            ? Math.max(values.length, 1)
            : shape.subList(to.axis + 1, shape.size()).stream().reduce(1, (a, b) -> a * b);
    ByteBuffer data = ByteBuffer.allocate(values.length);
    for (int i = 0; i < values.length; i++) {
      int channel = i / inner % channels;
      double stored = Math.rint(values[i] / to.scales.get(channel)) + to.zeroPoints.get(channel);
      data.put((byte) Math.clamp(stored, lowest(type), highest(type)));
    }
    return new Tensor(type, shape, data.flip());
  }

  private static List<Integer> order(Node node, Tensor from) {
    int rank = from.shape().size();
    List<Integer> order =
        node.integers("perm", IntStream.range(0, rank).mapToObj(i -> rank - 1 - i).toList());
    if (!order.stream().sorted().toList().equals(IntStream.range(0, rank).boxed().toList())) {
      throw wrong(node, "cannot be computed: order %s of shape %s", order, from.shape());
    }
    return order;
  }

  private Tensor transposed(Node node, Tensor from) {
    List<Integer> order = order(node, from);
    room.take(from.data().limit(), node.title());
    List<Long> steps = strides(from.shape());
    List<Integer> shape = order.stream().map(from.shape()::get).toList();
    List<Long> strides = order.stream().map(steps::get).toList();
    ByteBuffer data = Strided.rowMajor(from.data(), from.type().bytes(), 0, shape, strides);
    return new Tensor(from.type(), shape, data);
  }

  private Tensor squeezed(Node node, Tensor from) {
    Set<Integer> gone = axes(node, from.shape().size());
    List<Integer> shape =
        IntStream.range(0, from.shape().size())
            .filter(i -> gone.isEmpty() ? from.shape().get(i) != 1 : !gone.contains(i))
            .mapToObj(from.shape()::get)
            .toList();
    return shaped(node, from, shape);
  }

  private Tensor unsqueezed(Node node, Tensor from) {
    int rank = from.shape().size() + integers(node, "axes", 1).size();
    Set<Integer> added = axes(node, rank);
    List<Integer> shape = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < rank; i++) {
      shape.add(added.contains(i) || next == from.shape().size() ? 1 : from.shape().get(next++));
    }
    return shaped(node, from, shape);
  }

  /** In the new shape 0 keeps a size and −1 is what is left. */
  private Tensor reshaped(Node node, Tensor from) {
    List<Integer> shape = new ArrayList<>(integers(node, 1));
    long others = 1;
    for (int i = 0; i < shape.size(); i++) {
      if (shape.get(i) == 0 && i < from.shape().size()) {
        shape.set(i, from.shape().get(i));
      }
      others *= shape.get(i) == -1 ? 1 : Math.max(shape.get(i), 1);
      others = Math.min(others, Integer.MAX_VALUE);
    }
    int rest = (int) (from.size() / others);
    shape.replaceAll(size -> size == -1 ? rest : size);
    return shaped(node, from, shape);
  }

  private Tensor shaped(Node node, Tensor from, List<Integer> shape) {
    if (shape.size() > tensors.limits().rank()) {
      throw wrong(node, "has %d axes, expected at most %d", shape.size(), tensors.limits().rank());
    }
    try {
      return new Tensor(from.type(), shape, from.data());
    } catch (MobileNetException e) {
      throw e.in(node.title());
    }
  }

  private Set<Integer> axes(Node node, int rank) {
    return new HashSet<>(
        integers(node, "axes", 1).stream().map(axis -> axis < 0 ? axis + rank : axis).toList());
  }

  /** Returns integers that stand in an attribute, or since operator set 13 in an input. */
  List<Integer> integers(Node node, String attribute, int place) {
    return node.has(attribute) || node.input(place).isEmpty()
        ? node.integers(attribute, List.of())
        : integers(node, place);
  }

  /** Returns an input as integers. */
  List<Integer> integers(Node node, int place) {
    Tensor tensor = constant(node, place);
    if (tensor.type() != DataType.I64 && tensor.type() != DataType.I32
        || tensor.size() > MOST_INTEGERS) {
      throw wrong(node, "takes %s %s, expected integers", tensor.type(), tensor.shape());
    }
    int[] values = new int[tensor.size()];
    ByteBuffer data = tensor.data();
    Arrays.setAll(
        values,
        i ->
            tensor.type() == DataType.I64
                ? LayerWalk.toInt(data.getLong(8 * i))
                : data.getInt(4 * i));
    return Arrays.stream(values).boxed().toList();
  }

  /** Returns an input of floating-point numbers, or of integers that stand for such. */
  GraphTensor floats(Node node, int place) {
    Tensor tensor = constant(node, place);
    Quantization quantization = quantizations.get(node.input(place));
    if (quantization != null) {
      return new GraphTensor(
          node.title(),
          tensor.type(),
          tensor.shape(),
          tensor.data(),
          quantization.scales,
          quantization.zeroPoints,
          quantization.axis);
    }
    if (!tensor.type().isFloat()) {
      throw wrong(node, "takes values of type %s without a scale, expected floats", tensor.type());
    }
    return GraphTensor.of(node.title(), tensor);
  }

  /** Returns an input of one number. */
  double scalar(Node node, int place) {
    Tensor tensor = constant(node, place);
    if (tensor.size() != 1) {
      throw wrong(node, "takes values of shape %s, expected one number", tensor.shape());
    }
    return quantizations.containsKey(node.input(place))
        ? floats(node, place).floats()[0]
        : tensor.floats()[0];
  }

  private Tensor constant(Node node, int place) {
    Tensor tensor = constants.get(node.input(place));
    if (tensor == null) {
      throw wrong(
          node, "takes %s, which is no constant", MobileNetException.abridged(node.input(place)));
    }
    return tensor;
  }

  private static MobileNetException wrong(Node node, String what, Object... arguments) {
    return new MobileNetException(node.title() + " " + String.format(Locale.ROOT, what, arguments));
  }
}
