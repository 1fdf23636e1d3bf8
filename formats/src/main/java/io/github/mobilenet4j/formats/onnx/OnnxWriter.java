package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
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
   * @param kernels the type of quantised kernels, U8 or I8
   */
  public static byte[] bytes(Model model, boolean folded, DataType kernels) {
    MobileNetV1 network = model.network();
    Weights weights =
        switch (model.weights()) {
          case Weights.Quantized quantized -> quantized;
          case Weights.Trained trained when folded -> trained.folded(network);
          case Weights.Trained _, Weights.Folded _ -> model.weights();
        };
    Graph graph = new Graph(network, weights, kernels);
    String at = graph.build();
    ProtoWriter message = graph.nodes.message;
    message.add(
        OnnxSchema.GRAPH_INPUT,
        value(INPUT, network.channels(), network.height(), network.width()));
    message.add(OnnxSchema.GRAPH_OUTPUT, value(at, network.outputs()));
    ProtoWriter file =
        new ProtoWriter()
            .add(OnnxSchema.MODEL_IR_VERSION, IR_VERSION)
            .add(OnnxSchema.MODEL_PRODUCER_NAME, "mobilenet4j")
            .add(OnnxSchema.MODEL_GRAPH, message)
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

  /** The layers of a network as nodes. */
  private static final class Graph {
    private static final KernelLayout LAYOUT = new KernelLayout("OIHW");
    private static final KernelLayout MATRIX = new KernelLayout("IO");

    final OnnxNodes nodes = new OnnxNodes();
    private final MobileNetV1 network;
    private final OnnxValues values;

    Graph(MobileNetV1 network, Weights weights, DataType kernels) {
      this.network = network;
      this.values =
          switch (weights) {
            case Weights.Quantized q -> new OnnxValues.Integers(nodes, network, q, kernels);
            case Weights.Trained _, Weights.Folded _ -> new OnnxValues.Floats(nodes, weights);
          };
    }

    /** Adds all nodes and returns the name of the last output. */
    String build() {
      String at = values.input(INPUT);
      for (Layer layer : network.layers()) {
        at = layer(layer, at);
      }
      return at;
    }

    /** Adds a layer's nodes and returns the name of its output. */
    private String layer(Layer layer, String at) {
      String name = layer.name();
      String before = values.before(name);
      return switch (layer) {
        case Layer.Convolution c ->
            values.after(c, name, activation(c, before, convolution(c, at)));
        case Layer.GlobalAveragePool p ->
            flat(p, values.after(p, name, nodes.node("GlobalAveragePool", before, List.of(), at)));
        case Layer.Dense d ->
            values.after(
                d,
                name,
                nodes.node("Relu", before, List.of(), fullyConnected(d, name + ".product", at)));
        case Layer.Classifier c ->
            values.after(c, OUTPUT, fullyConnected(c, values.before(OUTPUT), at));
      };
    }

    /** Without rows and columns; of integers, ONNX Runtime wants to be told again what they are. */
    private String flat(Layer layer, String at) {
      if (!network.hasClassifier()) {
        return nodes.node("Flatten", FEATURES, List.of(), at);
      }
      String name = layer.name() + ".flat";
      return values.after(layer, name, nodes.node("Flatten", values.before(name), List.of(), at));
    }

    private String fullyConnected(Layer layer, String name, String at) {
      return nodes.node(
          "Gemm", name, List.of(), at, values.kernel(layer, MATRIX), values.bias(layer));
    }

    private String convolution(Layer.Convolution layer, String at) {
      boolean depthwise = layer instanceof Layer.Depthwise;
      int stride = layer.stride();
      List<ProtoWriter> attributes =
          List.of(
              OnnxNodes.integer("group", depthwise ? layer.in().channels() : 1),
              OnnxNodes.integers("strides", stride, stride),
              OnnxNodes.integers("pads", pads(layer)));
      String name = layer.name() + ".convolution";
      String kernel = values.kernel(layer, LAYOUT);
      return values instanceof OnnxValues.Floats floats
              && floats.weights() instanceof Weights.Trained
          ? nodes.node(
              "BatchNormalization",
              layer.name() + ".norm",
              List.of(OnnxNodes.number("epsilon", (float) network.epsilon())),
              nodes.node("Conv", name, attributes, at, kernel),
              floats.vector(layer, Role.GAMMA),
              floats.vector(layer, Role.BETA),
              floats.vector(layer, Role.MEAN),
              floats.vector(layer, Role.VARIANCE))
          : nodes.node("Conv", name, attributes, at, kernel, values.bias(layer));
    }

    /** Returns the zeros at the top, left, bottom and right. */
    private long[] pads(Layer.Convolution layer) {
      if (layer instanceof Layer.Pointwise) {
        return new long[4];
      }
      Padding padding = network.padding(layer);
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

    private String activation(Layer.Convolution layer, String name, String at) {
      Activation activation = network.activation();
      if (!values.isActivated(layer, activation)) {
        return at;
      }
      return switch (activation) {
        case RELU -> nodes.node("Relu", name, List.of(), at);
        case RELU6 ->
            nodes.node(
                "Clip",
                name,
                List.of(),
                at,
                nodes.floats(name + ".floor", new float[] {0}, List.of()),
                nodes.floats(name + ".ceiling", new float[] {activation.ceiling()}, List.of()));
      };
    }
  }
}
