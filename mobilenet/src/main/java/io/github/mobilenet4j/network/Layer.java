package io.github.mobilenet4j.network;

import java.util.ArrayList;
import java.util.List;

/**
 * One row of the network. A convolution stands for the three things that the paper repeats:
 * convolution without bias, BatchNorm, activation.
 */
public sealed interface Layer {
  /** Returns the canonical name, such as {@code block3.depthwise}. */
  String name();

  /** Returns the shape of its input. */
  Shape in();

  /** Returns the shape of its output. */
  Shape out();

  /** A convolution followed by BatchNorm and activation. */
  sealed interface Convolution extends Layer {
    /** Returns the separable block it belongs to, 1 to 13; 0 for the stem. */
    int block();

    /** Returns the step between windows, the same for rows and columns. */
    int stride();
  }

  /** A full 3×3 convolution: the stem, and the backbone of the paper's Table 4. */
  record Standard(String name, int block, int stride, Shape in, Shape out) implements Convolution {}

  /** One 3×3 filter a channel. */
  record Depthwise(String name, int block, int stride, Shape in, Shape out)
      implements Convolution {}

  /** A 1×1 convolution, which mixes the channels. */
  record Pointwise(String name, int block, Shape in, Shape out) implements Convolution {
    @Override
    public int stride() {
      return 1;
    }
  }

  /** The mean of each channel over all positions. */
  record GlobalAveragePool(String name, Shape in, Shape out) implements Layer {}

  /** A fully connected layer with bias and ReLU, between pooling and classifier. */
  record Dense(String name, Shape in, Shape out) implements Layer {}

  /** The last fully connected layer, with bias; its output are the logits. */
  record Classifier(String name, Shape in, Shape out) implements Layer {}

  /**
   * One named array of a network.
   *
   * @param layer the layer it belongs to
   * @param role what it is to that layer
   * @param shape dimensions in this library's layout: stem {@code [3,3,C,K]}, depthwise {@code
   *     [3,3,C]}, pointwise, dense and classifier {@code [C,K]}, everything else {@code [K]}
   */
  record Parameter(Layer layer, Role role, List<Integer> shape) {
    /** Copies the shape. */
    public Parameter {
      shape = List.copyOf(shape);
    }

    /** Returns the canonical name, such as {@code block3.depthwise.kernel}. */
    public String name() {
      return name(layer, role);
    }

    /** Returns the canonical name of what has a role in a layer. */
    public static String name(Layer layer, Role role) {
      return layer.name() + "." + role;
    }

    /** Returns the number of values. */
    public long size() {
      return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }
  }

  /**
   * Returns one word for what it computes, such as {@code depthwise}; the kinds of {@link Costs}.
   */
  default String kind() {
    return switch (this) {
      case Standard _ -> "standard";
      case Depthwise _ -> "depthwise";
      case Pointwise _ -> "pointwise";
      case GlobalAveragePool _ -> "pool";
      case Dense _ -> "dense";
      case Classifier _ -> "classifier";
    };
  }

  /** Returns its parameters, kernel first. */
  default List<Parameter> parameters() {
    int c = in().channels();
    int k = out().channels();
    return switch (this) {
      case Standard _ -> normalized(List.of(3, 3, c, k));
      case Depthwise _ -> normalized(List.of(3, 3, c));
      case Pointwise _ -> normalized(List.of(c, k));
      case GlobalAveragePool _ -> List.of();
      case Dense _, Classifier _ ->
          List.of(
              new Parameter(this, Role.KERNEL, List.of(c, k)),
              new Parameter(this, Role.BIAS, List.of(k)));
    };
  }

  /** Returns its parameters once BatchNorm is folded in: kernel and bias. */
  default List<Parameter> foldedParameters() {
    List<Parameter> own = parameters();
    return own.isEmpty()
        ? own
        : List.of(own.getFirst(), new Parameter(this, Role.BIAS, List.of(out().channels())));
  }

  private List<Parameter> normalized(List<Integer> kernel) {
    List<Parameter> parameters = new ArrayList<>();
    parameters.add(new Parameter(this, Role.KERNEL, kernel));
    for (Role role : List.of(Role.GAMMA, Role.BETA, Role.MEAN, Role.VARIANCE)) {
      parameters.add(new Parameter(this, role, List.of(out().channels())));
    }
    return List.copyOf(parameters);
  }

  /** Returns the number of kernel values: parameters without BatchNorm and biases. */
  default long kernelValues() {
    return parameters().stream()
        .filter(p -> p.role() == Role.KERNEL)
        .mapToLong(Parameter::size)
        .sum();
  }

  /**
   * Returns the multiply-adds for one picture: every kernel value is used once at each output
   * position. BatchNorm, biases and pooling are not counted, as in the paper.
   */
  default long macs() {
    return kernelValues() * out().area();
  }

  /**
   * Returns the bytes of its input and output for one picture in float32, which are in memory at
   * the same time when layers run one after the other.
   */
  default long activationBytes() {
    return (in().size() + out().size()) * Float.BYTES;
  }

  /** Returns the number of values that an optimizer changes. */
  default long trainableParameters() {
    return parameters().stream().filter(p -> p.role().trainable()).mapToLong(Parameter::size).sum();
  }

  /** Returns the number of values including BatchNorm's running statistics. */
  default long totalParameters() {
    return parameters().stream().mapToLong(Parameter::size).sum();
  }
}
