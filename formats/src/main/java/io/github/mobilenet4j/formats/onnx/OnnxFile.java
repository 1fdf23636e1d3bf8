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

/**
 * The messages of an ONNX file that a MobileNet V1 needs. Field numbers are those of {@code
 * onnx/onnx.proto} of the ONNX specification.
 */
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
      return has(attribute) ? attributes.get(attribute).integer(3, absent) : absent;
    }

    float number(String attribute, float absent) {
      return has(attribute) ? attributes.get(attribute).number(2, absent) : absent;
    }

    List<Integer> integers(String attribute, List<Integer> absent) {
      return has(attribute)
          ? attributes.get(attribute).integers(8).stream().map(LayerWalk::toInt).toList()
          : absent;
    }

    String text(String attribute) {
      return has(attribute) ? attributes.get(attribute).text(4) : "";
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
    if (model.messages(7).size() != 1 || model.messages(8).isEmpty()) {
      throw new MobileNetException("is no ONNX file: it has no graph or no operator set");
    }
    graph = model.message(7);
    for (ProtoMessage tensor : graph.messages(5)) {
      constants.put(tensor.text(8), tensor(tensor, limits));
    }
  }

  /** Returns whether a file that begins so may be one: its version comes first, then a text. */
  static boolean isOnnx(byte[] head) {
    return head.length > 3 && head[0] == 8 && head[1] > 0 && head[1] < 32 && head[2] == 0x12;
  }

  /** Returns what the graph's metadata says, by key. */
  Map<String, String> metadata() {
    Map<String, String> metadata = new HashMap<>();
    model.messages(14).forEach(entry -> metadata.put(entry.text(1), entry.text(2)));
    return metadata;
  }

  /** Returns the program that wrote the file. */
  String producer() {
    return (model.text(2) + " " + model.text(3)).strip();
  }

  /** Returns the constants with a name. */
  Map<String, Tensor> constants() {
    return constants;
  }

  /** Returns the one input that is no constant. */
  Input input() {
    List<Input> inputs = new ArrayList<>();
    for (ProtoMessage value : graph.messages(11)) {
      if (!constants.containsKey(value.text(1))) {
        List<Long> shape =
            value.message(2).message(1).message(2).messages(1).stream()
                .map(dimension -> dimension.integer(1, -1))
                .toList();
        inputs.add(new Input(value.text(1), shape));
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
    List<ProtoMessage> outputs = graph.messages(12);
    if (outputs.size() != 1) {
      throw new MobileNetException(
          "the graph has %s outputs, expected one".formatted(outputs.size()));
    }
    return outputs.getFirst().text(1);
  }

  /** Returns the nodes, each behind those whose values it takes. */
  Stream<Node> nodes() {
    List<ProtoMessage> nodes = graph.messages(1);
    return IntStream.range(0, nodes.size()).mapToObj(i -> node(i, nodes.get(i)));
  }

  private static Node node(int index, ProtoMessage node) {
    Map<String, ProtoMessage> attributes = new HashMap<>();
    node.messages(5).forEach(attribute -> attributes.put(attribute.text(1), attribute));
    String op = node.text(4);
    String name = MobileNetException.abridged((op + " " + node.text(3)).strip());
    return new Node(
        "node %s (%s)".formatted(index, name), op, node.texts(1), node.texts(2), attributes);
  }

  /** Returns a tensor; values that are not raw stand in a field of their type. */
  static Tensor tensor(ProtoMessage tensor, ReadLimits limits) {
    String title = "tensor " + MobileNetException.abridged(tensor.text(8));
    if (tensor.integer(14, 0) != 0) {
      throw new MobileNetException(
          title + " has its values in another file; save the model as a single file");
    }
    DataType type = type(title, tensor.integer(2, 0));
    List<Long> dimensions = tensor.integers(1);
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
    ByteBuffer raw = tensor.bytes(9);
    try {
      return new Tensor(type, shape, raw.limit() > 0 ? raw : typed(tensor, type));
    } catch (MobileNetException e) {
      throw e.in(title);
    }
  }

  private static ByteBuffer typed(ProtoMessage tensor, DataType type) {
    return switch (type) {
      case F32 -> tensor.bytes(4);
      case F64 -> tensor.bytes(10);
      case I64, I32 -> {
        List<Long> integers = tensor.integers(type == DataType.I64 ? 7 : 5);
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

  private static DataType type(String title, long code) {
    return switch ((int) code) {
      case 1 -> DataType.F32;
      case 2 -> DataType.U8;
      case 3 -> DataType.I8;
      case 6 -> DataType.I32;
      case 7 -> DataType.I64;
      case 9 -> DataType.BOOL;
      case 10 -> DataType.F16;
      case 11 -> DataType.F64;
      case 16 -> DataType.BF16;
      default -> throw new MobileNetException("%s has type code %s".formatted(title, code));
    };
  }
}
