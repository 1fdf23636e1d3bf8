package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The messages of an ONNX file that a MobileNet V1 needs. */
final class OnnxFile {
  /**
   * One step of the graph.
   *
   * @param title its place and name, for messages
   * @param op such as {@code Conv}
   * @param inputs names of values, empty for one that is left out
   * @param attributes by name
   */
  record Node(
      String title,
      String op,
      List<String> inputs,
      List<String> outputs,
      Map<String, ProtoMessage> attributes) {
    /** Returns the name of the input at a place, empty if there is none. */
    String input(int place) {
      return place < inputs.size() ? inputs.get(place) : "";
    }

    boolean has(String attribute) {
      return attributes.containsKey(attribute);
    }

    long integer(String attribute, long absent) {
      return has(attribute)
          ? attributes.get(attribute).integer(OnnxSchema.ATTRIBUTE_INT, absent)
          : absent;
    }

    float number(String attribute, float absent) {
      return has(attribute)
          ? attributes.get(attribute).number(OnnxSchema.ATTRIBUTE_FLOAT, absent)
          : absent;
    }

    List<Integer> integers(String attribute, List<Integer> absent) {
      return has(attribute)
          ? attributes.get(attribute).integers(OnnxSchema.ATTRIBUTE_INTS).stream()
              .map(LayerWalk::toInt)
              .toList()
          : absent;
    }

    ProtoMessage tensor(String attribute) {
      return attributes.get(attribute).message(OnnxSchema.ATTRIBUTE_TENSOR);
    }

    String text(String attribute) {
      return has(attribute) ? attributes.get(attribute).text(OnnxSchema.ATTRIBUTE_STRING) : "";
    }
  }

  /**
   * What the graph takes.
   *
   * @param shape −1 for a size that is decided later; empty if the file does not say
   */
  record Input(String name, List<Long> shape) {}

  private final ProtoMessage model;
  private final ProtoMessage graph;
  private final Map<String, Tensor> constants = new HashMap<>();

  /**
   * Opens a file.
   *
   * @param limits of nodes, constants and their axes
   * @throws MobileNetException without the file's name, if it is no ONNX file, broken, or asks for
   *     more than the limits allow, as do all methods
   */
  OnnxFile(byte[] content, ReadLimits limits) {
    model = new ProtoMessage(ByteBuffer.wrap(content), limits.entries());
    if (model.messages(OnnxSchema.MODEL_GRAPH).size() != 1
        || model.messages(OnnxSchema.MODEL_OPSET_IMPORT).isEmpty()) {
      throw new MobileNetException("is no ONNX file: it has no graph or no operator set");
    }
    graph = model.message(OnnxSchema.MODEL_GRAPH);
    for (ProtoMessage tensor : graph.messages(OnnxSchema.GRAPH_INITIALIZER)) {
      constants.put(tensor.text(OnnxSchema.TENSOR_NAME), tensor(tensor, limits));
    }
  }

  /** Returns whether a file that begins so may be one: its version comes first, then a text. */
  static boolean isOnnx(byte[] first) {
    return first.length > 3 && first[0] == 8 && first[1] > 0 && first[1] < 32 && first[2] == 0x12;
  }

  /** Returns what the graph's metadata says, by key. */
  Map<String, String> metadata() {
    Map<String, String> metadata = new HashMap<>();
    model
        .messages(OnnxSchema.MODEL_METADATA)
        .forEach(entry ->
            metadata.put(entry.text(OnnxSchema.ENTRY_KEY), entry.text(OnnxSchema.ENTRY_VALUE)));
    return metadata;
  }

  /** Returns the program that wrote the file. */
  String producer() {
    return (model.text(OnnxSchema.MODEL_PRODUCER_NAME)
            + " "
            + model.text(OnnxSchema.MODEL_PRODUCER_VERSION))
        .strip();
  }

  /** Returns the constants with a name. */
  Map<String, Tensor> constants() {
    return constants;
  }

  /** Returns the one input that is no constant. */
  Input input() {
    List<Input> inputs = new ArrayList<>();
    for (ProtoMessage value : graph.messages(OnnxSchema.GRAPH_INPUT)) {
      String name = value.text(OnnxSchema.VALUE_NAME);
      if (!constants.containsKey(name)) {
        List<Long> shape =
            value
                .message(OnnxSchema.VALUE_TYPE)
                .message(OnnxSchema.TYPE_TENSOR)
                .message(OnnxSchema.TENSOR_TYPE_SHAPE)
                .messages(OnnxSchema.SHAPE_DIMENSION)
                .stream()
                .map(dimension -> dimension.integer(OnnxSchema.DIMENSION_VALUE, -1))
                .toList();
        inputs.add(new Input(name, shape));
      }
    }
    if (inputs.size() != 1) {
      throw new MobileNetException(
          "the graph has %s inputs, expected one".formatted(inputs.size()));
    }
    return inputs.getFirst();
  }

  /** Returns the name of the one output. */
  String output() {
    List<ProtoMessage> outputs = graph.messages(OnnxSchema.GRAPH_OUTPUT);
    if (outputs.size() != 1) {
      throw new MobileNetException(
          "the graph has %s outputs, expected one".formatted(outputs.size()));
    }
    return outputs.getFirst().text(OnnxSchema.VALUE_NAME);
  }

  /** Returns the nodes, each behind those whose values it takes. */
  Stream<Node> nodes() {
    List<ProtoMessage> nodes = graph.messages(OnnxSchema.GRAPH_NODE);
    return IntStream.range(0, nodes.size()).mapToObj(i -> node(i, nodes.get(i)));
  }

  private static Node node(int index, ProtoMessage node) {
    Map<String, ProtoMessage> attributes = new HashMap<>();
    node.messages(OnnxSchema.NODE_ATTRIBUTE)
        .forEach(attribute -> attributes.put(attribute.text(OnnxSchema.ATTRIBUTE_NAME), attribute));
    String op = node.text(OnnxSchema.NODE_OP_TYPE);
    String name = MobileNetException.abridged((op + " " + node.text(OnnxSchema.NODE_NAME)).strip());
    return new Node(
        "node %s (%s)".formatted(index, name),
        op,
        node.texts(OnnxSchema.NODE_INPUT),
        node.texts(OnnxSchema.NODE_OUTPUT),
        attributes);
  }

  /** Returns a tensor; values that are not raw stand in a field of their type. */
  static Tensor tensor(ProtoMessage tensor, ReadLimits limits) {
    String title = "tensor " + MobileNetException.abridged(tensor.text(OnnxSchema.TENSOR_NAME));
    if (tensor.integer(OnnxSchema.TENSOR_LOCATION, 0) != 0) {
      throw new MobileNetException(
          title + " has its values in another file; save the model as a single file");
    }
    long code = tensor.integer(OnnxSchema.TENSOR_DATA_TYPE, 0);
    DataType type = OnnxSchema.TYPES.get(code);
    if (type == null) {
      throw new MobileNetException("%s has type code %s".formatted(title, code));
    }
    List<Long> dimensions = tensor.integers(OnnxSchema.TENSOR_DIMENSIONS);
    if (dimensions.size() > limits.rank()) {
      throw new MobileNetException(
          "%s has %s axes, expected at most %s".formatted(title, dimensions.size(), limits.rank()));
    }
    List<Integer> shape = new ArrayList<>();
    for (long dimension : dimensions) {
      if (dimension < 0 || dimension > Integer.MAX_VALUE) {
        throw new MobileNetException("%s has a dimension %s".formatted(title, dimension));
      }
      shape.add((int) dimension);
    }
    ByteBuffer raw = tensor.bytes(OnnxSchema.TENSOR_RAW);
    try {
      return new Tensor(type, shape, raw.limit() > 0 ? raw : typed(tensor, type));
    } catch (MobileNetException e) {
      throw e.in(title);
    }
  }

  private static ByteBuffer typed(ProtoMessage tensor, DataType type) {
    return switch (type) {
      case F32 -> tensor.bytes(OnnxSchema.TENSOR_FLOATS);
      case F64 -> tensor.bytes(OnnxSchema.TENSOR_DOUBLES);
      case I64, I32 -> {
        List<Long> integers =
            tensor.integers(
                type == DataType.I64 ? OnnxSchema.TENSOR_INT64S : OnnxSchema.TENSOR_INT32S);
        ByteBuffer bytes =
            ByteBuffer.allocate(integers.size() * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (long integer : integers) {
          if (type == DataType.I64) {
            bytes.putLong(integer);
          } else {
            bytes.putInt((int) integer);
          }
        }
        yield bytes.flip();
      }
      default -> ByteBuffer.allocate(0);
    };
  }
}
