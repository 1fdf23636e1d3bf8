package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.LayerWalk.Border;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.formats.tflite.TfliteFile.Operator;
import io.github.mobilenet4j.formats.tflite.TfliteSchema.Op;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Weights;
import java.nio.IntBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Follows the operators of a TFLite graph from the picture to the logits and lays each beside the
 * layer of MobileNet V1 that must come next; names of tensors play no part. The first operator that
 * does not fit is refused.
 *
 * <p>BatchNorm is folded into the kernels of such files.
 */
final class TfliteGraph {
  private final String source;
  private final TfliteFile file;
  private final Room room;
  private final GraphTensor input;
  private final LayerWalk walk;
  private final MobileNetV1 network;
  private Border rows = Border.NONE;
  private Border columns = Border.NONE;

  /** Constants behind a DEQUANTIZE: its output to its input. */
  private final Map<Integer, Integer> constants = new HashMap<>();

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
    List<Integer> shape = input.shape();
    if (shape.size() != 4
        || shape.getFirst() != 1
        || shape.getLast() != 3 && shape.getLast() != 1) {
      throw new MobileNetException(
          "%s: %s has shape %s, expected [1, height, width, 3] or [1, height, width, 1]"
              .formatted(source, input.title(), shape));
    }
    this.walk = new LayerWalk(source, new Shape(shape.get(1), shape.get(2), shape.get(3)));
    follow();
    this.network = walk.network();
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
   * Returns the weights, dequantised.
   *
   * @throws MobileNetException naming the first tensor that does not fit
   */
  Weights weights() {
    return walk.weights(network);
  }

  private void follow() {
    int at = file.input();
    for (int i = 0; i < file.operators(); i++) {
      Operator operator = file.operator(i);
      int from = operator.input(0);
      int outputs = operator.outputs().length;
      expect(outputs == 1, operator, "has %d outputs", outputs);
      if (operator.op() == Op.DEQUANTIZE && file.value(from).isConstant()) {
        constants.put(operator.outputs()[0], from);
        continue;
      }
      expect(from == at, operator, "takes tensor %d, not tensor %d before it", from, at);
      accept(operator);
      at = operator.outputs()[0];
    }
    if (walk.mayEnd() && at != file.output()) {
      throw new MobileNetException(source + ": the graph ends before its output");
    }
  }

  private void accept(Operator operator) {
    switch (operator.op()) {
      case QUANTIZE, DEQUANTIZE -> {}
      case RESHAPE, SQUEEZE ->
          expect(walk.pooled(), operator, "changes the shape before the pooling");
      case SOFTMAX -> expect(walk.next() == null, operator, "comes before the logits");
      case PAD -> pad(operator);
      case AVERAGE_POOL_2D, MEAN -> pool(operator);
      case CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED -> convolve(operator);
      case OTHER -> throw walk.misfit(operator.title(), "is not part of a MobileNet V1");
    }
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
    boolean classifier = walk.next() instanceof Layer.Classifier;
    expect(
        walk.takes(op == Op.DEPTHWISE_CONV_2D) && (classifier || op != Op.FULLY_CONNECTED),
        operator,
        "cannot be this layer");
    Settings settings = settings(op);
    int bias = operator.input(2);
    GraphTensor kernel = constant(operator.input(1));
    walk.kernel(
        operator.title(),
        new KernelLayout(settings.axes),
        kernel.shape(),
        () ->
            new LayerWalk.Values(counted(kernel), bias < 0 ? null : counted(constant(bias)), null));
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
    if (classifier) {
      expect(fused == TfliteSchema.NO_ACTIVATION, operator, "is followed by activation %d", fused);
    } else {
      walk.activation(operator.title(), activation(operator, fused));
    }
    walk.advance();
  }

  /**
   * Returns what follows a convolution. Without a fused activation the range of a quantised output
   * clamps all the same: 0 is the least value, and 6 may be the largest.
   */
  private Activation activation(Operator operator, int fused) {
    return switch (fused) {
      case TfliteSchema.RELU -> Activation.RELU;
      case TfliteSchema.RELU6 -> Activation.RELU6;
      case TfliteSchema.NO_ACTIVATION -> {
        GraphTensor output = file.value(operator.outputs()[0]);
        int least = output.type() == DataType.I8 ? Byte.MIN_VALUE : 0;
        boolean quantised =
            (output.type() == DataType.I8 || output.type() == DataType.U8)
                && output.scales().limit() == 1;
        expect(quantised && output.zeroPoint(0) == least, operator, "has no activation");
        yield Math.abs(output.scales().get(0) * 255 - 6) < 0.01
            ? Activation.RELU6
            : Activation.RELU;
      }
      default ->
          throw walk.misfit(
              operator.title(), "has activation " + fused + ", expected RELU or RELU6");
    };
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
