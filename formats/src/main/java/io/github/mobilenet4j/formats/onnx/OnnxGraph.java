package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.onnx.OnnxConstants.Quantization;
import io.github.mobilenet4j.formats.onnx.OnnxFile.Input;
import io.github.mobilenet4j.formats.onnx.OnnxFile.Node;
import io.github.mobilenet4j.formats.reading.GraphLayer;
import io.github.mobilenet4j.formats.reading.GraphLayers;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.reading.IntegerChain;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.LayerWalk.Border;
import io.github.mobilenet4j.formats.reading.PixelScale;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Weights;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Follows the nodes of an ONNX graph from the picture to the logits and lays each beside the layer
 * of MobileNet V1 that must come next; names play no part. The first node that does not fit is
 * refused.
 *
 * <p>What exporters differ in is understood: axes in PyTorch's order or, between transpositions, in
 * TensorFlow's; BatchNorm kept, folded into the kernels, or written as a product and a sum; the
 * activation as one node, as two, or as the end of a quantised range; padding in the convolution or
 * before it; a shape that is computed in the graph; values that are rounded to 8 bits and back on
 * their way, which are integers where all layers are, and else not imitated; scaling of pixels in
 * front.
 */
final class OnnxGraph {
  private static final int DEFAULT_SIDE = 224;
  private static final int DARKEST_INT8 = 128;

  /** The scale of probabilities as the softmax of integers has it, from 0. */
  private static final float PROBABILITY = 1 / 256f;

  /** Operators that people bring, and what to bring instead. */
  private static final Map<String, String> ADVICE = advice();

  /** Operators behind which integers are what they were. */
  private static final Set<String> KEEP_INTEGERS =
      Set.of(
          "QuantizeLinear",
          "DequantizeLinear",
          "Identity",
          "Dropout",
          "Transpose",
          "Pad",
          "Flatten",
          "Reshape",
          "Squeeze",
          "Unsqueeze");

  private static final List<Integer> FROM_NHWC = List.of(0, 3, 1, 2);

  private final LayerWalk walk;
  private final OnnxConstants constants;
  private final Room room;
  private final MobileNetV1 network;

  private final PixelScale pixels;

  /** Whether the input is of bytes that are not numbers yet. */
  private boolean bytes;

  /** What the value at hand is quantised by, null where it is of numbers. */
  private Quantization quantized;

  /** The integers that the value at hand is, or stands for; null for floats. */
  private GraphTensor integers;

  /** Takes the integers that the value at hand is rounded to; null where a layer does that. */
  private Consumer<GraphTensor> rounding;

  private final DataType inputType;
  private DataType outputType = DataType.F32;

  /** Values that were computed from shapes. */
  private final Set<String> shapes = new HashSet<>();

  /**
   * The order of the axes N, C, H, W of the value at hand. Empty behind the pooling: only N and C
   * are left there, wherever the channels stand among axes of size 1.
   */
  private String axes;

  private Border rows = Border.NONE;
  private Border columns = Border.NONE;

  /** Whether zeros were written in amounts that depend on the shape, as only SAME asks for it. */
  private boolean padded;

  private final GraphLayers layers;

  /**
   * Follows a graph.
   *
   * @param source where it comes from, for messages
   * @param tensors reads constants
   * @param memory bytes that may be taken
   * @throws MobileNetException naming the first node that does not fit
   */
  OnnxGraph(String source, OnnxFile file, OnnxTensors tensors, long memory) {
    // Half of it is for the weights, which the file vouches for.
    room = new Room(memory / 2, "bytes");
    constants = new OnnxConstants(file.constants(), tensors, room);
    Input input = file.input();
    inputType =
        input.type() == DataType.U8 || input.type() == DataType.I8 ? input.type() : DataType.F32;
    String output = file.output();
    List<Node> nodes = file.nodes();
    List<Long> shape = input.shape();
    axes = isChannelsLast(shape, nodes) ? "NHWC" : "NCHW";
    long said = shape.size() == 4 ? shape.get(axes.indexOf('C')) : -1;
    if (!shape.isEmpty() && (shape.size() != 4 || said != -1 && !isColours(said))) {
      throw new MobileNetException(
          "input %s has shape %s, expected [N, 3, height, width] or [N, height, width, 3], or 1 for 3"
              .formatted(MobileNetException.abridged(input.name()), shape));
    }
    int channels = said == -1 ? stemChannels(file, nodes) : (int) said;
    pixels = new PixelScale(channels);
    takeStoredPixels(input);
    walk = new LayerWalk(source, new Shape(side(shape, 'H'), side(shape, 'W'), channels));
    layers = new GraphLayers(walk);
    String at = input.name();
    for (Node node : nodes) {
      at = step(node, at);
    }
    layers.finish();
    rounded(null);
    if (quantized == null) {
      outputType = DataType.F32;
    }
    network = walk.network();
    if (!at.equals(output)) {
      throw new MobileNetException("the graph ends before its output");
    }
  }

  private static boolean isColours(long channels) {
    return channels == 3 || channels == 1;
  }

  /** Where the shape does not say it, a transposition in front of all convolutions does. */
  private static boolean isChannelsLast(List<Long> shape, List<Node> nodes) {
    return shape.size() == 4
        && !isColours(shape.get(1))
        && (isColours(shape.get(3))
            || shape.get(1) == -1
                && shape.get(3) == -1
                && nodes.stream()
                    .takeWhile(node -> !node.op().equals("Conv"))
                    .anyMatch(node -> node.integers("perm", List.of()).equals(FROM_NHWC)));
  }

  /** Where the shape does not say it, the first kernel does. */
  private static int stemChannels(OnnxFile file, List<Node> nodes) {
    return nodes.stream()
            .filter(node -> node.op().equals("Conv"))
            .findFirst()
            .map(node -> file.constants().get(node.input(1)))
            .filter(kernel -> kernel.shape().size() == 4 && kernel.shape().get(1) == 1)
            .isPresent()
        ? 1
        : 3;
  }

  /** Bytes are pixels, stored as v or as v − 128. */
  private void takeStoredPixels(Input input) {
    DataType type = input.type();
    bytes = type == DataType.U8 || type == DataType.I8;
    if (bytes) {
      pixels.stored(1, type == DataType.I8 ? DARKEST_INT8 : 0);
    } else if (type != null && !type.isFloat()) {
      throw new MobileNetException(
          "input %s is of type %s, expected floats or bytes"
              .formatted(MobileNetException.abridged(input.name()), type));
    }
  }

  private int side(List<Long> shape, char axis) {
    long side = shape.isEmpty() ? -1 : shape.get(axes.indexOf(axis));
    return side < 0 ? DEFAULT_SIDE : (int) Math.min(side, Integer.MAX_VALUE);
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
    IntegerChain chain = layers.integers();
    return chain.holds()
        ? chain.weights(walk, network, OnnxGraph::arithmetic, inputType, outputType)
        : walk.weights(network);
  }

  /** Returns which layers compute in integers. */
  IntegerChain integers() {
    return layers.integers();
  }

  private static QuantizedLayer arithmetic(Layer layer, QuantizedLayer integers) {
    return integers.with(QuantizedLayer.Product.SINGLE).with(QuantizedLayer.Rounding.FLOAT);
  }

  /** Returns what is done to a picture, empty if a float input is taken as it is. */
  Optional<Preprocessing> preprocessing() {
    return pixels.preprocessing();
  }

  /** Returns the value that the picture has become. */
  private String step(Node node, String at) {
    expect(!node.outputs().isEmpty(), node, "has no output");
    String output = node.outputs().getFirst();
    if (!node.inputs().contains(at)) {
      // It computes a constant or a shape, unless it leaves the way of the picture.
      boolean aside =
          node.inputs().stream()
              .allMatch(name -> name.isEmpty() || constants.has(name) || shapes.contains(name));
      if (!constants.compute(node)) {
        expect(aside || node.op().equals("Shape"), node, "does not take the value before it");
        shapes.addAll(node.outputs());
      }
      return at;
    }
    if (node.op().equals("Shape")) {
      shapes.add(output);
      return at;
    }
    accept(node, at);
    return output;
  }

  private void accept(Node node, String at) {
    boolean quantizes = node.op().endsWith("QuantizeLinear");
    expect(
        node.domain().isEmpty() || node.domain().equals("ai.onnx") || quantizes,
        node,
        "is an operator of %s: read the model as it was before ONNX Runtime optimised it",
        node.domain());
    expect(!bytes || quantizes || node.op().equals("Cast") || moves(node), node, "takes bytes");
    switch (node.op()) {
      case "Identity", "Dropout" -> {}
      case "Cast" -> {
        DataType to = OnnxSchema.TYPES.get(node.integer("to", 0));
        expect(to != null && to.isFloat(), node, "makes no floats");
        bytes = false;
      }
      case "QuantizeLinear" -> quantize(node);
      case "DequantizeLinear" -> dequantize(node);
      case "Transpose" -> transpose(node);
      case "Pad" -> pad(node);
      case "Conv" -> convolve(node);
      case "BatchNormalization" -> normalize(node);
      case "Mul", "Add", "Sub", "Div" -> calculate(node, at);
      case "Relu" -> {
        layer(node);
        layers.rectify(node.title());
      }
      case "Clip" -> layer(node).clamp(node.title(), bound(node, "min", 1), bound(node, "max", 2));
      case "Max" -> layer(node).clamp(node.title(), scalar(node, at), Double.POSITIVE_INFINITY);
      case "Min" -> layer(node).clamp(node.title(), Double.NEGATIVE_INFINITY, scalar(node, at));
      case "GlobalAveragePool", "AveragePool", "ReduceMean" -> pool(node);
      case "Flatten", "Reshape", "Squeeze", "Unsqueeze" ->
          expect(walk.pooled(), node, "changes the shape before the pooling");
      case "Gemm" -> dense(node, node.integer("transB", 0) == 1 ? "OI" : "IO");
      case "MatMul" -> dense(node, "IO");
      case "Softmax", "LogSoftmax" -> {
        expect(node.integer("axis", -1) != 0, node, "is over the images");
        probabilities(node, false);
      }
      case "Sigmoid" -> probabilities(node, true);
      default ->
          throw misfit(node, ADVICE.getOrDefault(node.op(), "is not part of a MobileNet V1"));
    }
    if (!KEEP_INTEGERS.contains(node.op())) {
      integers = null;
    }
  }

  /** Says what the value at hand was rounded to, if something waits for it; null for nothing. */
  private void rounded(GraphTensor to) {
    if (rounding != null) {
      Consumer<GraphTensor> waits = rounding;
      rounding = null;
      waits.accept(to);
    }
  }

  private static boolean moves(Node node) {
    return node.op().equals("Transpose") || node.op().equals("Identity");
  }

  private static Map<String, String> advice() {
    Map<String, String> advice = new HashMap<>();
    for (String op : List.of("ArgMax", "TopK")) {
      advice.put(op, "leaves the best classes alone: end the model with logits or probabilities");
    }
    for (String op : List.of("QLinearConv", "QLinearMatMul", "QGemm")) {
      advice.put(
          op, "computes in integers: quantize with QuantFormat.QDQ, or read the float model");
    }
    for (String op : List.of("DynamicQuantizeLinear", "ConvInteger", "MatMulInteger")) {
      advice.put(op, "quantises as it runs: read the float model that this one was made of");
    }
    return Map.copyOf(advice);
  }

  private void calculate(Node node, String at) {
    int place = other(node, at);
    expect(
        place == 1 || node.op().equals("Mul") || node.op().equals("Add"),
        node,
        "has the image for its second operand");
    boolean front = layers.inFront();
    int channels = front ? pixels.channels() : layer(node).channels();
    float[] operand = values(node, constants.floats(node, place), axes, channels);
    for (int i = 0; i < operand.length; i++) {
      operand[i] = inverted(node.op(), operand[i]);
    }
    boolean product = node.op().equals("Mul") || node.op().equals("Div");
    if (front) {
      expectNoPadding(node);
      if (integers != null) {
        layers.integers().obstacle(node.title(), "computes with what is rounded to integers");
      }
    }
    layers.calculate(node.title(), product, operand, pixels);
  }

  private static float inverted(String op, float operand) {
    return switch (op) {
      case "Sub" -> -operand;
      case "Div" -> 1 / operand;
      default -> operand;
    };
  }

  private void quantize(Node node) {
    expect(quantized == null, node, "takes what is quantised");
    quantized = constants.quantization(node, axes.length());
    expect(quantized.isWhole(), node, "has several scales for one image");
    DataType type = constants.quantizedType(node);
    double least = quantized.bound(type, false);
    double most = quantized.bound(type, true);
    GraphTensor to = quantized.unsigned(node.title(), type);
    outputType = type;
    if (layers.last() != null) {
      layers.last().quantize(to, least, most);
    } else if (rounding != null) {
      rounded(to);
    } else {
      if (walk.next() instanceof Layer.Standard) {
        pixels.range(least, most);
      }
      if (integers != null && !integers.isCodedAs(to)) {
        layers.integers().obstacle(node.title(), "makes other integers of those before it");
      }
    }
    integers = to;
  }

  private void dequantize(Node node) {
    Quantization by = constants.quantization(node, axes.length());
    expect(by.isWhole(), node, "has several scales for one image");
    if (bytes) {
      integers = by.unsigned(node.title(), inputType);
      double scale = by.scales().get(0);
      pixels.then(PixelScale.constant(scale), PixelScale.constant(-scale * by.zeroPoints().get(0)));
      bytes = false;
    } else {
      expect(
          quantized != null
              && quantized.scales().get(0) == by.scales().get(0)
              && quantized.zeroPoints().get(0) == by.zeroPoints().get(0),
          node,
          "has another scale than what it takes");
    }
    quantized = null;
  }

  private void transpose(Node node) {
    if (walk.pooled()) {
      return;
    }
    List<Integer> order = node.integers("perm", List.of());
    expect(
        IntStream.range(0, axes.length()).boxed().toList().equals(order.stream().sorted().toList()),
        node,
        "has the order %s, expected one of %d axes",
        order,
        axes.length());
    StringBuilder permuted = new StringBuilder();
    order.forEach(axis -> permuted.append(axes.charAt(axis)));
    axes = permuted.toString();
  }

  private void pad(Node node) {
    expectNoPadding(node);
    if (shapes.contains(node.input(1))) {
      padded = true;
      return;
    }
    List<Integer> zeros = constants.integers(node, "pads", 1);
    String mode = node.text("mode");
    expect(
        zeros.size() == 2 * axes.length()
            && (mode.isEmpty() || mode.equals("constant"))
            && (node.input(2).isEmpty() || constants.scalar(node, 2) == 0)
            && node.input(3).isEmpty(),
        node,
        "does not write constant zeros around rows and columns");
    for (int i = 0; i < axes.length(); i++) {
      Border border = new Border(zeros.get(i), zeros.get(axes.length() + i));
      switch (axes.charAt(i)) {
        case 'H' -> rows = border;
        case 'W' -> columns = border;
        default -> expect(border.equals(Border.NONE), node, "pads batch or channels");
      }
    }
  }

  private void convolve(Node node) {
    layers.finish();
    expectChannelsFirst(node);
    GraphTensor kernel = constants.floats(node, 1);
    long groups = node.integer("group", 1);
    expect(
        walk.takes(groups > 1)
            && kernel.shape().size() == 4
            && (groups == 1 || groups == kernel.shape().getFirst()),
        node,
        "with %d groups and a kernel of shape %s cannot be this layer",
        groups,
        kernel.shape());
    begin(node, "OIHW", kernel);
    List<Integer> pads = node.integers("pads", List.of(0, 0, 0, 0));
    String auto = node.text("auto_pad");
    expect(
        pads.size() == 4 && List.of("", "NOTSET", "VALID", "SAME_UPPER").contains(auto),
        node,
        "has pads %s %s",
        pads,
        auto);
    walk.windows(
        node.title(),
        node.integers("strides", List.of(1, 1)),
        node.integers("dilations", List.of(1, 1)),
        padded || auto.equals("SAME_UPPER"),
        rows.plus(new Border(pads.get(0), pads.get(2))),
        columns.plus(new Border(pads.get(1), pads.get(3))));
    rows = Border.NONE;
    columns = Border.NONE;
    padded = false;
    walk.advance();
  }

  private void dense(Node node, String layout) {
    boolean rectified = walk.next() == null && layers.last() != null && layers.last().isRectified();
    layers.finish();
    if (rectified) {
      walk.hidden(node.title());
    } else if (walk.continues()) {
      layers
          .integers()
          .obstacle(
              node.title(), "has no activation before it: two fully connected layers became one");
    }
    expect(
        walk.next() instanceof Layer.Classifier
            && node.integer("transA", 0) == 0
            && node.number("alpha", 1) == 1
            && node.number("beta", 1) == 1,
        node,
        "cannot be this layer");
    GraphTensor kernel = constants.floats(node, 1);
    expect(kernel.shape().size() == 2, node, "has a matrix of shape %s", kernel.shape());
    begin(node, layout, kernel);
    walk.advance();
  }

  private void begin(Node node, String layout, GraphTensor kernel) {
    walk.expectKernel(node.title(), new KernelLayout(layout), kernel.shape());
    int channels = kernel.shape().get(layout.indexOf('O'));
    room.take(2L * channels * Float.BYTES, node.title());
    GraphLayer layer = new GraphLayer(walk, node.title(), new KernelLayout(layout), kernel);
    if (!node.input(2).isEmpty()) {
      GraphTensor bias = constants.floats(node, 2);
      layer.bias(node.title(), bias, values(node, bias, "", channels));
    }
    rounded(null);
    layers.begin(layer, integers);
    walk.kernel(node.title(), new KernelLayout(layout), kernel.shape(), layer::values);
  }

  private GraphLayer layer(Node node) {
    GraphLayer at = layers.at(node.title());
    expectNoPadding(node);
    return at;
  }

  private void normalize(Node node) {
    expectChannelsFirst(node);
    GraphLayer to = layer(node);
    float[][] values = new float[4][];
    for (int i = 0; i < values.length; i++) {
      values[i] = values(node, constants.floats(node, 1 + i), "", to.channels());
    }
    layers.normalize(node.title(), values, node.number("epsilon", 1e-5f));
  }

  private int other(Node node, String at) {
    expect(node.inputs().size() == 2, node, "has %d inputs", node.inputs().size());
    return node.input(0).equals(at) ? 1 : 0;
  }

  /**
   * Returns a value for each channel.
   *
   * @param along the axes that the constant's are held against, from the last to the first; empty
   *     if they do not matter
   */
  private float[] values(Node node, GraphTensor constant, String along, int channels) {
    long count = constant.shape().stream().mapToLong(i -> i).reduce(1, (a, b) -> a * b);
    int missing = along.length() - constant.shape().size();
    boolean valid = along.isEmpty() ? count == 1 || count == channels : missing >= 0 && count > 0;
    for (int i = Math.max(missing, 0); valid && i < along.length(); i++) {
      int size = constant.shape().get(i - missing);
      valid = size == 1 || along.charAt(i) == 'C' && size == channels;
    }
    expect(
        valid,
        node,
        "has a constant of shape %s, expected a value for each of %d channels",
        constant.shape(),
        channels);
    room.take((count + channels) * Float.BYTES, node.title());
    float[] values = constant.floats();
    float[] all = new float[channels];
    IntStream.range(0, channels).forEach(c -> all[c] = values[values.length == 1 ? 0 : c]);
    return all;
  }

  private double bound(Node node, String attribute, int place) {
    double absent = attribute.equals("min") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    return node.has(attribute)
        ? node.number(attribute, 0)
        : node.input(place).isEmpty() ? absent : constants.scalar(node, place);
  }

  private double scalar(Node node, String at) {
    return constants.scalar(node, other(node, at));
  }

  private void pool(Node node) {
    layers.finish();
    Layer pool = walk.next();
    expect(pool instanceof Layer.GlobalAveragePool, node, "is a mean");
    expectNoPadding(node);
    if (node.op().equals("ReduceMean")) {
      List<Integer> over = constants.integers(node, "axes", 1);
      Set<Integer> positions = new HashSet<>();
      over.forEach(axis -> positions.add(axis < 0 ? axis + axes.length() : axis));
      expect(
          positions.equals(Set.of(axes.indexOf('H'), axes.indexOf('W'))),
          node,
          "is a mean over axes %s of %s",
          over,
          axes);
    } else {
      expectChannelsFirst(node);
      List<Integer> all = List.of(pool.in().height(), pool.in().width());
      List<Integer> window = node.integers("kernel_shape", all);
      expect(
          window.equals(all)
              && node.integers("pads", List.of()).stream().allMatch(p -> p == 0)
              && !node.text("auto_pad").startsWith("SAME"),
          node,
          "averages over %s, expected %s",
          window,
          all);
    }
    axes = "";
    walk.advance();
    GraphTensor before = integers;
    rounding =
        to ->
            layers
                .integers()
                .pooling(node.title(), before, to, to == null || !to.isCodedAs(before));
  }

  private void probabilities(Node node, boolean sigmoid) {
    rounded(null);
    layers.classifierActivation(node.title(), sigmoid);
    GraphTensor logits = integers;
    rounding =
        to -> {
          boolean fits =
              sigmoid
                  || node.op().equals("Softmax")
                      && to != null
                      && to.scales().get(0) == PROBABILITY
                      && to.zeroPoint(0) == 0;
          if (to != null && fits) {
            layers.integers().probabilities(node.title(), logits, to);
          } else if (to != null) {
            outputType = DataType.F32;
          }
        };
  }

  private void expectChannelsFirst(Node node) {
    expect(axes.equals("NCHW") || walk.pooled(), node, "takes axes %s, expected NCHW", axes);
  }

  private void expectNoPadding(Node node) {
    walk.expectNoBorder(node.title(), rows, columns);
    expect(!padded, node, "has a padded input");
  }

  private void expect(boolean valid, Node node, String otherwise, Object... arguments) {
    walk.expect(valid, node.title(), otherwise, arguments);
  }

  private MobileNetException misfit(Node node, String what) {
    return walk.misfit(node.title(), what);
  }
}
