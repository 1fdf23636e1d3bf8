package io.github.mobilenet4j.formats.onnx;

import com.google.protobuf.UnsafeByteOperations;
import io.github.mobilenet4j.weights.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A GraphProto in the making. */
final class OnnxNodes {
  private static final Map<DataType, Long> CODES =
      OnnxSchema.TYPES.entrySet().stream()
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getValue, Map.Entry::getKey));

  final ProtoWriter message = new ProtoWriter().add(OnnxSchema.GRAPH_NAME, "MobileNetV1");

  /** Adds a NodeProto with one output, which has the node's name, and returns that name. */
  String node(String type, String name, List<ProtoWriter> attributes, String... inputs) {
    ProtoWriter node = new ProtoWriter();
    List.of(inputs).forEach(input -> node.add(OnnxSchema.NODE_INPUT, input));
    node.add(OnnxSchema.NODE_OUTPUT, name)
        .add(OnnxSchema.NODE_NAME, name)
        .add(OnnxSchema.NODE_OP_TYPE, type);
    attributes.forEach(attribute -> node.add(OnnxSchema.NODE_ATTRIBUTE, attribute));
    message.add(OnnxSchema.GRAPH_NODE, node);
    return name;
  }

  /** Returns an AttributeProto: a FLOAT. */
  static ProtoWriter number(String name, float value) {
    return new ProtoWriter()
        .add(OnnxSchema.ATTRIBUTE_NAME, name)
        .add(OnnxSchema.ATTRIBUTE_FLOAT, value)
        .add(OnnxSchema.ATTRIBUTE_TYPE, OnnxSchema.HOLDS_FLOAT);
  }

  /** Returns an AttributeProto: an INT. */
  static ProtoWriter integer(String name, long value) {
    return new ProtoWriter()
        .add(OnnxSchema.ATTRIBUTE_NAME, name)
        .add(OnnxSchema.ATTRIBUTE_INT, value)
        .add(OnnxSchema.ATTRIBUTE_TYPE, OnnxSchema.HOLDS_INT);
  }

  /** Returns an AttributeProto: INTS. */
  static ProtoWriter integers(String name, long... values) {
    ProtoWriter attribute = new ProtoWriter().add(OnnxSchema.ATTRIBUTE_NAME, name);
    for (long v : values) {
      attribute.add(OnnxSchema.ATTRIBUTE_INTS, v);
    }
    return attribute.add(OnnxSchema.ATTRIBUTE_TYPE, OnnxSchema.HOLDS_INTS);
  }

  /** Adds a TensorProto of floats and returns its name. */
  String floats(String name, float[] values, List<Integer> shape) {
    ByteBuffer raw = little(values.length * Float.BYTES);
    raw.asFloatBuffer().put(values);
    return tensor(name, DataType.F32, raw, shape);
  }

  /** Adds a TensorProto of int32 and returns its name. */
  String ints(String name, int[] values) {
    ByteBuffer raw = little(values.length * Integer.BYTES);
    raw.asIntBuffer().put(values);
    return tensor(name, DataType.I32, raw, List.of(values.length));
  }

  /** Adds a TensorProto of uint8 or int8 and returns its name. */
  String bytes(String name, DataType type, byte[] values, List<Integer> shape) {
    return tensor(name, type, ByteBuffer.wrap(values), shape);
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private String tensor(String name, DataType type, ByteBuffer raw, List<Integer> shape) {
    ProtoWriter tensor = new ProtoWriter();
    shape.forEach(size -> tensor.add(OnnxSchema.TENSOR_DIMENSIONS, size));
    message.add(
        OnnxSchema.GRAPH_INITIALIZER,
        tensor
            .add(OnnxSchema.TENSOR_DATA_TYPE, CODES.get(type))
            .add(OnnxSchema.TENSOR_NAME, name)
            .add(OnnxSchema.TENSOR_RAW, UnsafeByteOperations.unsafeWrap(raw)));
    return name;
  }
}
