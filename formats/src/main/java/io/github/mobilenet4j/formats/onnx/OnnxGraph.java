package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.onnx.OnnxFile.Input;
import io.github.mobilenet4j.formats.onnx.OnnxFile.Node;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.LayerWalk.BatchNorm;
import io.github.mobilenet4j.formats.reading.LayerWalk.Border;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Follows the nodes of an ONNX graph from the picture to the logits and lays each beside the layer
 * of MobileNet V1 that must come next; names play no part. The first node that does not fit is
 * refused.
 *
 * <p>What exporters differ in is understood: axes in PyTorch's order or, between transpositions, in
 * TensorFlow's; BatchNorm kept, folded into the kernels, or written as a product and a sum; the
 * activation as one node or as two; padding in the convolution or before it; a shape that is
 * computed in the graph.
 */
final class OnnxGraph {
  private static final int DEFAULT_SIDE = 224;

  private final LayerWalk walk;
  private final OnnxConstants constants;
  private final Room room;
  private final MobileNetV1 network;

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

  /** The last layer with a kernel, and what has followed it so far. */
  private OnnxLayer layer;

  /**
   * Follows a graph.
   *
   * @param source where it comes from, for messages
   * @param limits of axes
   * @param memory bytes that may be taken
   * @throws MobileNetException naming the first node that does not fit
   */
  OnnxGraph(String source, OnnxFile file, ReadLimits limits, long memory) {
    // Half of it is for the weights, which the file vouches for.
    room = new Room(memory / 2, "bytes");
    constants = new OnnxConstants(file.constants(), limits, room);
    Input input = file.input();
    List<Long> shape = input.shape();
    axes =
        shape.size() == 4 && !isColours(shape.get(1)) && isColours(shape.get(3)) ? "NHWC" : "NCHW";
    if (!shape.isEmpty() && (shape.size() != 4 || !isColours(shape.get(axes.indexOf('C'))))) {
      throw new MobileNetException(
          "input %s has shape %s, expected [N, 3, height, width] or [N, height, width, 3], or 1 for 3"
              .formatted(MobileNetException.abridged(input.name()), shape));
    }
    walk =
        new LayerWalk(
            source,
            new Shape(
                side(shape, 'H'),
                side(shape, 'W'),
                shape.isEmpty() ? 3 : Math.toIntExact(shape.get(axes.indexOf('C')))));
    String at = input.name();
    for (Node node : (Iterable<Node>) file.nodes()::iterator) {
      at = step(node, at);
    }
    finishLayer();
    network = walk.network();
    if (!at.equals(file.output())) {
      throw new MobileNetException("the graph ends before its output");
    }
  }

  private static boolean isColours(long channels) {
    return channels == 3 || channels == 1;
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
    return walk.weights(network);
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
    switch (node.op()) {
      case "Identity", "Dropout" -> {}
      case "Cast" -> {
        DataType to = OnnxSchema.TYPES.get(node.integer("to", 0));
        expect(to != null && to.isFloat(), node, "makes no floats");
      }
      case "Transpose" -> transpose(node);
      case "Pad" -> pad(node);
      case "Conv" -> convolve(node);
      case "BatchNormalization" -> normalize(node);
      case "Mul" -> layer(node).multiply(node, perChannel(node, at));
      case "Add" -> layer(node).add(node, perChannel(node, at));
      case "Relu" -> layer(node).clamp(node, 0, Double.POSITIVE_INFINITY);
      case "Clip" -> layer(node).clamp(node, bound(node, "min", 1), bound(node, "max", 2));
      case "Max" -> layer(node).clamp(node, scalar(node, at), Double.POSITIVE_INFINITY);
      case "Min" -> layer(node).clamp(node, Double.NEGATIVE_INFINITY, scalar(node, at));
      case "GlobalAveragePool", "AveragePool", "ReduceMean" -> pool(node);
      case "Flatten", "Reshape", "Squeeze", "Unsqueeze" ->
          expect(walk.pooled(), node, "changes the shape before the pooling");
      case "Gemm" -> dense(node, node.integer("transB", 0) == 1 ? "OI" : "IO");
      case "MatMul" -> dense(node, "IO");
      case "Softmax" -> {
        expect(walk.next() == null, node, "comes before the logits");
        finishLayer();
      }
      default -> throw misfit(node, "is not part of a MobileNet V1");
    }
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
    finishLayer();
    expectChannelsFirst(node);
    Tensor kernel = constants.floats(node, 1);
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
    finishLayer();
    expect(
        walk.next() instanceof Layer.Classifier
            && node.integer("transA", 0) == 0
            && node.number("alpha", 1) == 1
            && node.number("beta", 1) == 1,
        node,
        "cannot be this layer");
    Tensor kernel = constants.floats(node, 1);
    expect(kernel.shape().size() == 2, node, "has a matrix of shape %s", kernel.shape());
    begin(node, layout, kernel);
    walk.advance();
  }

  private void begin(Node node, String layout, Tensor kernel) {
    walk.expectKernel(node.title(), new KernelLayout(layout), kernel.shape());
    int channels = kernel.shape().get(layout.indexOf('O'));
    room.take(2L * channels * Float.BYTES, node.title());
    layer = new OnnxLayer(walk, node.title(), walk.next(), kernel, channels);
    if (!node.input(2).isEmpty()) {
      layer.add(node, values(node, constants.floats(node, 2), ""));
    }
    walk.kernel(node.title(), new KernelLayout(layout), kernel.shape(), layer::values);
  }

  /** Closes the layer whose kernel came last: what follows now belongs to the next. */
  private void finishLayer() {
    if (layer != null) {
      layer.finish();
      layer = null;
    }
  }

  private OnnxLayer layer(Node node) {
    expect(layer != null, node, "does not follow a layer");
    expectNoPadding(node);
    return layer;
  }

  private void normalize(Node node) {
    expectChannelsFirst(node);
    OnnxLayer to = layer(node);
    double own = exact(node.number("epsilon", 1e-5f));
    float[][] values = new float[4][];
    for (int i = 0; i < values.length; i++) {
      values[i] = values(node, constants.floats(node, 1 + i), "");
    }
    expect(own >= 0 && Double.isFinite(own), node, "has epsilon %s", own);
    walk.epsilon(own);
    to.normalize(node, new BatchNorm(values[0], values[1], values[2], values[3], own));
  }

  /**
   * Returns the shortest decimal number that rounds to a float: 1e-5 was meant, not 9.9999997e-6.
   */
  private static double exact(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  /** Returns the other factor or addend, as a value for each channel of the last layer. */
  private float[] perChannel(Node node, String at) {
    return values(node, constants.floats(node, other(node, at)), axes);
  }

  private int other(Node node, String at) {
    expect(node.inputs().size() == 2, node, "has %d inputs", node.inputs().size());
    return node.input(0).equals(at) ? 1 : 0;
  }

  /**
   * Returns a value for each channel of the last layer.
   *
   * @param along the axes that the constant's are held against, from the last to the first; empty
   *     if they do not matter
   */
  private float[] values(Node node, Tensor constant, String along) {
    int channels = layer.channels();
    int missing = along.length() - constant.shape().size();
    boolean valid =
        along.isEmpty()
            ? constant.size() == 1 || constant.size() == channels
            : missing >= 0 && constant.size() > 0;
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
    room.take(((long) constant.size() + channels) * Float.BYTES, node.title());
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
    finishLayer();
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
