package io.github.mobilenet4j.formats.tensorflow;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.reading.GraphLayer;
import io.github.mobilenet4j.formats.reading.GraphLayers;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.LayerWalk.Border;
import io.github.mobilenet4j.formats.reading.PixelScale;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.formats.tensorflow.GraphNodes.Node;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Follows the nodes of a graph from the image to the logits and lays each beside the layer of
 * MobileNet V1 that must come next; names play no part. The first node that does not fit is
 * refused.
 */
final class TensorFlowGraph {
  private static final int DEFAULT_SIDE = 224;

  /** Operators that people bring, and what to bring instead. */
  private static final Map<String, String> ADVICE = advice();

  private static final Set<String> SHAPES =
      Set.of("Shape", "StridedSlice", "Pack", "ConcatV2", "Prod", "GatherV2");

  private final LayerWalk walk;
  private final Constants constants;
  private final Room room;
  private final MobileNetV1 network;
  private final PixelScale pixels;

  /** Whether the input is of bytes that are not numbers yet. */
  private boolean bytes;

  /** Values that were computed from shapes. */
  private final Set<String> shapes = new HashSet<>();

  private Border rows = Border.NONE;
  private Border columns = Border.NONE;

  private final GraphLayers layers;

  /**
   * Follows a graph.
   *
   * @param source where it comes from, for messages
   * @param nodes from the input to the output, each behind those whose output it takes
   * @param constants none of which is computed yet
   * @param room for bytes
   * @throws MobileNetException naming the first node that does not fit
   */
  TensorFlowGraph(String source, List<Node> nodes, Constants constants, Room room) {
    this.constants = constants;
    this.room = room;
    nodes.forEach(constants::compute);
    List<Node> inputs = nodes.stream().filter(node -> node.op().equals("Placeholder")).toList();
    if (inputs.size() != 1) {
      throw new MobileNetException(
          "the graph has the inputs %s, expected one"
              .formatted(inputs.stream().map(Node::title).toList()));
    }
    Node input = inputs.getFirst();
    Shape shape = shape(input, nodes);
    pixels = new PixelScale(shape.channels());
    takeStoredPixels(input);
    walk = new LayerWalk(source, shape);
    layers = new GraphLayers(walk);
    String at = input.id();
    for (Node node : nodes) {
      at = step(node, at);
    }
    layers.finish();
    network = walk.network();
  }

  private Shape shape(Node input, List<Node> nodes) {
    List<Long> shape = input.shape("shape");
    if (shape.isEmpty()) {
      shape = List.of(-1L, -1L, -1L, -1L);
    }
    long said = shape.getLast();
    int channels = said == -1 ? stemChannels(nodes) : LayerWalk.toInt(said);
    if (shape.size() != 4 || channels != 3 && channels != 1) {
      throw new MobileNetException(
          "%s has shape %s, expected [N, height, width, 3] or [N, height, width, 1]"
              .formatted(input.title(), shape));
    }
    return new Shape(side(shape.get(1)), side(shape.get(2)), channels);
  }

  private static int side(long side) {
    return side == -1 ? DEFAULT_SIDE : LayerWalk.toInt(side);
  }

  /** Where the shape does not say it, the first kernel does. */
  private int stemChannels(List<Node> nodes) {
    return nodes.stream()
            .filter(node -> node.op().equals("Conv2D") && node.inputs().size() == 2)
            .findFirst()
            .map(node -> constants.get(node.inputs().get(1)))
            .filter(kernel -> kernel.shape().size() == 4 && kernel.shape().get(2) == 1)
            .isPresent()
        ? 1
        : 3;
  }

  private void takeStoredPixels(Node input) {
    DataType type = input.type("dtype");
    bytes = type == DataType.U8;
    if (bytes) {
      pixels.stored(1, 0);
    } else if (type == null || !type.isFloat()) {
      throw new MobileNetException(
          "%s is of %s, expected floats or bytes: end what is in front of the network, such as"
                  .formatted(
                      input.title(),
                      input.typeCode("dtype") == TensorFlowSchema.TEXT ? "texts" : "type " + type)
              + " decoding");
    }
  }

  /** Returns the network, with the file's α, classes, padding and activation. */
  MobileNetV1 network() {
    return network;
  }

  /**
   * Returns the weights.
   *
   * @throws MobileNetException naming the first node whose values do not fit
   */
  Weights weights() {
    return walk.weights(network);
  }

  /** Returns what is done to an image, empty if a float input is taken as it is. */
  Optional<Preprocessing> preprocessing() {
    return pixels.preprocessing();
  }

  /** Returns the value that the image has become. */
  private String step(Node node, String at) {
    if (node.id().equals(at) || constants.has(node.id())) {
      return at;
    }
    if (node.op().equals("Shape")) {
      shapes.add(node.id());
      return at;
    }
    if (!node.inputs().contains(at)) {
      boolean aside =
          node.inputs().stream().allMatch(id -> constants.has(id) || shapes.contains(id));
      expect(
          aside
              && (SHAPES.contains(node.op()) || node.inputs().stream().anyMatch(shapes::contains)),
          node,
          "does not take the value before it");
      shapes.add(node.id());
      return at;
    }
    accept(node, at);
    return node.id();
  }

  private void accept(Node node, String at) {
    expect(!bytes || node.op().equals("Cast") || node.op().equals("Identity"), node, "takes bytes");
    boolean first = node.inputs().getFirst().equals(at);
    switch (node.op()) {
      case "Identity",
          "StopGradient",
          "PreventGradient",
          "CheckNumerics",
          "EnsureShape",
          "Snapshot" ->
          expect(node.inputs().size() == 1, node, "has %d inputs", node.inputs().size());
      case "Cast" -> {
        DataType to = node.type("DstT");
        expect(to != null && to.isFloat(), node, "makes no floats");
        bytes = false;
      }
      case "Mul", "Add", "AddV2", "Sub", "RealDiv", "Div" -> calculate(node, first);
      case "BiasAdd" -> {
        expectChannelsLast(node);
        calculate(node, first);
      }
      case "Relu" -> {
        layer(node);
        layers.rectify(node.title());
      }
      case "Relu6" -> layer(node).clamp(node.title(), 0, 6);
      case "Maximum" ->
          layer(node).clamp(node.title(), scalar(node, first), Double.POSITIVE_INFINITY);
      case "Minimum" ->
          layer(node).clamp(node.title(), Double.NEGATIVE_INFINITY, scalar(node, first));
      default -> {
        expect(first, node, "has the image for another input than its first");
        take(node);
      }
    }
  }

  /** Takes what has the image for its first input. */
  private void take(Node node) {
    switch (node.op()) {
      case "Pad", "PadV2" -> pad(node);
      case "Conv2D" -> convolve(node, false);
      case "DepthwiseConv2dNative" -> convolve(node, true);
      case "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3" -> normalize(node);
      case "AvgPool", "Mean" -> pool(node);
      case "Reshape", "Squeeze", "ExpandDims" ->
          expect(walk.pooled(), node, "changes the shape before the pooling");
      case "MatMul" -> dense(node);
      case "Softmax", "LogSoftmax" -> layers.classifierActivation(node.title(), false);
      case "Sigmoid" -> layers.classifierActivation(node.title(), true);
      default ->
          throw misfit(node, ADVICE.getOrDefault(node.op(), "is not part of a MobileNet V1"));
    }
  }

  private static Map<String, String> advice() {
    Map<String, String> advice = new HashMap<>();
    for (String op : List.of("ArgMax", "TopKV2", "TopK")) {
      advice.put(op, "leaves the best classes alone: end the graph with logits or probabilities");
    }
    for (String op : List.of("Switch", "Merge", "If", "StatelessIf")) {
      advice.put(op, "decides between training and inference: save the model with training=False");
    }
    for (String op :
        List.of("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel", "QuantizeV2")) {
      advice.put(
          op, "rounds to 8 bits: read the model as TensorFlow Lite, or the one before rounding");
    }
    for (String op : List.of("_FusedConv2D", "_FusedDepthwiseConv2dNative", "_FusedMatMul")) {
      advice.put(op, "was made by Grappler: read the graph as it was before it was optimised");
    }
    advice.put("DecodeJpeg", "decodes images: end what is in front of the network");
    advice.put("ResizeBilinear", "resizes images: end what is in front of the network");
    return Map.copyOf(advice);
  }

  private void calculate(Node node, boolean first) {
    expect(node.inputs().size() == 2, node, "has %d inputs", node.inputs().size());
    boolean minus = node.op().equals("Sub");
    boolean over = node.op().endsWith("Div");
    expect(first || !minus && !over, node, "has the image for its second operand");
    boolean front = layers.inFront();
    int channels = front ? pixels.channels() : layer(node).channels();
    float[] operand = values(node, first ? 1 : 0, channels);
    for (int i = 0; i < channels; i++) {
      operand[i] = minus ? -operand[i] : over ? 1 / operand[i] : operand[i];
    }
    boolean product = over || node.op().equals("Mul");
    if (front) {
      walk.expectNoBorder(node.title(), rows, columns);
    }
    layers.calculate(node.title(), product, operand, pixels);
  }

  private void pad(Node node) {
    walk.expectNoBorder(node.title(), rows, columns);
    List<Integer> zeros = constants.integers(node, 1);
    expect(
        zeros.size() == 8
            && zeros.subList(0, 2).equals(List.of(0, 0))
            && zeros.subList(6, 8).equals(List.of(0, 0))
            && (node.inputs().size() == 2 || scalarAt(node, 2) == 0),
        node,
        "does not write zeros around rows and columns");
    rows = new Border(zeros.get(2), zeros.get(3));
    columns = new Border(zeros.get(4), zeros.get(5));
  }

  private void convolve(Node node, boolean depthwise) {
    layers.finish();
    expectChannelsLast(node);
    expect(walk.takes(depthwise), node, "cannot be this layer");
    begin(node, depthwise ? "HWOI" : "HWIO");
    String padding = node.text("padding");
    List<Integer> written = node.integers("explicit_paddings");
    boolean explicit = padding.equals("EXPLICIT") && written.size() == 8;
    expect(
        explicit || padding.equals("SAME") || padding.equals("VALID"),
        node,
        "has padding %s",
        padding);
    Border above = explicit ? new Border(written.get(2), written.get(3)) : Border.NONE;
    Border beside = explicit ? new Border(written.get(4), written.get(5)) : Border.NONE;
    walk.windows(
        node.title(),
        spatial(node, "strides"),
        spatial(node, "dilations"),
        padding.equals("SAME"),
        rows.plus(above),
        columns.plus(beside));
    rows = Border.NONE;
    columns = Border.NONE;
    walk.advance();
  }

  /** Returns what an attribute says of rows and columns. */
  private List<Integer> spatial(Node node, String attribute) {
    List<Integer> all = node.has(attribute) ? node.integers(attribute) : List.of(1, 1, 1, 1);
    expect(
        all.size() == 4 && all.getFirst() == 1 && all.getLast() == 1,
        node,
        "has %s %s",
        attribute,
        all);
    return all.subList(1, 3);
  }

  private void dense(Node node) {
    layers.finish();
    expect(
        walk.next() instanceof Layer.Classifier && !node.flag("transpose_a", false),
        node,
        "cannot be this layer");
    begin(node, node.flag("transpose_b", false) ? "OI" : "IO");
    walk.advance();
  }

  private void begin(Node node, String axes) {
    walk.expectNoBorder(node.title(), walk.pooled() ? rows : Border.NONE, Border.NONE);
    KernelLayout layout = new KernelLayout(axes);
    Tensor kernel = floats(node, 1);
    walk.expectKernel(node.title(), layout, kernel.shape());
    room.take(4L * Float.BYTES * kernel.shape().get(axes.indexOf('O')), node.title());
    GraphLayer layer =
        new GraphLayer(walk, node.title(), layout, GraphTensor.of(node.title(), kernel));
    layers.begin(layer, null);
    walk.kernel(node.title(), layout, kernel.shape(), layer::values);
  }

  private GraphLayer layer(Node node) {
    GraphLayer at = layers.at(node.title());
    walk.expectNoBorder(node.title(), rows, columns);
    return at;
  }

  private void normalize(Node node) {
    expectChannelsLast(node);
    expect(
        !node.flag("is_training", true),
        node,
        "normalises by the images at hand, as in training: save the model with training=False");
    GraphLayer to = layer(node);
    float[][] values = new float[4][];
    for (int i = 0; i < values.length; i++) {
      values[i] = values(node, 1 + i, to.channels());
    }
    layers.normalize(node.title(), values, node.number("epsilon", 1e-4f));
  }

  private void pool(Node node) {
    layers.finish();
    Layer pool = walk.next();
    expect(pool instanceof Layer.GlobalAveragePool, node, "is a mean");
    walk.expectNoBorder(node.title(), rows, columns);
    if (node.op().equals("Mean")) {
      List<Integer> axes = constants.integers(node, 1);
      Set<Integer> from0 = new HashSet<>();
      axes.forEach(axis -> from0.add(axis < 0 ? axis + 4 : axis));
      expect(
          from0.equals(Set.of(1, 2)), node, "is a mean over axes %s, not rows and columns", axes);
    } else {
      expectChannelsLast(node);
      List<Integer> window = spatial(node, "ksize");
      List<Integer> all = List.of(pool.in().height(), pool.in().width());
      expect(
          window.equals(all) && node.text("padding").equals("VALID"),
          node,
          "averages over %s with padding %s, expected %s",
          window,
          node.text("padding"),
          all);
    }
    walk.advance();
  }

  private void expectChannelsLast(Node node) {
    String format = node.text("data_format");
    expect(format.isEmpty() || format.equals("NHWC"), node, "has axes %s, expected NHWC", format);
  }

  private double scalar(Node node, boolean first) {
    return scalarAt(node, first ? 1 : 0);
  }

  private double scalarAt(Node node, int place) {
    Tensor tensor = floats(node, place);
    expect(tensor.size() == 1, node, "has limits of shape %s, expected one", tensor.shape());
    return tensor.floats()[0];
  }

  private Tensor floats(Node node, int place) {
    Tensor tensor = place < node.inputs().size() ? constants.get(node.inputs().get(place)) : null;
    expect(
        tensor != null && tensor.type().isFloat(),
        node,
        "has no constant floats for its input %d",
        place);
    return tensor;
  }

  /** Returns a value for each channel, which is the last axis. */
  private float[] values(Node node, int place, int channels) {
    Tensor constant = floats(node, place);
    List<Integer> shape = constant.shape();
    int last = shape.isEmpty() ? 1 : shape.getLast();
    expect(
        constant.size() == last && (last == 1 || last == channels) && shape.size() <= 4,
        node,
        "has a constant of shape %s, expected a value for each of %d channels",
        shape,
        channels);
    room.take(2L * channels * Float.BYTES, node.title());
    float[] stored = constant.floats();
    float[] values = new float[channels];
    for (int i = 0; i < channels; i++) {
      values[i] = stored[i % last];
    }
    return values;
  }

  private void expect(boolean valid, Node node, String otherwise, Object... arguments) {
    walk.expect(valid, node.title(), otherwise, arguments);
  }

  private MobileNetException misfit(Node node, String what) {
    return walk.misfit(node.title(), what);
  }
}
