package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.formats.reading.LayerWalk.BatchNorm;
import io.github.mobilenet4j.formats.reading.LayerWalk.Values;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * A layer with a kernel, and what the nodes behind it do with its output: a product and a sum for
 * each channel, or a BatchNorm, then limits.
 */
public final class GraphLayer {
  private final LayerWalk walk;
  private final String where;
  private final Layer layer;
  private final KernelLayout layout;
  private final GraphTensor kernel;
  private final float[] bias;

  /** The bias as the file has it, null where it is more or less than one constant. */
  private GraphTensor stored;

  /** Whether there is a bias. */
  private boolean summed;

  /** Null for none. */
  private float[] factor;

  private BatchNorm norm;
  private double least = Double.NEGATIVE_INFINITY;
  private double most = Double.POSITIVE_INFINITY;

  /** The integers that go in, null for floats. */
  private GraphTensor input;

  /** The integers that the output is rounded to, null for floats. */
  private GraphTensor output;

  /** Whether the output is rounded to different integers before and behind limits. */
  private boolean rounded;

  /** The end of a quantised range that begins at 0, which clamps as well; NaN for none. */
  private double saturation = Double.NaN;

  /**
   * Begins with the kernel of the next layer.
   *
   * @param where its node, for messages
   * @param layout of the kernel, whose shape was found right
   */
  public GraphLayer(LayerWalk walk, String where, KernelLayout layout, GraphTensor kernel) {
    this.walk = walk;
    this.where = where;
    this.layer = walk.next();
    this.layout = layout;
    this.kernel = kernel;
    this.bias = new float[kernel.shape().get(layout.axes().indexOf('O'))];
  }

  /** Takes the integers that go in, null for floats. */
  void takes(GraphTensor integers) {
    input = integers;
  }

  public int channels() {
    return bias.length;
  }

  public boolean isConvolution() {
    return layer instanceof Layer.Convolution;
  }

  /** Takes the bias that comes with the kernel, and its values. */
  public void bias(String node, GraphTensor constant, float[] values) {
    add(node, values);
    stored = constant.shape().equals(List.of(bias.length)) ? constant : null;
  }

  /** Takes a product with a value for each channel. */
  public void multiply(String node, float[] by) {
    expectBeforeLimits(node);
    walk.expect(isConvolution(), node, "multiplies the logits");
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
  public void add(String node, float[] summand) {
    expectBeforeLimits(node);
    stored = null;
    summed = true;
    float[] to = norm == null ? bias : norm.beta();
    for (int i = 0; i < summand.length; i++) {
      to[i] += summand[i];
    }
  }

  /** Takes a BatchNorm, whose arrays become this layer's. */
  public void normalize(String node, BatchNorm first) {
    expectBeforeLimits(node);
    walk.expect(norm == null && isConvolution(), node, "normalises what is normalised");
    norm = first;
  }

  /** Takes limits of all values. */
  public void clamp(String node, double from, double to) {
    walk.expect(isConvolution(), node, "clamps the logits");
    least = Math.max(least, from);
    most = Math.min(most, to);
  }

  /** Takes the ReLU of a fully connected layer. */
  void rectify() {
    least = 0;
  }

  /**
   * Takes the integers that the output is rounded to. Logits may be so before their bias is added,
   * and once more: no later layer makes more of it.
   *
   * @param from the number that the least one stands for
   * @param to the number that the greatest one stands for
   */
  public void quantize(GraphTensor integers, double from, double to) {
    boolean ends = isConvolution() || least == 0;
    rounded |= output != null && ends && !output.isCodedAs(integers);
    output = integers;
    saturation = from == 0 ? to : Double.NaN;
  }

  /** Returns whether its integers begin at 0: a ReLU may be left out then. */
  public boolean isRectified() {
    return !Double.isNaN(saturation);
  }

  private void expectBeforeLimits(String node) {
    walk.expect(
        least == Double.NEGATIVE_INFINITY && most == Double.POSITIVE_INFINITY,
        node,
        "comes after the activation");
  }

  /**
   * Hands over the activation and what is integers, when all that belongs to the layer has come.
   */
  void finish(IntegerChain chain) {
    if (rounded) {
      chain.obstacle(
          where, "is rounded to integers before its activation, and to others behind it");
    }
    if (factor != null || norm != null) {
      chain.obstacle(where, "is followed by a multiplication");
    }
    // That of logits may be of floats: no later layer makes more of its rounding.
    boolean whole = stored != null && stored.type() == DataType.I32;
    GraphTensor checked = !summed || !whole && !isConvolution() ? null : summand();
    chain.layer(where, input, kernel, layout.axes().indexOf('O'), checked, output);
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

  /** Returns the values. */
  public Values values() {
    GraphTensor scaled = kernel;
    if (factor != null) {
      float[] values = kernel.floats();
      List<Integer> shape = kernel.shape();
      int inner =
          shape.subList(layout.axes().indexOf('O') + 1, shape.size()).stream()
              .reduce(1, (a, b) -> a * b);
      for (int i = 0; i < values.length; i++) {
        values[i] *= factor[i / inner % factor.length];
      }
      scaled = GraphTensor.of(where, Tensor.of(DataType.F32, kernel.shape(), values));
    }
    return new Values(scaled, summand(), norm, output);
  }

  private GraphTensor summand() {
    return stored == null
        ? GraphTensor.of(where, Tensor.of(DataType.F32, List.of(bias.length), bias))
        : stored;
  }
}
