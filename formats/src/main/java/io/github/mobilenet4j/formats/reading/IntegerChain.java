package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Weights;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Whether all layers of a graph compute in integers of 8 bits as {@link Weights.Quantized} do: each
 * takes what the one before gives, and has integers for kernel and bias. If one does not, what is
 * in the way is known, and the graph is read as the floats that its integers stand for.
 */
public final class IntegerChain {
  /** Of a bias' scale, relative; TensorFlow's converter rounds it. */
  private static final double MOST_OFF = 0.01;

  private GraphTensor first;
  private GraphTensor last;
  private GraphTensor pooled;
  private GraphTensor probabilities;
  private boolean mean;

  /** Whether there are any integers. */
  private boolean quantized;

  private String obstacle;

  /** Takes note of what is in the way, of which the first is told. */
  public void obstacle(String where, String what) {
    if (obstacle == null) {
      obstacle = where + " " + what;
    }
  }

  private void expect(boolean fits, String where, String otherwise) {
    if (!fits) {
      obstacle(where, otherwise);
    }
  }

  /**
   * Takes a layer with a kernel.
   *
   * @param before what goes in, null for floats
   * @param outputAxis of the kernel
   * @param bias null for none
   * @param after what comes out, null for floats
   */
  public void layer(
      String where,
      GraphTensor before,
      GraphTensor kernel,
      int outputAxis,
      GraphTensor bias,
      GraphTensor after) {
    quantized |= kernel.scales().limit() > 0 || after != null && after.isQuantized();
    if (last == null) {
      first = before;
    }
    takes(where, before);
    expect(kernel.scales().limit() > 0, where, "has a kernel of floats");
    expect(kernel.type() != DataType.I32, where, "has a kernel of 32 bits");
    expect(kernel.hasCommonZeroPoint(), where, "has a kernel of several zero points");
    expect(
        kernel.scales().limit() <= 1 || kernel.axis() == outputAxis,
        where,
        "has scales of another axis than the kernel's outputs");
    if (obstacle == null && bias != null) {
      expect(bias.type() == DataType.I32, where, "has a bias of floats");
      expect(
          isBias(bias, before, kernel),
          where,
          "has a bias of another scale than those of its input and its kernel make");
    }
    gives(where, after);
  }

  /** What is taken is what came before, or the first. */
  private void takes(String where, GraphTensor before) {
    expect(isOfIntegers(before), where, "takes floats");
    expect(
        last == null || !isOfIntegers(before) || last.isCodedAs(before),
        where,
        "takes other integers than the layer before it gives");
  }

  private void gives(String where, GraphTensor after) {
    expect(isOfIntegers(after), where, "gives floats");
    last = after;
  }

  private boolean isOfIntegers(GraphTensor tensor) {
    return tensor != null && first != null && tensor.isQuantized() && tensor.type() == first.type();
  }

  /** Returns whether a bias has the scale that integers need: the input's times the kernel's. */
  private static boolean isBias(GraphTensor bias, GraphTensor before, GraphTensor kernel) {
    int count = kernel.scales().limit();
    int stated = bias.scales().limit();
    boolean fits = stated == 1 || stated == count;
    for (int i = 0; fits && i < count; i++) {
      double expected = (double) before.scales().get(0) * kernel.scales().get(i);
      double found = bias.scales().get(stated == 1 ? 0 : i);
      fits = Math.abs(found - expected) <= MOST_OFF * expected && bias.zeroPoint(i) == 0;
    }
    return fits;
  }

  /**
   * Takes the pooling.
   *
   * @param before what goes in, null for floats
   * @param after what comes out, null for floats
   * @param rescales whether it is TensorFlow Lite's MEAN and not its AVERAGE_POOL_2D
   */
  public void pooling(String where, GraphTensor before, GraphTensor after, boolean rescales) {
    takes(where, before);
    gives(where, after);
    pooled = after;
    mean = rescales;
  }

  /**
   * Takes the softmax or the sigmoid of the logits.
   *
   * @param after what comes out, null for floats
   */
  public void probabilities(String where, GraphTensor before, GraphTensor after) {
    takes(where, before);
    gives(where, after);
    probabilities = after;
  }

  /** Returns what goes into the first layer, null for floats. */
  public GraphTensor first() {
    return first;
  }

  /** Returns what comes out of the last. */
  public GraphTensor last() {
    return last;
  }

  /** Returns whether the weights are integers. */
  public boolean holds() {
    expect(pooled != null, "the graph", "has no pooling");
    return quantized && obstacle == null;
  }

  /**
   * Returns metadata of a model, and if it has integers and is read as floats, that and why ({@link
   * Model#INTEGERS}).
   */
  public Map<String, String> tellIn(Map<String, String> metadata) {
    Map<String, String> all = new HashMap<>(metadata);
    if (!holds() && quantized) {
      all.put(Model.INTEGERS, "read as the floats that they stand for: " + obstacle);
    }
    return all;
  }

  /**
   * Returns the weights as the integers that they are.
   *
   * @param network that the walk has found
   * @param arithmetic says of a layer how its graph computes
   * @param input of the graph, as its file holds it
   * @param output of the graph, as its file holds it
   */
  public Weights.Quantized weights(
      LayerWalk walk,
      MobileNetV1 network,
      BiFunction<Layer, QuantizedLayer, QuantizedLayer> arithmetic,
      DataType input,
      DataType output) {
    Weights.Quantized.Ends ends =
        new Weights.Quantized.Ends(
            input,
            pooled.quantization(),
            mean,
            Optional.ofNullable(probabilities).map(GraphTensor::quantization),
            output);
    return walk.quantized(network, first, arithmetic, ends);
  }
}
