package io.github.mobilenet4j.explanation;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Weights;
import java.util.Arrays;

/**
 * How one value of the network comes about: {@code output = activation(Σ inputs[i] · weights[i] +
 * bias)}. BatchNorm is folded into weights and bias, as an inference computes.
 *
 * <p>Of a quantised network these are the numbers that its integers stand for, and its output is
 * the activated sum rounded to the next of 256 steps.
 *
 * @param inputs of a depthwise convolution nine, the window row by row, zeros outside; of the stem
 *     {@code [3, 3, C]} of the window; of a pointwise convolution, the hidden layer and the
 *     classifier the C channels at one place; of the pooling the map
 * @param weights as many: the nine of the channel's kernel; the column of the pointwise kernel that
 *     belongs to the channel; of the pooling all {@code 1 / area}
 * @param bias of the channel
 * @param activated the sum with the activation, which pooling and classifier have not, computed in
 *     double precision
 * @param output what the network computed
 */
@SuppressWarnings("ArrayRecordComponent")
public record WeightedSum(
    float[] inputs, float[] weights, float bias, double activated, float output) {

  private static final int TAPS = 9;

  /**
   * Returns the sum behind a unit.
   *
   * @param maps with the output of the unit's layer and of the one before
   * @param weights of the network, {@link Weights#folded}
   * @throws io.github.mobilenet4j.MobileNetException if an output was not computed, or the layer is
   *     another network's
   */
  public static WeightedSum of(FeatureMaps maps, Weights.Folded weights, Unit unit) {
    Layer layer = unit.layer();
    float[] in = maps.input(layer);
    float[] kernel = weights.get(layer, Role.KERNEL);
    int channels = layer.out().channels();
    float[] inputs;
    float[] column;
    switch (layer) {
      case Layer.Standard standard -> {
        inputs = window(maps.network(), standard, unit, in, 0, layer.in().channels());
        column = column(kernel, unit.channel(), channels);
      }
      case Layer.Depthwise depthwise -> {
        inputs = window(maps.network(), depthwise, unit, in, unit.channel(), 1);
        column = column(kernel, unit.channel(), channels);
      }
      case Layer.Pointwise _, Layer.Dense _, Layer.Classifier _ -> {
        int each = layer.in().channels();
        int at = (unit.row() * layer.in().width() + unit.column()) * each;
        inputs = Arrays.copyOfRange(in, at, at + each);
        column = column(kernel, unit.channel(), channels);
      }
      case Layer.GlobalAveragePool _ -> {
        inputs = column(in, unit.channel(), channels);
        column = new float[inputs.length];
        Arrays.fill(column, 1f / inputs.length);
      }
    }
    float bias = layer.kernelValues() == 0 ? 0 : weights.get(layer, Role.BIAS)[unit.channel()];
    double sum = bias;
    for (int i = 0; i < inputs.length; i++) {
      sum += (double) inputs[i] * column[i];
    }
    return new WeightedSum(
        inputs, column, bias, activated(maps.network(), layer, sum), maps.value(unit));
  }

  private static double activated(MobileNetV1 network, Layer layer, double sum) {
    return switch (layer) {
      case Layer.Standard _, Layer.Depthwise _, Layer.Pointwise _ ->
          Math.min(Math.max(sum, 0), network.activation().ceiling());
      case Layer.Dense _ -> Math.max(sum, 0);
      case Layer.GlobalAveragePool _, Layer.Classifier _ -> sum;
    };
  }

  /** Returns the values of some channels under a 3×3 window, {@code [3, 3, count]}. */
  private static float[] window(
      MobileNetV1 network, Layer.Convolution layer, Unit unit, float[] in, int from, int count) {
    Shape shape = layer.in();
    int step = layer.stride();
    int top = unit.row() * step - network.padding(layer).before(shape.height(), step);
    int left = unit.column() * step - network.padding(layer).before(shape.width(), step);
    float[] values = new float[TAPS * count];
    for (int tap = 0; tap < TAPS; tap++) {
      int row = top + tap / 3;
      int column = left + tap % 3;
      if (row >= 0 && row < shape.height() && column >= 0 && column < shape.width()) {
        int at = (row * shape.width() + column) * shape.channels() + from;
        System.arraycopy(in, at, values, tap * count, count);
      }
    }
    return values;
  }

  /** Returns every value of a channel, which is the last axis. */
  private static float[] column(float[] values, int channel, int channels) {
    float[] column = new float[values.length / channels];
    for (int i = 0; i < column.length; i++) {
      column[i] = values[i * channels + channel];
    }
    return column;
  }
}
