package io.github.mobilenet4j.formats.onnx;

import com.google.protobuf.UnsafeByteOperations;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Writes a graph. */
public final class OnnxWriter {
  /** The name of the graph's input. */
  public static final String INPUT = "x";

  /** The name of the graph's output. */
  public static final String OUTPUT = "logits";

  /** The name of the graph's output where there is no classifier. */
  public static final String FEATURES = "features";

  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;

  private OnnxWriter() {}

  /**
   * Returns a file's bytes.
   *
   * @param folded whether BatchNorm, if there is one, is multiplied into the convolutions
   */
  public static byte[] bytes(Model model, boolean folded) {
    MobileNetV1 network = model.network();
    Weights weights = folded ? model.weights().folded(network) : model.weights();
    Graph graph = new Graph(network, weights);
    String at = INPUT;
    for (Layer layer : network.layers()) {
      at = graph.layer(layer, at);
    }
    graph.message.add(
        OnnxSchema.GRAPH_INPUT,
        value(INPUT, network.channels(), network.height(), network.width()));
    graph.message.add(OnnxSchema.GRAPH_OUTPUT, value(at, network.outputs()));
    ProtoWriter file =
        new ProtoWriter()
            .add(OnnxSchema.MODEL_IR_VERSION, IR_VERSION)
            .add(OnnxSchema.MODEL_PRODUCER_NAME, "mobilenet4j")
            .add(OnnxSchema.MODEL_GRAPH, graph.message)
            .add(
                OnnxSchema.MODEL_OPSET_IMPORT,
                new ProtoWriter()
                    .add(OnnxSchema.OPSET_DOMAIN, "")
                    .add(OnnxSchema.OPSET_VERSION, OPSET));
    ModelFile.metadata(model)
        .forEach((key, text) ->
            file.add(
                OnnxSchema.MODEL_METADATA,
                new ProtoWriter()
                    .add(OnnxSchema.ENTRY_KEY, key)
                    .add(OnnxSchema.ENTRY_VALUE, text)));
    return file.toBytes().toByteArray();
  }

  /** Returns a ValueInfoProto for {@code [N, shape...]}. */
  private static ProtoWriter value(String name, int... shape) {
    ProtoWriter batch = new ProtoWriter().add(OnnxSchema.DIMENSION_NAME, "N");
    ProtoWriter dimensions = new ProtoWriter().add(OnnxSchema.SHAPE_DIMENSION, batch);
    for (int size : shape) {
      dimensions.add(
          OnnxSchema.SHAPE_DIMENSION, new ProtoWriter().add(OnnxSchema.DIMENSION_VALUE, size));
    }
    ProtoWriter tensorType =
        new ProtoWriter()
            .add(OnnxSchema.TENSOR_TYPE_ELEMENT, OnnxSchema.FLOAT)
            .add(OnnxSchema.TENSOR_TYPE_SHAPE, dimensions);
    return new ProtoWriter()
        .add(OnnxSchema.VALUE_NAME, name)
        .add(OnnxSchema.VALUE_TYPE, new ProtoWriter().add(OnnxSchema.TYPE_TENSOR, tensorType));
  }

  /** A GraphProto in the making. */
  private static final class Graph {
    private static final KernelLayout LAYOUT = new KernelLayout("OIHW");

    final ProtoWriter message = new ProtoWriter().add(OnnxSchema.GRAPH_NAME, "MobileNetV1");
    private final MobileNetV1 network;
    private final Weights weights;

    Graph(MobileNetV1 network, Weights weights) {
      this.network = network;
      this.weights = weights;
    }

    /** Adds a layer's nodes and returns the name of its output. */
    String layer(Layer layer, String at) {
      String name = layer.name();
      return switch (layer) {
        case Layer.Convolution c -> activation(name, convolution(c, at));
        case Layer.GlobalAveragePool _ ->
            node(
                "Flatten",
                network.hasClassifier() ? name + ".flat" : FEATURES,
                List.of(),
                node("GlobalAveragePool", name, List.of(), at));
        case Layer.Dense d ->
            node("Relu", name, List.of(), fullyConnected(d, name + ".product", at));
        case Layer.Classifier c -> fullyConnected(c, OUTPUT, at);
      };
    }

    private String fullyConnected(Layer layer, String name, String at) {
      return node(
          "Gemm",
          name,
          List.of(),
          at,
          tensor(
              Parameter.name(layer, Role.KERNEL),
              weights.get(layer, Role.KERNEL),
              List.of(layer.in().channels(), layer.out().channels())),
          vector(layer, Role.BIAS));
    }

    private String convolution(Layer.Convolution layer, String at) {
      boolean depthwise = layer instanceof Layer.Depthwise;
      int stride = layer.stride();
      List<ProtoWriter> attributes =
          List.of(
              attribute("group", depthwise ? layer.in().channels() : 1),
              attribute("strides", stride, stride),
              attribute("pads", pads(layer)));
      String name = layer.name() + ".convolution";
      return switch (weights) {
        case Weights.Folded _, Weights.Quantized _ -> {
          String bias = vector(layer, Role.BIAS);
          yield node("Conv", name, attributes, at, kernel(layer), bias);
        }
        case Weights.Trained _ ->
            node(
                "BatchNormalization",
                layer.name() + ".norm",
                List.of(number("epsilon", (float) network.epsilon())),
                node("Conv", name, attributes, at, kernel(layer)),
                vector(layer, Role.GAMMA),
                vector(layer, Role.BETA),
                vector(layer, Role.MEAN),
                vector(layer, Role.VARIANCE));
      };
    }

    /** Returns the zeros at the top, left, bottom and right. */
    private long[] pads(Layer.Convolution layer) {
      if (layer instanceof Layer.Pointwise) {
        return new long[4];
      }
      Padding padding = network.padding();
      int height = layer.in().height();
      int width = layer.in().width();
      int stride = layer.stride();
      return new long[] {
        padding.before(height, stride),
        padding.before(width, stride),
        padding.after(height, stride),
        padding.after(width, stride)
      };
    }

    private String kernel(Layer.Convolution layer) {
      float[] values = weights.get(layer, Role.KERNEL);
      return tensor(
          Parameter.name(layer, Role.KERNEL), LAYOUT.fromOurs(layer, values), LAYOUT.shape(layer));
    }

    private String vector(Layer layer, Role role) {
      float[] values = weights.get(layer, role);
      return tensor(Parameter.name(layer, role), values, List.of(values.length));
    }

    private String activation(String name, String at) {
      Activation activation = network.activation();
      return switch (activation) {
        case RELU -> node("Relu", name, List.of(), at);
        case RELU6 ->
            node(
                "Clip",
                name,
                List.of(),
                at,
                tensor(name + ".floor", new float[] {0}, List.of()),
                tensor(name + ".ceiling", new float[] {activation.ceiling()}, List.of()));
      };
    }

    /** Adds a NodeProto with one output, which has the node's name, and returns that name. */
    private String node(String type, String name, List<ProtoWriter> attributes, String... inputs) {
      ProtoWriter node = new ProtoWriter();
      List.of(inputs).forEach(input -> node.add(OnnxSchema.NODE_INPUT, input));
      node.add(OnnxSchema.NODE_OUTPUT, name)
          .add(OnnxSchema.NODE_NAME, name)
          .add(OnnxSchema.NODE_OP_TYPE, type);
      attributes.forEach(attribute -> node.add(OnnxSchema.NODE_ATTRIBUTE, attribute));
      message.add(OnnxSchema.GRAPH_NODE, node);
      return name;
    }

    private static ProtoWriter number(String name, float value) {
      return new ProtoWriter()
          .add(OnnxSchema.ATTRIBUTE_NAME, name)
          .add(OnnxSchema.ATTRIBUTE_FLOAT, value)
          .add(OnnxSchema.ATTRIBUTE_TYPE, OnnxSchema.HOLDS_FLOAT);
    }

    /** Returns an AttributeProto: an INT for one value, INTS for more. */
    private static ProtoWriter attribute(String name, long... values) {
      ProtoWriter attribute = new ProtoWriter().add(OnnxSchema.ATTRIBUTE_NAME, name);
      if (values.length == 1) {
        return attribute
            .add(OnnxSchema.ATTRIBUTE_INT, values[0])
            .add(OnnxSchema.ATTRIBUTE_TYPE, OnnxSchema.HOLDS_INT);
      }
      for (long v : values) {
        attribute.add(OnnxSchema.ATTRIBUTE_INTS, v);
      }
      return attribute.add(OnnxSchema.ATTRIBUTE_TYPE, OnnxSchema.HOLDS_INTS);
    }

    /** Adds a TensorProto and returns its name. */
    private String tensor(String name, float[] values, List<Integer> shape) {
      ByteBuffer raw =
          ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      raw.asFloatBuffer().put(values);
      ProtoWriter tensor = new ProtoWriter();
      shape.forEach(size -> tensor.add(OnnxSchema.TENSOR_DIMENSIONS, size));
      message.add(
          OnnxSchema.GRAPH_INITIALIZER,
          tensor
              .add(OnnxSchema.TENSOR_DATA_TYPE, OnnxSchema.FLOAT)
              .add(OnnxSchema.TENSOR_NAME, name)
              .add(OnnxSchema.TENSOR_RAW, UnsafeByteOperations.unsafeWrap(raw)));
      return name;
    }
  }
}
