package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.reading.IntegerChain;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.LayerWalk.Border;
import io.github.mobilenet4j.formats.reading.PixelScale;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.formats.tflite.TfliteFile.Operator;
import io.github.mobilenet4j.formats.tflite.TfliteSchema.Op;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Weights;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Follows the operators of a TFLite graph from the picture to the logits and lays each beside the
 * layer of MobileNet V1 that must come next; names of tensors play no part. The first operator that
 * does not fit is refused.
 *
 * <p>BatchNorm is folded into the kernels of such files.
 */
final class TfliteGraph {
  private static final int DEFAULT_SIDE = 224;
  private static final int DARKEST_INT8 = 128;

  private final String source;
  private final TfliteFile file;
  private final Room room;
  private final GraphTensor input;
  private final LayerWalk walk;
  private final MobileNetV1 network;
  private Border rows = Border.NONE;
  private Border columns = Border.NONE;

  /** Which layers compute in integers of 8 bits. */
  private final IntegerChain integers = new IntegerChain();

  /** Layers that are a FULLY_CONNECTED. */
  private final Set<String> fullyConnected = new HashSet<>();

  /** Constants behind a DEQUANTIZE: its output to its input. */
  private final Map<Integer, Integer> constants = new HashMap<>();

  /** Values that were computed from shapes. */
  private final Set<Integer> shapes = new HashSet<>();

  private final PixelScale pixels;

  /**
   * Follows a graph.
   *
   * @param source where it comes from, for messages
   * @param room for the bytes of all constants
   * @throws MobileNetException naming the first operator that does not fit
   */
  TfliteGraph(String source, TfliteFile file, Room room) {
    this.source = source;
    this.file = file;
    this.room = room;
    this.input = file.value(file.input());
    List<Integer> shape = file.inputShape();
    if (shape.size() != 4
        || shape.getFirst() == 0
        || shape.getLast() != 3 && shape.getLast() != 1) {
      throw new MobileNetException(
          "%s: %s has shape %s, expected [N, height, width, 3] or [N, height, width, 1]"
              .formatted(source, input.title(), shape));
    }
    pixels = new PixelScale(shape.getLast());
    takeStoredPixels();
    this.walk =
        new LayerWalk(source, new Shape(side(shape.get(1)), side(shape.get(2)), shape.getLast()));
    follow();
    expectSameEnds();
    this.network = walk.network();
  }

  /** Of any size is −1. */
  private static int side(int side) {
    return side == -1 ? DEFAULT_SIDE : side;
  }

  /** A quantised input says what it is: pixel v, stored as v or v − 128. */
  private void takeStoredPixels() {
    int scales = input.scales().limit();
    DataType type = input.type();
    if (type == DataType.U8 && scales == 0) {
      pixels.stored(1, 0);
    } else if (type != DataType.F32) {
      boolean bytes = type == DataType.U8 || type == DataType.I8;
      if (!bytes || scales != 1 || !(input.scales().get(0) > 0)) {
        throw new MobileNetException(
            "%s: %s is of type %s with %s scales, expected floats, or bytes with one scale"
                .formatted(source, input.title(), type, scales));
      }
      int darkest = type == DataType.I8 ? DARKEST_INT8 : 0;
      pixels.stored(input.scales().get(0), input.zeroPoint(0) + darkest);
    }
  }

  /** Returns the tensor that the picture goes into. */
  GraphTensor input() {
    return input;
  }

  /** Returns the network, with the file's resolution, α, classes, padding and activation. */
  MobileNetV1 network() {
    return network;
  }

  /**
   * Returns the weights: integers where every layer computes in such, else floats.
   *
   * @throws MobileNetException naming the first tensor that does not fit
   */
  Weights weights() {
    return integers.holds()
        ? integers.weights(
            walk, network, this::arithmetic, input.type(), file.value(file.output()).type())
        : walk.weights(network);
  }

  /** Returns which layers compute in integers. */
  IntegerChain integers() {
    return integers;
  }

  /** Says how TensorFlow Lite computes a layer. */
  private QuantizedLayer arithmetic(Layer layer, QuantizedLayer read) {
    boolean dense = fullyConnected.contains(layer.name());
    boolean unsigned = integers.first().type() == DataType.U8;
    return read.with(
            unsigned || dense && read.scales().length == 1
                ? QuantizedLayer.Product.SINGLE
                : QuantizedLayer.Product.DOUBLE)
        .with(dense && !unsigned ? QuantizedLayer.Rounding.ONCE : QuantizedLayer.Rounding.TWICE);
  }

  /** Compares the ends with what is inside. */
  private void expectSameEnds() {
    if (integers.first() != null && !isSame(input, integers.first())) {
      integers.obstacle("the graph", "takes other integers than its first layer");
    }
    if (integers.last() != null && !isSame(file.value(file.output()), integers.last())) {
      integers.obstacle("the graph", "gives other integers than its last layer");
    }
  }

  /** Returns whether the bytes of an end are those inside, but for signs, or numbers. */
  private static boolean isSame(GraphTensor end, GraphTensor inside) {
    return end.type() == DataType.F32
        || end.isQuantized()
            && end.scales().get(0) == inside.scales().get(0)
            && end.zeroPoint(0) - least(end) == inside.zeroPoint(0) - least(inside);
  }

  private static int least(GraphTensor tensor) {
    return tensor.type() == DataType.I8 ? Byte.MIN_VALUE : 0;
  }

  /** Returns what is done to a picture, empty if a float input is taken as it is. */
  Optional<Preprocessing> preprocessing() {
    return pixels.preprocessing();
  }

  private void follow() {
    int at = file.input();
    boolean cast = input.type() != DataType.U8 || input.scales().limit() == 1;
    for (int i = 0; i < file.operators(); i++) {
      Operator operator = file.operator(i);
      int from = operator.input(0);
      int outputs = operator.outputs().length;
      expect(outputs == 1, operator, "has %d outputs", outputs);
      int output = operator.outputs()[0];
      if (operator.op() == Op.DEQUANTIZE && file.value(from).isConstant()) {
        constants.put(output, from);
      } else if (operator.op() == Op.SHAPE && from == at || isAside(operator)) {
        shapes.add(output);
      } else {
        boolean takes = from == at || operator.op().commutes && operator.input(1) == at;
        expect(takes, operator, "takes tensor %d, not tensor %d before it", from, at);
        cast = cast || operator.op() == Op.CAST;
        expect(cast, operator, "takes bytes without a scale");
        accept(operator, at);
        at = output;
      }
    }
    if (walk.mayEnd() && at != file.output()) {
      throw new MobileNetException(source + ": the graph ends before its output");
    }
  }

  /** Returns whether an operator computes a shape from shapes, for a RESHAPE to come. */
  private boolean isAside(Operator operator) {
    return Arrays.stream(operator.inputs()).anyMatch(shapes::contains)
        && Arrays.stream(operator.inputs())
            .allMatch(in -> in < 0 || shapes.contains(in) || file.value(in).isConstant());
  }

  private void accept(Operator operator, int at) {
    expect(
        file.value(operator.outputs()[0]).type() != DataType.I16,
        operator,
        "computes in int16, expected float or int8: convert the model once more");
    switch (operator.op()) {
      case DEQUANTIZE -> {}
      case QUANTIZE -> quantize(operator);
      case CAST -> expectInFront(operator);
      case ADD, SUB, MUL, DIV -> scale(operator, at);
      case RESHAPE, SQUEEZE ->
          expect(walk.pooled(), operator, "changes the shape before the pooling");
      case SOFTMAX, LOG_SOFTMAX, LOGISTIC -> {
        walk.classifierActivation(operator.title(), operator.op() == Op.LOGISTIC);
        integers.probabilities(operator.title(), file.value(at), file.value(operator.outputs()[0]));
        if (operator.op() == Op.LOG_SOFTMAX) {
          integers.obstacle(operator.title(), "makes logarithms");
        }
      }
      case PAD -> pad(operator);
      case AVERAGE_POOL_2D, MEAN -> pool(operator);
      case CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED -> convolve(operator);
      case SHAPE -> throw walk.misfit(operator.title(), "takes the shape of another value");
      case OTHER ->
          throw walk.misfit(
              operator.title(),
              operator.isCompiled()
                  ? "is compiled for one kind of chip; read the file that was compiled"
                  : "is not part of a MobileNet V1");
    }
  }

  /** In front, it says what a float input is fed. */
  private void quantize(Operator operator) {
    GraphTensor output = file.value(operator.outputs()[0]);
    if (walk.next() instanceof Layer.Standard && output.scales().limit() == 1) {
      int lowest = output.type() == DataType.I8 ? Byte.MIN_VALUE : 0;
      double scale = output.scales().get(0);
      double least = scale * (lowest - output.zeroPoint(0));
      pixels.range(least, least + 255 * scale);
    }
  }

  /** Takes arithmetic that is part of the preprocessing. */
  private void scale(Operator operator, int at) {
    expectInFront(operator);
    // In integers it would round once more than the preprocessing does that it becomes.
    integers.obstacle(operator.title(), "computes with pixels");
    GraphTensor operand = constant(operator.input(operator.input(0) == at ? 1 : 0));
    List<Integer> shape = operand.shape();
    int last = shape.isEmpty() ? 1 : shape.getLast();
    int fused = operator.int8(TfliteSchema.ARITHMETIC_ACTIVATION);
    expect(
        operand.isConstant()
            && (last == 1 || last == pixels.channels())
            && shape.stream().limit(Math.max(shape.size() - 1, 0)).allMatch(axis -> axis == 1),
        operator,
        "has an operand of shape %s, expected a constant for each channel",
        shape);
    expect(fused == TfliteSchema.NO_ACTIVATION, operator, "is followed by activation %d", fused);
    float[] values = counted(operand).floats();
    double[] each = new double[values.length];
    Arrays.setAll(each, c -> values[c]);
    switch (operator.op()) {
      case ADD -> pixels.then(PixelScale.constant(1), each);
      case SUB ->
          pixels.then(PixelScale.constant(1), Arrays.stream(each).map(value -> -value).toArray());
      case MUL -> pixels.then(each, PixelScale.constant(0));
      default ->
          pixels.then(
              Arrays.stream(each).map(value -> 1 / value).toArray(), PixelScale.constant(0));
    }
  }

  private void expectInFront(Operator operator) {
    expect(walk.next() instanceof Layer.Standard, operator, "is not in front of the network");
    walk.expectNoBorder(operator.title(), rows, columns);
  }

  private void pad(Operator operator) {
    walk.expectNoBorder(operator.title(), rows, columns);
    GraphTensor amounts = file.value(operator.input(1));
    expect(
        amounts.type() == DataType.I32
            && amounts.shape().equals(List.of(4, 2))
            && amounts.data().limit() == 8 * Integer.BYTES,
        operator,
        "has no constant int32 amounts [4, 2]");
    int[] zeros = new int[8];
    amounts.data().asIntBuffer().get(zeros);
    expect((zeros[0] | zeros[1] | zeros[6] | zeros[7]) == 0, operator, "pads batch or channels");
    rows = new Border(zeros[2], zeros[3]);
    columns = new Border(zeros[4], zeros[5]);
  }

  private void pool(Operator operator) {
    Layer pool = walk.next();
    expect(pool instanceof Layer.GlobalAveragePool, operator, "is a mean");
    walk.expectNoBorder(operator.title(), rows, columns);
    if (operator.op() == Op.AVERAGE_POOL_2D) {
      List<Integer> window =
          List.of(
              operator.int32(TfliteSchema.POOL_HEIGHT, 0),
              operator.int32(TfliteSchema.POOL_WIDTH, 0));
      List<Integer> all = List.of(pool.in().height(), pool.in().width());
      expect(window.equals(all), operator, "averages over %s, expected %s", window, all);
    } else {
      GraphTensor axes = file.value(operator.input(1));
      IntBuffer rowsAndColumns = IntBuffer.wrap(new int[] {1, 2});
      expect(
          axes.data().asIntBuffer().equals(rowsAndColumns),
          operator,
          "is not over rows and columns");
    }
    integers.pooling(
        operator.title(),
        file.value(operator.input(0)),
        file.value(operator.outputs()[0]),
        operator.op() == Op.MEAN);
    walk.advance();
  }

  /** Where the settings of an operator with a kernel stand in its options; −1 for none. */
  private record Settings(String axes, int stride, int activation, int dilation) {}

  private static Settings settings(Op op) {
    return switch (op) {
      case CONV_2D ->
          new Settings(
              "OHWI",
              TfliteSchema.STRIDE,
              TfliteSchema.CONV_ACTIVATION,
              TfliteSchema.CONV_DILATION);
      case DEPTHWISE_CONV_2D ->
          new Settings(
              "IHWO",
              TfliteSchema.STRIDE,
              TfliteSchema.DEPTHWISE_ACTIVATION,
              TfliteSchema.DEPTHWISE_DILATION);
      default -> new Settings("OI", -1, TfliteSchema.DENSE_ACTIVATION, -1);
    };
  }

  private void convolve(Operator operator) {
    Op op = operator.op();
    if (op == Op.FULLY_CONNECTED && walk.continues()) {
      integers.obstacle(
          operator.title(), "has no activation before it: two fully connected layers became one");
    }
    boolean classifier = walk.next() instanceof Layer.Classifier;
    expect(
        walk.takes(op == Op.DEPTHWISE_CONV_2D) && (classifier || op != Op.FULLY_CONNECTED),
        operator,
        "cannot be this layer");
    Settings settings = settings(op);
    int bias = operator.input(2);
    GraphTensor kernel = constant(operator.input(1));
    KernelLayout layout = new KernelLayout(settings.axes);
    takeIntegers(operator, kernel, layout);
    walk.kernel(
        operator.title(),
        layout,
        kernel.shape(),
        () ->
            new LayerWalk.Values(
                counted(kernel),
                bias < 0 ? null : counted(constant(bias)),
                null,
                file.value(operator.outputs()[0])));
    if (settings.stride >= 0) {
      walk.windows(
          operator.title(),
          List.of(operator.int32(settings.stride + 1, 0), operator.int32(settings.stride, 0)),
          List.of(operator.int32(settings.dilation, 1), operator.int32(settings.dilation + 1, 1)),
          operator.int8(TfliteSchema.PADDING) == TfliteSchema.SAME,
          rows,
          columns);
      rows = Border.NONE;
      columns = Border.NONE;
    }
    walk.expectNoBorder(operator.title(), rows, columns);
    int fused = operator.int8(settings.activation);
    if (!classifier) {
      activate(operator, fused);
    }
    walk.advance();
    if (classifier && fused == TfliteSchema.RELU) {
      walk.hidden(operator.title());
    } else if (classifier) {
      expect(fused == TfliteSchema.NO_ACTIVATION, operator, "is followed by activation %d", fused);
    }
  }

  /**
   * Takes what follows a convolution. Without a fused activation the range of a quantised output
   * clamps all the same: 0 is the least value.
   */
  private void activate(Operator operator, int fused) {
    switch (fused) {
      case TfliteSchema.RELU -> walk.activation(operator.title(), Activation.RELU);
      case TfliteSchema.RELU6 -> walk.activation(operator.title(), Activation.RELU6);
      case TfliteSchema.NO_ACTIVATION -> {
        GraphTensor output = file.value(operator.outputs()[0]);
        expect(
            output.isQuantized() && output.zeroPoint(0) == least(output),
            operator,
            "has no activation");
        walk.saturation(operator.title(), output.scales().get(0) * 255.0);
      }
      default ->
          throw walk.misfit(
              operator.title(), "has activation " + fused + ", expected RELU or RELU6");
    }
  }

  /** Takes note of whether a layer computes in integers. */
  private void takeIntegers(Operator operator, GraphTensor kernel, KernelLayout layout) {
    int bias = operator.input(2);
    integers.layer(
        operator.title(),
        file.value(operator.input(0)),
        kernel,
        layout.axes().indexOf('O'),
        bias < 0 ? null : constant(bias),
        file.value(operator.outputs()[0]));
    if (operator.op() == Op.FULLY_CONNECTED) {
      fullyConnected.add(walk.next().name());
    }
  }

  private GraphTensor constant(int tensor) {
    return file.value(constants.getOrDefault(tensor, tensor));
  }

  private GraphTensor counted(GraphTensor constant) {
    room.take(constant.data().limit(), constant.title());
    return constant;
  }

  private void expect(boolean valid, Operator operator, String otherwise, Object... arguments) {
    walk.expect(valid, operator.title(), otherwise, arguments);
  }
}
