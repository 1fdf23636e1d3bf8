package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.TfliteFile.Op;
import io.github.mobilenet4j.formats.TfliteFile.Operator;
import io.github.mobilenet4j.formats.TfliteFile.Value;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Parameter;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.FoldedBatchNorm;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Weights;
import io.github.mobilenet4j.weights.WidthMultiplier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Follows the operators of a TFLite graph from the picture to the logits and lays each beside the
 * layer of MobileNet V1 that must come next; names of tensors play no part. The first operator that
 * does not fit is refused.
 *
 * <p>BatchNorm is folded into the kernels of such files; see {@link FoldedBatchNorm}.
 */
final class TfliteGraph {
  /** An operator with parameters and the layer that it computes. */
  private record Step(Operator operator, Layer layer, KernelLayout layout, Value kernel) {
    int channels(char axis) {
      return kernel.shape().get(layout.axes().indexOf(axis));
    }
  }

  /** Zeros before and after the rows or columns. */
  private record Border(int before, int after) {
    static final Border NONE = new Border(0, 0);
  }

  private static final int SAME = 0;

  private final String source;
  private final TfliteFile file;
  private final Value input;
  private final MobileNetV1 network;

  private final Iterator<Layer> layers;
  private Layer next;
  private final List<Step> steps = new ArrayList<>();
  private final Set<Padding> paddings = EnumSet.allOf(Padding.class);
  private Activation activation;
  private Border rows = Border.NONE;
  private Border columns = Border.NONE;

  /** Constants behind a DEQUANTIZE: its output to its input. */
  private final Map<Integer, Integer> constants = new HashMap<>();

  /**
   * Follows a graph.
   *
   * @param source where it comes from, for messages
   * @throws MobileNetException naming the first operator that does not fit
   */
  TfliteGraph(String source, TfliteFile file) {
    this.source = source;
    this.file = file;
    this.input = file.value(file.input());
    List<Integer> shape = input.shape();
    if (shape.size() != 4 || shape.getFirst() != 1 || shape.getLast() != 3) {
      throw fault(input.title(), "has shape " + shape + ", expected [1, height, width, 3]");
    }
    MobileNetV1.Builder builder = MobileNetV1.builder().input(shape.get(1), shape.get(2));
    // Rows and columns of the layers do not depend on α.
    this.layers = builder.build().layers().iterator();
    this.next = layers.next();
    follow();
    this.network = fit(builder);
  }

  /** Returns the tensor that the picture goes into. */
  Value input() {
    return input;
  }

  /** Returns the network, with the file's resolution, α, classes, padding and activation. */
  MobileNetV1 network() {
    return network;
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
    if (next != null || at != file.output()) {
      throw fault("the graph", "ends before " + (next == null ? "its output" : next.name()));
    }
  }

  private MobileNetV1 fit(MobileNetV1.Builder builder) {
    Step classifier = steps.getLast();
    return WidthMultiplier.fit(
        builder
            .classes(classifier.channels('O'))
            .padding(paddings.contains(Padding.SAME) ? Padding.SAME : Padding.SYMMETRIC)
            .activation(activation)
            .epsilon(FoldedBatchNorm.EPSILON),
        steps.stream()
            .filter(s -> s.layer instanceof Layer.Standard || s.layer instanceof Layer.Pointwise)
            .map(s -> s.channels('O'))
            .toList(),
        classifier.channels('I'));
  }

  private void accept(Operator operator) {
    boolean pooled = next == null || next instanceof Layer.Classifier;
    switch (operator.op()) {
      case QUANTIZE, DEQUANTIZE -> {}
      case RESHAPE, SQUEEZE -> expect(pooled, operator, "changes the shape before the pooling");
      case SOFTMAX -> expect(next == null, operator, "comes before the logits");
      case PAD -> pad(operator);
      case AVERAGE_POOL_2D, MEAN -> pool(operator);
      case CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED -> multiply(operator);
      case OTHER -> throw misfit(operator, "is not part of a MobileNet V1");
    }
  }

  private void pad(Operator operator) {
    expectNoBorder(operator);
    Value amounts = file.value(operator.input(1));
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
    expect(next instanceof Layer.GlobalAveragePool, operator, "is a mean");
    expectNoBorder(operator);
    if (operator.op() == Op.AVERAGE_POOL_2D) {
      List<Integer> window = List.of(operator.int32(4, 0), operator.int32(3, 0));
      List<Integer> all = List.of(next.in().height(), next.in().width());
      expect(window.equals(all), operator, "averages over %s, expected %s", window, all);
    } else {
      Value axes = file.value(operator.input(1));
      int[] both = new int[axes.data().limit() / Integer.BYTES];
      axes.data().asIntBuffer().get(both);
      expect(Arrays.equals(both, new int[] {1, 2}), operator, "is not over rows and columns");
    }
    advance();
  }

  /** Where the settings of an operator with a kernel stand in its options; −1 for none. */
  private record Settings(String axes, int stride, int activation, int dilation) {}

  private static Settings settings(Op op) {
    return switch (op) {
      case CONV_2D -> new Settings("OHWI", 1, 3, 4);
      case DEPTHWISE_CONV_2D -> new Settings("IHWO", 1, 4, 5);
      default -> new Settings("OI", -1, 0, -1);
    };
  }

  private void multiply(Operator operator) {
    boolean fits =
        switch (next) {
          case Layer.Standard _, Layer.Pointwise _ -> operator.op() == Op.CONV_2D;
          case Layer.Depthwise _ -> operator.op() == Op.DEPTHWISE_CONV_2D;
          case Layer.Classifier _ -> operator.op() != Op.DEPTHWISE_CONV_2D;
          case Layer.GlobalAveragePool _ -> false;
          case null -> false;
        };
    expect(fits, operator, "cannot be this layer");
    Settings settings = settings(operator.op());
    Value kernel = constant(operator.input(1));
    expect(
        kernel.shape().size() == settings.axes.length(),
        operator,
        "has a kernel of shape %s, expected axes %s",
        kernel.shape(),
        settings.axes);
    if (settings.stride >= 0) {
      checkWindow(operator, settings);
    }
    int fused = operator.int8(settings.activation);
    if (next instanceof Layer.Convolution) {
      Activation found = activation(operator, fused);
      expect(
          activation == null || activation == found,
          operator,
          "is followed by %s, the layers before by %s",
          found,
          activation);
      activation = found;
    } else {
      expect(fused == 0, operator, "is followed by activation %d", fused);
    }
    steps.add(new Step(operator, next, new KernelLayout(settings.axes), kernel));
    advance();
  }

  private void checkWindow(Operator operator, Settings settings) {
    int stride = next instanceof Layer.Convolution c ? c.stride() : 1;
    List<Integer> strides =
        List.of(operator.int32(settings.stride + 1, 0), operator.int32(settings.stride, 0));
    expect(
        strides.equals(List.of(stride, stride)),
        operator,
        "has strides %s, expected %d",
        strides,
        stride);
    expect(
        operator.int32(settings.dilation, 1) == 1 && operator.int32(settings.dilation + 1, 1) == 1,
        operator,
        "is dilated");
    if (next instanceof Layer.Standard || next instanceof Layer.Depthwise) {
      boolean same = operator.int8(0) == SAME;
      paddings.removeIf(padding ->
          !agrees(padding, same, rows, next.in().height(), stride)
              || !agrees(padding, same, columns, next.in().width(), stride));
      expect(!paddings.isEmpty(), operator, "has neither SAME nor symmetric padding");
      rows = Border.NONE;
      columns = Border.NONE;
    }
    expectNoBorder(operator);
  }

  private void expectNoBorder(Operator operator) {
    boolean none = rows.equals(Border.NONE) && columns.equals(Border.NONE);
    expect(none, operator, "has a padded input");
  }

  /** Returns whether zeros written by a PAD, or else SAME, put windows where a padding does. */
  private static boolean agrees(
      Padding padding, boolean same, Border border, int size, int stride) {
    int outputs = Padding.outputs(size, stride);
    int before = padding.before(size, stride);
    if (same) {
      return border.equals(Border.NONE) && before == Padding.SAME.before(size, stride);
    }
    long padded = (long) border.before + size + border.after;
    return border.before == before && border.after >= 0 && (padded - 3) / stride + 1 == outputs;
  }

  /**
   * Returns what follows a convolution. Without a fused activation the range of a quantised output
   * clamps all the same: 0 is the least value, and 6 may be the largest.
   */
  private Activation activation(Operator operator, int fused) {
    return switch (fused) {
      case 1 -> Activation.RELU;
      case 3 -> Activation.RELU6;
      case 0 -> {
        Value output = file.value(operator.outputs()[0]);
        int least = output.type() == DataType.I8 ? Byte.MIN_VALUE : 0;
        boolean quantised =
            (output.type() == DataType.I8 || output.type() == DataType.U8)
                && output.scales().length == 1;
        expect(quantised && output.zeroPoint(0) == least, operator, "has no activation");
        yield Math.abs(output.scales()[0] * 255 - 6) < 0.01 ? Activation.RELU6 : Activation.RELU;
      }
      default -> throw misfit(operator, "has activation " + fused + ", expected RELU or RELU6");
    };
  }

  private void advance() {
    next = layers.hasNext() ? layers.next() : null;
  }

  private Value constant(int tensor) {
    return file.value(constants.getOrDefault(tensor, tensor));
  }

  /**
   * Returns the weights, dequantised.
   *
   * @throws MobileNetException naming the first tensor that does not fit
   */
  Weights weights() {
    Map<String, Layer> fitted = new HashMap<>();
    network.layers().forEach(layer -> fitted.put(layer.name(), layer));
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Step step : steps) {
      Layer layer = fitted.get(step.layer.name());
      List<Integer> expected = step.layout.shape(layer);
      expect(
          step.kernel.shape().equals(expected),
          step.operator,
          "is %s with a kernel of shape %s, expected %s",
          layer.name(),
          step.kernel.shape(),
          expected);
      // The kernel first: its bytes vouch for the number of channels.
      float[] kernel = step.layout.toOurs(layer, floats(step.kernel));
      float[] bias = bias(step.operator, layer.out().channels());
      switch (layer) {
        case Layer.Convolution c -> FoldedBatchNorm.put(values, c, kernel, bias);
        case Layer.Classifier c -> {
          values.put(Parameter.name(c, Role.KERNEL), kernel);
          values.put(Parameter.name(c, Role.BIAS), bias);
        }
        case Layer.GlobalAveragePool _ -> {}
      }
    }
    return new Weights(source, network, values);
  }

  private float[] bias(Operator operator, int channels) {
    if (operator.input(2) < 0) {
      return new float[channels];
    }
    Value bias = constant(operator.input(2));
    expect(
        bias.shape().equals(List.of(channels)),
        operator,
        "has a bias of shape %s, expected [%d]",
        bias.shape(),
        channels);
    return floats(bias);
  }

  private float[] floats(Value value) {
    try {
      return value.floats();
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }

  private void expect(boolean right, Operator operator, String otherwise, Object... arguments) {
    if (!right) {
      throw misfit(operator, otherwise.formatted(arguments));
    }
  }

  private MobileNetException misfit(Operator operator, String what) {
    return fault(
        operator.title(),
        what + (next == null ? "" : "; the layer at this place is " + next.name()));
  }

  private MobileNetException fault(String where, String what) {
    return new MobileNetException("%s: %s %s".formatted(source, where, what));
  }
}
