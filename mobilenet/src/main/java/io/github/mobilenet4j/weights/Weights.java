package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The values of one network by canonical name ({@link Parameter#name()}), in this library's
 * layouts. What there is for a convolution depends on the kind: {@link Trained} has its kernel and
 * BatchNorm, {@link Folded} its kernel and bias. The classifier has kernel and bias in both.
 *
 * <p>{@link #requireFor} tells whether they are complete: {@link Model} and whoever computes with
 * them ask it. The arrays are shared, not copied; whoever hands them over must not write to them
 * again.
 *
 * <p>{@link Quantized} has integers with a scale and zero point of each kernel and activation; its
 * values are what they stand for, and its parameters those of folded weights.
 */
public sealed interface Weights {
  /**
   * What training learns and changes: of each convolution the kernel, γ, β, mean and variance.
   *
   * @param values by canonical name
   */
  record Trained(Map<String, float[]> values) implements Weights {
    /** Copies the map, not the arrays. */
    public Trained {
      values = Map.copyOf(values);
    }
  }

  /**
   * What inference computes with: of each convolution a kernel and a {@link Role#BIAS}, as of the
   * classifier.
   *
   * @param values by canonical name
   */
  record Folded(Map<String, float[]> values) implements Weights {
    /** Copies the map, not the arrays. */
    public Folded {
      values = Map.copyOf(values);
    }

    /** Returns whether a convolution changes nothing. */
    boolean isIdentity(Layer.Depthwise layer) {
      return Arrays.equals(get(layer, Role.KERNEL), identity(layer))
          && Arrays.equals(get(layer, Role.BIAS), new float[layer.out().channels()]);
    }
  }

  /**
   * Integers of 8 bits, as TensorFlow Lite has them: of each convolution and fully connected layer
   * a kernel, an int32 bias and what its output stands for. Immutable.
   */
  final class Quantized implements Weights {
    private final MobileNetV1 network;
    private final DataType type;
    private final Quantization input;
    private final Map<String, QuantizedLayer> layers;
    private final Ends ends;
    private volatile Map<String, float[]> values;

    /**
     * What is special about both ends of a network.
     *
     * @param inputType what an input has in its file: U8, I8 or F32
     * @param pooled what the pooled features stand for
     * @param mean whether the pooling is TensorFlow Lite's MEAN, which rescales, and not its
     *     AVERAGE_POOL_2D
     * @param probabilities what the output of softmax stands for; empty where the logits are the
     *     output
     * @param outputType what the output has in its file: U8, I8 or F32
     */
    public record Ends(
        DataType inputType,
        Quantization pooled,
        boolean mean,
        Optional<Quantization> probabilities,
        DataType outputType) {
      private static final List<DataType> TYPES = List.of(DataType.U8, DataType.I8, DataType.F32);

      /**
       * Checks both types.
       *
       * @throws MobileNetException if one is another
       */
      public Ends {
        if (!TYPES.contains(inputType) || !TYPES.contains(outputType)) {
          throw new MobileNetException(
              "input and output are of types %s and %s, expected of %s"
                  .formatted(inputType, outputType, TYPES));
        }
      }
    }

    /**
     * @param network what the weights are of, at any resolution
     * @param type of the activations, U8 or I8
     * @param input what the values of an input stand for
     * @param layers by {@link Layer#name()}
     * @throws MobileNetException if the type is another, a zero point is none of it, or a layer is
     *     missing or of another size
     */
    public Quantized(
        MobileNetV1 network,
        DataType type,
        Quantization input,
        Map<String, QuantizedLayer> layers,
        Ends ends) {
      if (type != DataType.U8 && type != DataType.I8) {
        throw new MobileNetException("activations are of type " + type + ", expected U8 or I8");
      }
      this.network = network;
      this.type = type;
      this.input = input;
      this.layers = Map.copyOf(layers);
      this.ends = ends;
      requireOfType("the input", input);
      requireOfType("the pooled features", ends.pooled);
      for (Layer layer : network.layers()) {
        QuantizedLayer found = layers.get(layer.name());
        boolean fits =
            found == null
                ? layer.kernelValues() == 0
                : found.kernel().length == layer.kernelValues()
                    && found.channels() == layer.out().channels();
        if (!fits) {
          throw new MobileNetException(
              "layer %s has %s integers, expected %s"
                  .formatted(
                      layer.name(),
                      found == null ? "no" : found.kernel().length,
                      layer.kernelValues()));
        }
        if (found != null) {
          requireOfType("layer " + layer.name(), found.output());
        }
      }
    }

    private void requireOfType(String what, Quantization quantization) {
      int least = type == DataType.I8 ? Byte.MIN_VALUE : 0;
      int zeroPoint = quantization.zeroPoint();
      if (zeroPoint < least || zeroPoint > least + 255) {
        throw new MobileNetException(
            "%s has zero point %s, expected one of %s".formatted(what, zeroPoint, type));
      }
    }

    /** Returns the type of the activations, U8 or I8. */
    public DataType type() {
      return type;
    }

    /** Returns what the values of an input stand for. */
    public Quantization input() {
      return input;
    }

    /** Returns the integers of a layer, null for the pooling. */
    public @Nullable QuantizedLayer layer(Layer layer) {
      return layers.get(layer.name());
    }

    /** Returns what is special about both ends of the network. */
    public Ends ends() {
      return ends;
    }

    /** Returns what the values stand for that go into a layer. */
    public Quantization before(Layer layer) {
      Quantization at = input;
      for (Layer each : network.layers()) {
        if (each.name().equals(layer.name())) {
          break;
        }
        at = after(each);
      }
      return at;
    }

    /** Returns what the output of a layer stands for. */
    public Quantization after(Layer layer) {
      QuantizedLayer integers = layer(layer);
      return integers == null ? ends.pooled : integers.output();
    }

    /** Returns the numbers that kernels and biases stand for; makes them at the first call. */
    @Override
    public Map<String, float[]> values() {
      Map<String, float[]> known = values;
      if (known == null) {
        Map<String, float[]> made = new HashMap<>();
        for (Layer layer : network.layers()) {
          QuantizedLayer integers = layer(layer);
          if (integers != null) {
            made.put(Parameter.name(layer, Role.KERNEL), integers.kernelFloats());
            made.put(Parameter.name(layer, Role.BIAS), integers.biasFloats(before(layer).scale()));
          }
        }
        known = Map.copyOf(made);
        values = known;
      }
      return known;
    }
  }

  /**
   * Returns weights from what a file holds: folded if a convolution has a bias, and whatever
   * BatchNorm there is beside it is then folded too; else trained. The last depthwise convolution
   * of {@link MobileNetV1.Backbone#HEADED} may be absent: it is the identity.
   *
   * @param source where the values come from, for messages
   * @param values by canonical name
   * @throws MobileNetException naming all missing, extra and misshapen tensors
   */
  static Weights of(String source, MobileNetV1 network, Map<String, float[]> values) {
    Map<String, float[]> all = new HashMap<>(values);
    boolean folded = convolutions(network).stream().anyMatch(c -> has(values, c, Role.BIAS));
    if (network.backbone() == MobileNetV1.Backbone.HEADED) {
      Layer.Depthwise last = network.blocks().getLast().depthwise();
      if (!has(values, last, Role.KERNEL)) {
        all.put(Parameter.name(last, Role.KERNEL), identity(last));
        all.put(Parameter.name(last, Role.BIAS), new float[last.out().channels()]);
        if (!folded) {
          addBatchNorm(all, last, network.epsilon());
        }
      }
    }
    List<Parameter> expected = new ArrayList<>();
    for (Layer layer : network.layers()) {
      expected.addAll(has(all, layer, Role.BIAS) ? layer.foldedParameters() : layer.parameters());
    }
    check(source, expected, all);
    Trained read = new Trained(all);
    return folded ? read.folded(network) : read;
  }

  /** Returns the arrays by canonical name; not copies. */
  Map<String, float[]> values();

  /** Returns what weights of this kind have for a network, in the order of its layers. */
  default List<Parameter> parameters(MobileNetV1 network) {
    return switch (this) {
      case Trained _ -> network.parameters();
      case Folded _, Quantized _ -> network.foldedParameters();
    };
  }

  /** Returns the values of a layer's parameter, null if weights of this kind have none. */
  default float @Nullable [] get(Layer layer, Role role) {
    return values().get(Parameter.name(layer, role));
  }

  /** As {@link #get(Layer, Role)}. */
  default float[] get(Parameter parameter) {
    return values().get(parameter.name());
  }

  /**
   * Checks that these are weights of a network. Its input may have another size than the one that
   * they were made for: no parameter depends on it.
   *
   * @throws MobileNetException naming all missing, extra and misshapen tensors
   */
  default void requireFor(MobileNetV1 network) {
    check("weights of another network", parameters(network), values());
  }

  /**
   * Returns these weights with every BatchNorm folded in, in double precision, so that inference
   * knows none: {@code γ (Wx − μ) / √(σ² + ε) + β = W'x + b}. Folded weights stay as they are;
   * integers become the numbers that they stand for.
   *
   * @throws MobileNetException if a kernel or bias is not finite, as with a variance below −ε
   */
  default Folded folded(MobileNetV1 network) {
    Map<String, float[]> folded = new HashMap<>();
    for (Layer layer : network.layers()) {
      for (Parameter p : layer.foldedParameters()) {
        folded.put(p.name(), get(p));
      }
      if (layer instanceof Layer.Convolution) {
        String what = layer.name();
        if (get(layer, Role.BIAS) == null) {
          fold(layer, network.epsilon(), folded);
          what += " with its BatchNorm folded in";
        }
        Finite.require(
            what,
            folded.get(Parameter.name(layer, Role.KERNEL)),
            folded.get(Parameter.name(layer, Role.BIAS)));
      }
    }
    return new Folded(folded);
  }

  private void fold(Layer layer, double epsilon, Map<String, float[]> to) {
    float[] kernel = get(layer, Role.KERNEL);
    float[] gamma = get(layer, Role.GAMMA);
    float[] beta = get(layer, Role.BETA);
    float[] mean = get(layer, Role.MEAN);
    float[] variance = get(layer, Role.VARIANCE);
    int k = gamma.length;
    double[] scale = new double[k];
    float[] bias = new float[k];
    for (int i = 0; i < k; i++) {
      scale[i] = gamma[i] / Math.sqrt(variance[i] + epsilon);
      bias[i] = (float) (beta[i] - mean[i] * scale[i]);
    }
    float[] folded = new float[kernel.length];
    // The output channel is the last dimension of every kernel.
    for (int row = 0; row < kernel.length; row += k) {
      for (int i = 0; i < k; i++) {
        folded[row + i] = (float) (kernel[row + i] * scale[i]);
      }
    }
    to.put(Parameter.name(layer, Role.KERNEL), folded);
    to.put(Parameter.name(layer, Role.BIAS), bias);
  }

  /** As {@link #withBatchNorm(MobileNetV1, double)}, with the network's ε. */
  default Trained withBatchNorm(MobileNetV1 network) {
    return withBatchNorm(network, network.epsilon());
  }

  /**
   * Returns these weights with BatchNorms, for a training to begin with and for files that know
   * nothing else. Folded weights get such as add the bias and do nothing else.
   *
   * @param network what the weights are of
   * @param epsilon of the BatchNorms that are returned; where it is not the network's, variances
   *     make up for it
   */
  default Trained withBatchNorm(MobileNetV1 network, double epsilon) {
    Map<String, float[]> all = new HashMap<>(values());
    for (Layer layer : convolutions(network)) {
      if (has(all, layer, Role.BIAS)) {
        addBatchNorm(all, layer, epsilon);
      } else if (epsilon != network.epsilon()) {
        float[] variance = get(layer, Role.VARIANCE).clone();
        for (int i = 0; i < variance.length; i++) {
          variance[i] = (float) (variance[i] + (network.epsilon() - epsilon));
        }
        all.put(Parameter.name(layer, Role.VARIANCE), variance);
      }
    }
    return new Trained(all);
  }

  /**
   * Puts a BatchNorm in the place of a bias: γ = 1, β = bias, mean = 0, variance = 1 − ε. Folding
   * it gives kernel and bias again, bit for bit: the variance, a float, is off by less than 2⁻²⁵,
   * hence 1/√(variance + ε) is off by less than 2⁻²⁶, less than half a unit in the last place of
   * any float.
   */
  private static void addBatchNorm(Map<String, float[]> to, Layer layer, double epsilon) {
    float[] bias = to.remove(Parameter.name(layer, Role.BIAS));
    float[] gamma = new float[bias.length];
    float[] variance = new float[bias.length];
    Arrays.fill(gamma, 1);
    Arrays.fill(variance, (float) (1 - epsilon));
    to.put(Parameter.name(layer, Role.GAMMA), gamma);
    to.put(Parameter.name(layer, Role.BETA), bias);
    to.put(Parameter.name(layer, Role.MEAN), new float[bias.length]);
    to.put(Parameter.name(layer, Role.VARIANCE), variance);
  }

  /**
   * Returns whether {@link #withBatchNorm} gives these weights when they are folded, as if they had
   * been so once, and gone through a file that knows trained ones only.
   *
   * @throws MobileNetException as {@link #folded}
   */
  default boolean addsBiasesOnly(MobileNetV1 network) {
    Trained same = folded(network).withBatchNorm(network);
    return network.parameters().stream().allMatch(p -> Arrays.equals(get(p), same.get(p)));
  }

  /** Returns the depthwise kernel that changes nothing: 1 in the middle of nine. */
  private static float[] identity(Layer.Depthwise layer) {
    int channels = layer.out().channels();
    float[] kernel = new float[9 * channels];
    Arrays.fill(kernel, 4 * channels, 5 * channels, 1);
    return kernel;
  }

  private static void check(String source, List<Parameter> needed, Map<String, float[]> values) {
    Map<String, List<Integer>> expected = new LinkedHashMap<>();
    Map<String, List<Integer>> found = new LinkedHashMap<>();
    values.forEach((name, v) -> found.put(name, List.of(v.length)));
    for (Parameter p : needed) {
      expected.put(p.name(), p.shape());
      float[] v = values.get(p.name());
      if (v != null && v.length == p.size()) {
        found.put(p.name(), p.shape());
      }
    }
    ShapeCheck.check(source, expected, found);
  }

  private static boolean has(Map<String, float[]> values, Layer layer, Role role) {
    return values.containsKey(Parameter.name(layer, role));
  }

  private static List<Layer> convolutions(MobileNetV1 network) {
    return network.layers().stream().filter(Layer.Convolution.class::isInstance).toList();
  }
}
