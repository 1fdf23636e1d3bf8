package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.formats.reading.LayerWalk.BatchNorm;
import io.github.mobilenet4j.network.Layer;
import java.util.Arrays;

/**
 * The layers of a graph in which sums, BatchNorms and activations are nodes of their own: which one
 * is at hand, and what the nodes behind it mean to it.
 */
public final class GraphLayers {
  private final LayerWalk walk;
  private final IntegerChain integers = new IntegerChain();

  /** The last layer with a kernel, null before the first and behind what ends one. */
  private GraphLayer last;

  public GraphLayers(LayerWalk walk) {
    this.walk = walk;
  }

  /** Returns which layers compute in integers. */
  public IntegerChain integers() {
    return integers;
  }

  /**
   * Takes a layer, with which that before it is {@link #finish finished}.
   *
   * @param input the integers that go in, null for floats
   */
  public void begin(GraphLayer layer, GraphTensor input) {
    finish();
    last = layer;
    layer.takes(input);
  }

  /** Closes the layer whose kernel came last: what follows now belongs to the next. */
  public void finish() {
    if (last != null) {
      last.finish(integers);
      last = null;
    }
  }

  /** Returns the layer at hand, null for none. */
  public GraphLayer last() {
    return last;
  }

  /** Returns the layer at hand, which a node has to follow. */
  public GraphLayer at(String node) {
    walk.expect(last != null, node, "does not follow a layer");
    return last;
  }

  /** Returns whether the stem is still to come: arithmetic is part of the preprocessing. */
  public boolean inFront() {
    return last == null && walk.next() instanceof Layer.Standard;
  }

  /**
   * Takes a product or a sum, of the pixels or of the layer at hand.
   *
   * @param operand a value for each channel
   */
  public void calculate(String node, boolean product, float[] operand, PixelScale pixels) {
    if (inFront()) {
      double[] each = new double[operand.length];
      Arrays.setAll(each, c -> operand[c]);
      pixels.then(product ? each : PixelScale.constant(1), product ? PixelScale.constant(0) : each);
    } else if (product) {
      at(node).multiply(node, operand);
    } else {
      at(node).add(node, operand);
    }
  }

  /**
   * Takes a BatchNorm.
   *
   * @param values γ, β, mean and variance, which become the layer's
   * @param epsilon as stored; the shortest decimal number that rounds to it was meant: 1e-5, not
   *     9.9999997e-6
   */
  public void normalize(String node, float[][] values, float epsilon) {
    double meant = Double.parseDouble(Float.toString(epsilon));
    walk.expect(meant >= 0 && Double.isFinite(meant), node, "has epsilon %s", meant);
    walk.epsilon(meant);
    at(node).normalize(node, new BatchNorm(values[0], values[1], values[2], values[3], meant));
  }

  /** Takes a ReLU. Behind a fully connected layer it says that there is another. */
  public void rectify(String node) {
    if (at(node).isConvolution()) {
      last.clamp(node, 0, Double.POSITIVE_INFINITY);
    } else {
      last.rectify();
      walk.hidden(node);
    }
  }

  /** Takes what makes probabilities of logits: a sigmoid, or softmax. */
  public void classifierActivation(String node, boolean sigmoid) {
    finish();
    walk.classifierActivation(node, sigmoid);
  }
}
