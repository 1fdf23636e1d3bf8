package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.protobuf.ProtoMessage;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/** The messages of an ONNX file that a MobileNet V1 needs. */
final class OnnxFile {
  /**
   * One step of the graph.
   *
   * @param title its place and name, for messages
   * @param op such as {@code Conv}
   * @param domain whose operator it is, empty for ONNX
   * @param inputs names of values, empty for one that is left out
   * @param attributes by name
   */
  record Node(
      String title,
      String op,
      String domain,
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
   * @param type null if it is none of a {@link DataType}, or the file does not say
   * @param shape −1 for a size that is decided later; empty if the file does not say
   */
  record Input(String name, DataType type, List<Long> shape) {}

  /** Names and attributes that a node has on the average. */
  private static final long MOST_OF_A_NODE = 16;

  private final ProtoMessage model;
  private final ProtoMessage graph;
  private final Map<String, Tensor> constants = new HashMap<>();
  private final ReadLimits limits;

  /**
   * Opens a file.
   *
   * @param limits of nodes, constants and their axes
   * @param tensors reads the constants
   * @throws MobileNetException without the file's name, if it is no ONNX file, broken, or asks for
   *     more than the limits allow, as do all methods
   */
  OnnxFile(byte[] content, ReadLimits limits, OnnxTensors tensors) {
    this.limits = limits;
    model = new ProtoMessage(ByteBuffer.wrap(content), limits.entries());
    if (model.messages(OnnxSchema.MODEL_GRAPH).size() != 1
        || model.messages(OnnxSchema.MODEL_OPSET_IMPORT).isEmpty()) {
      throw new MobileNetException("is no ONNX file: it has no graph or no operator set");
    }
    graph = model.message(OnnxSchema.MODEL_GRAPH);
    for (ProtoMessage tensor : graph.messages(OnnxSchema.GRAPH_INITIALIZER)) {
      constants.put(tensor.text(OnnxSchema.TENSOR_NAME), tensors.read(tensor));
    }
  }

  /**
   * Returns whether a file that begins so may be one: its version comes first, 3 at least, then a
   * text.
   */
  static boolean isOnnx(byte[] first) {
    return first.length > 3 && first[0] == 8 && first[1] > 2 && first[1] < 32 && first[2] == 0x12;
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
        ProtoMessage type = value.message(OnnxSchema.VALUE_TYPE).message(OnnxSchema.TYPE_TENSOR);
        List<Long> shape =
            type.message(OnnxSchema.TENSOR_TYPE_SHAPE).messages(OnnxSchema.SHAPE_DIMENSION).stream()
                .map(dimension -> dimension.integer(OnnxSchema.DIMENSION_VALUE, -1))
                .toList();
        long code = type.integer(OnnxSchema.TENSOR_TYPE_ELEMENT, 0);
        inputs.add(new Input(name, OnnxSchema.TYPES.get(code), shape));
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
      List<String> names = outputs.stream().map(o -> o.text(OnnxSchema.VALUE_NAME)).toList();
      throw new MobileNetException(
          "the graph has %s outputs, %s, expected the logits or probabilities alone"
              .formatted(names.size(), MobileNetException.abridged(names)));
    }
    return outputs.getFirst().text(OnnxSchema.VALUE_NAME);
  }

  /**
   * Returns the nodes, each behind those whose values it takes, else in the order of the file:
   * converters append what they add, and ONNX Runtime sorts as well.
   *
   * @throws MobileNetException if a node waits for its own output
   */
  List<Node> nodes() {
    List<ProtoMessage> messages = graph.messages(OnnxSchema.GRAPH_NODE);
    Room room = new Room(MOST_OF_A_NODE * limits.entries(), "names");
    List<Node> nodes = new ArrayList<>();
    Map<String, Integer> makers = new HashMap<>();
    for (ProtoMessage message : messages) {
      int index = nodes.size();
      Node node = node(index, message);
      room.take(node.inputs.size() + node.outputs.size() + node.attributes.size(), node.title);
      nodes.add(node);
      node.outputs.forEach(name -> makers.putIfAbsent(name, index));
    }
    int[] waits = new int[nodes.size()];
    Map<Integer, List<Integer>> takers = new HashMap<>();
    for (int i = 0; i < waits.length; i++) {
      for (String name : nodes.get(i).inputs) {
        Integer maker = name.isEmpty() ? null : makers.get(name);
        if (maker != null) {
          waits[i]++;
          takers.computeIfAbsent(maker, _ -> new ArrayList<>()).add(i);
        }
      }
    }
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    IntStream.range(0, waits.length).filter(i -> waits[i] == 0).forEach(ready::add);
    List<Node> sorted = new ArrayList<>();
    while (!ready.isEmpty()) {
      int next = ready.remove();
      sorted.add(nodes.get(next));
      for (int taker : takers.getOrDefault(next, List.of())) {
        if (--waits[taker] == 0) {
          ready.add(taker);
        }
      }
    }
    IntStream.range(0, waits.length)
        .filter(i -> waits[i] > 0)
        .findFirst()
        .ifPresent(i -> {
          throw new MobileNetException(
              nodes.get(i).title + " takes a value that is computed from its own");
        });
    return sorted;
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
        node.text(OnnxSchema.NODE_DOMAIN),
        node.texts(OnnxSchema.NODE_INPUT),
        node.texts(OnnxSchema.NODE_OUTPUT),
        attributes);
  }
}
