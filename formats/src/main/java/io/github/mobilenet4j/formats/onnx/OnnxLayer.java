package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.formats.onnx.OnnxFile.Node;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.LayerWalk.BatchNorm;
import io.github.mobilenet4j.formats.reading.LayerWalk.Values;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * A layer with a kernel, and what the nodes behind it do with its output: a product and a sum for
 * each channel, or a BatchNorm, then limits.
 */
final class OnnxLayer {
  private final LayerWalk walk;
  private final String where;
  private final Layer layer;
  private final GraphTensor kernel;
  private final float[] bias;

  /** The bias as the file has it, null where it is more or less than one constant. */
  private GraphTensor stored;

  /** Null for none. */
  private float[] factor;

  private BatchNorm norm;
  private double least = Double.NEGATIVE_INFINITY;
  private double most = Double.POSITIVE_INFINITY;

  /** The end of a quantised range that begins at 0, which clamps as well; NaN for none. */
  private double saturation = Double.NaN;

  /**
   * @param where its node, for messages
   * @param channels out
   */
  OnnxLayer(LayerWalk walk, String where, Layer layer, GraphTensor kernel, int channels) {
    this.walk = walk;
    this.where = where;
    this.layer = layer;
    this.kernel = kernel;
    this.bias = new float[channels];
  }

  int channels() {
    return bias.length;
  }

  boolean isConvolution() {
    return layer instanceof Layer.Convolution;
  }

  /** Takes the bias that comes with the kernel, and its values. */
  void bias(Node node, GraphTensor constant, float[] values) {
    add(node, values);
    stored = constant.shape().equals(List.of(bias.length)) ? constant : null;
  }

  /** Takes a product with a value for each channel. */
  void multiply(Node node, float[] by) {
    expectBeforeLimits(node);
    walk.expect(isConvolution(), node.title(), "multiplies the logits");
    stored = null;
    if (norm == null && factor == null) {
      factor = new float[by.length];
      Arrays.fill(factor, 1);
    }
    for (int i = 0; i < by.length; i++) {
      if (norm == null) {
        factor[i] *= by[i];
        bias[i] *= by[i];
      } else {
        norm.gamma()[i] *= by[i];
        norm.beta()[i] *= by[i];
      }
    }
  }

  /** Takes a sum with a value for each channel. */
  void add(Node node, float[] summand) {
    expectBeforeLimits(node);
    stored = null;
    float[] to = norm == null ? bias : norm.beta();
    for (int i = 0; i < summand.length; i++) {
      to[i] += summand[i];
    }
  }

  /** Takes a BatchNorm, whose arrays become this layer's. */
  void normalize(Node node, BatchNorm first) {
    expectBeforeLimits(node);
    walk.expect(norm == null && isConvolution(), node.title(), "normalises what is normalised");
    norm = first;
  }

  /** Takes limits of all values. */
  void clamp(Node node, double from, double to) {
    walk.expect(isConvolution(), node.title(), "clamps the logits");
    least = Math.max(least, from);
    most = Math.min(most, to);
  }

  /** Takes a range of quantised values. */
  void quantize(double from, double to) {
    if (from == 0) {
      saturation = to;
    }
  }

  private void expectBeforeLimits(Node node) {
    walk.expect(
        least == Double.NEGATIVE_INFINITY && most == Double.POSITIVE_INFINITY,
        node.title(),
        "comes after the activation");
  }

  /** Hands the activation over, when all that belongs to the layer has come. */
  void finish() {
    if (isConvolution()) {
      if (least == Double.NEGATIVE_INFINITY
          && most == Double.POSITIVE_INFINITY
          && !Double.isNaN(saturation)) {
        walk.saturation(where, saturation);
        return;
      }
      boolean six = most == Activation.RELU6.ceiling();
      walk.expect(
          least == 0 && (six || most == Double.POSITIVE_INFINITY),
          where,
          "is followed by limits [%s, %s], expected those of ReLU or ReLU6",
          least,
          most);
      walk.activation(where, six ? Activation.RELU6 : Activation.RELU);
    }
  }

  /** Returns the values; channels out are the first axis of a convolution's kernel. */
  Values values() {
    GraphTensor scaled = kernel;
    if (factor != null) {
      float[] values = kernel.floats();
      int each = values.length / factor.length;
      for (int i = 0; i < values.length; i++) {
        values[i] *= factor[i / each];
      }
      scaled = GraphTensor.of(where, Tensor.of(DataType.F32, kernel.shape(), values));
    }
    GraphTensor summand =
        stored == null
            ? GraphTensor.of(where, Tensor.of(DataType.F32, List.of(bias.length), bias))
            : stored;
    return new Values(scaled, summand, norm);
  }
}
