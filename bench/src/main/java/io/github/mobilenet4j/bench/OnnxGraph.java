package io.github.mobilenet4j.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Writes a network as an ONNX model (opset 17): input {@code x [N, 3, H, W]}, output {@code logits
 * [N, classes]}, BatchNorm folded into the convolutions. Field numbers are those of the ONNX
 * specification's {@code onnx.proto}.
 */
final class OnnxGraph {
  static final String INPUT = "x";
  static final String OUTPUT = "logits";

  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final int FLOAT = 1;

  private final ProtobufMessage graph = new ProtobufMessage().add(2, "MobileNetV1");

  private OnnxGraph() {}

  /** Returns the bytes of an ONNX file. */
  static byte[] encode(MobileNetV1 network, Weights weights) {
    OnnxGraph graph = new OnnxGraph();
    String at = INPUT;
    for (Layer layer : network.layers()) {
      at = graph.layer(network, weights, layer, at);
    }
    graph.graph.add(11, value(INPUT, 3, network.height(), network.width()));
    graph.graph.add(12, value(OUTPUT, network.classes()));
    return new ProtobufMessage()
        .add(1, IR_VERSION)
        .add(2, "mobilenet4j")
        .add(7, graph.graph)
        .add(8, new ProtobufMessage().add(1, "").add(2, OPSET))
        .toBytes()
        .toByteArray();
  }

  private String layer(MobileNetV1 network, Weights weights, Layer layer, String at) {
    String name = layer.name();
    return switch (layer) {
      case Layer.Convolution c -> {
        FoldedConvolution f = FoldedConvolution.of(network, weights, c);
        String out =
            node(
                "Conv",
                name + ".convolution",
                List.of(
                    attribute("group", f.groups()),
                    attribute("strides", f.stride(), f.stride()),
                    attribute("pads", f.pads())),
                at,
                tensor(name + ".kernel", f.kernel(), f.outputs(), f.inputs(), f.side(), f.side()),
                tensor(name + ".bias", f.bias(), f.outputs()));
        yield activation(network.activation(), name, out);
      }
      case Layer.GlobalAveragePool _ ->
          node(
              "Flatten", name + ".flat", List.of(), node("GlobalAveragePool", name, List.of(), at));
      case Layer.Classifier c ->
          node(
              "Gemm",
              OUTPUT,
              List.of(),
              at,
              tensor(
                  name + ".kernel",
                  weights.get(c, Role.KERNEL),
                  c.in().channels(),
                  c.out().channels()),
              tensor(name + ".bias", weights.get(c, Role.BIAS), c.out().channels()));
    };
  }

  private String activation(Activation activation, String name, String at) {
    return switch (activation) {
      case RELU -> node("Relu", name, List.of(), at);
      case RELU6 ->
          node(
              "Clip",
              name,
              List.of(),
              at,
              tensor(name + ".floor", new float[] {0}),
              tensor(name + ".ceiling", new float[] {activation.ceiling()}));
    };
  }

  /** Adds a NodeProto with one output, which has the node's name, and returns that name. */
  private String node(
      String type, String name, List<ProtobufMessage> attributes, String... inputs) {
    ProtobufMessage node = new ProtobufMessage();
    List.of(inputs).forEach(input -> node.add(1, input));
    node.add(2, name).add(3, name).add(4, type);
    attributes.forEach(attribute -> node.add(5, attribute));
    graph.add(1, node);
    return name;
  }

  /** Returns an AttributeProto: an INT for one value, INTS for more. */
  private static ProtobufMessage attribute(String name, long... values) {
    ProtobufMessage attribute = new ProtobufMessage().add(1, name);
    if (values.length == 1) {
      return attribute.add(3, values[0]).add(20, 2);
    }
    for (long v : values) {
      attribute.add(8, v);
    }
    return attribute.add(20, 7);
  }

  /** Adds a TensorProto and returns its name. */
  private String tensor(String name, float[] values, long... shape) {
    ByteBuffer raw =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    ByteString bytes = UnsafeByteOperations.unsafeWrap(raw);
    ProtobufMessage tensor = new ProtobufMessage();
    for (long size : shape) {
      tensor.add(1, size);
    }
    graph.add(5, tensor.add(2, FLOAT).add(8, name).add(9, bytes));
    return name;
  }

  /** Returns a ValueInfoProto for {@code [N, shape...]}. */
  private static ProtobufMessage value(String name, int... shape) {
    ProtobufMessage dimensions = new ProtobufMessage().add(1, new ProtobufMessage().add(2, "N"));
    for (int size : shape) {
      dimensions.add(1, new ProtobufMessage().add(1, size));
    }
    ProtobufMessage tensorType = new ProtobufMessage().add(1, FLOAT).add(2, dimensions);
    return new ProtobufMessage().add(1, name).add(2, new ProtobufMessage().add(1, tensorType));
  }
}
