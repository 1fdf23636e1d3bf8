package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import io.github.mobilenet4j.weights.WidthMultiplier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A walk through the layers of MobileNet V1 in step with the operators of a graph. A format says
 * what each operator does, in its own order; the walk knows which layer must come next, refuses
 * what does not fit it, and gathers what the graph tells of the network: α, classes, padding,
 * activation, weights.
 */
public final class LayerWalk {
  /** Zeros before and after the rows or columns. */
  public record Border(int before, int after) {
    public static final Border NONE = new Border(0, 0);

    public Border plus(Border inner) {
      return new Border(before + inner.before, after + inner.after);
    }
  }

  /** What normalises a convolution's output: {@code γ (y − mean) / √(variance + ε) + β}. */
  public record BatchNorm(
      float[] gamma, float[] beta, float[] mean, float[] variance, double epsilon) {}

  /**
   * The values of a layer.
   *
   * @param kernel in the graph's layout
   * @param bias null for none; what is added to the product, before the BatchNorm
   * @param norm null where it is folded into the kernel, and for the classifier
   * @param output of the layer where it is integers, else null
   */
  public record Values(GraphTensor kernel, GraphTensor bias, BatchNorm norm, GraphTensor output) {
    /** Values of a layer of floats. */
    public Values(GraphTensor kernel, GraphTensor bias, BatchNorm norm) {
      this(kernel, bias, norm, null);
    }
  }

  /** A pixel's value as it is. */
  private static final Preprocessing PIXELS =
      Preprocessing.UNIT.withNormalization(
          Collections.nCopies(3, 0.0), Collections.nCopies(3, 1 / 255.0));

  /**
   * No stem of a trained network has such small kernels: the sum of absolute values is 1 and more
   * for most of its channels.
   */
  private static final double LEAST_RESPONSE = 0.2;

  /** How near to 6 a scale of 8 bits ends that was meant to. */
  private static final double SIX = 0.01;

  /** The most values of the product of two matrices: both may be small, and it is not. */
  private static final long MOST_PRODUCT = 1 << 24;

  private record Step(
      String where,
      Layer layer,
      KernelLayout layout,
      List<Integer> shape,
      Supplier<Values> values) {
    int channels(char axis) {
      return shape.get(layout.axes().indexOf(axis));
    }
  }

  /** What the windows of some convolutions, so far, say of their padding. */
  private static final class Paddings {
    final Set<Padding> possible = EnumSet.allOf(Padding.class);

    /** Whether a window that moves by 2 finds its zeros by TensorFlow's rule SAME. */
    boolean ruled;

    /**
     * Returns what would be the same with another input: zeros that are written stay as many as
     * they are, SAME is a rule.
     *
     * @param other what it is where zeros are written and it is possible; null for nothing
     */
    Padding likeliest(Padding other) {
      return Stream.of(
              ruled ? Padding.SAME : other == null ? Padding.ASYMMETRIC : other,
              Padding.ASYMMETRIC,
              Padding.SYMMETRIC,
              Padding.SAME)
          .filter(possible::contains)
          .findFirst()
          .orElseThrow();
    }
  }

  private final String source;
  private final MobileNetV1.Builder builder;
  private List<Layer> layers;

  /** The number of the next layer. */
  private int at;

  private Layer next;
  private boolean headed;
  private final List<Step> steps = new ArrayList<>();
  private final Paddings stem = new Paddings();
  private final Paddings blocks = new Paddings();
  private Activation activation;
  private final Map<String, Double> saturations = new LinkedHashMap<>();
  private boolean normalized;
  private boolean hidden;

  /** A fully connected layer that is one with the next; null for none. */
  private Step inner;

  /** Whether something has followed the classifier, and what it is. */
  private boolean ends;

  private ClassifierActivation activated;

  /**
   * Begins before the stem.
   *
   * @param source where the graph comes from, for messages
   * @param input of one image: its channels are 1 or 3
   * @throws MobileNetException if a side is too small, or there are other channels
   */
  public LayerWalk(String source, Shape input) {
    this.source = source;
    this.builder =
        MobileNetV1.builder().input(input.height(), input.width()).channels(input.channels());
    lay();
  }

  /**
   * Lays out the layers anew. Their rows and columns do not depend on α, and so far not on which of
   * the paddings that are possible it is.
   */
  private void lay() {
    Padding padding = blocks.likeliest(null);
    layers = builder.padding(padding).stemPadding(stem.likeliest(padding)).build().layers();
    place(at);
  }

  /** Makes a layer the next. */
  private void place(int number) {
    at = number;
    next = at < layers.size() ? layers.get(at) : null;
  }

  /** Returns the layer that must come next, null behind the classifier. */
  public Layer next() {
    return next;
  }

  /** Goes on to the layer behind the next. */
  public void advance() {
    place(at + 1);
  }

  /** Returns whether the graph may end here: behind the last block, the pooling, or the logits. */
  public boolean mayEnd() {
    return next instanceof Layer.GlobalAveragePool
        || !hidden && next instanceof Layer.Classifier
        || next == null;
  }

  /** Returns whether rows and columns are gone: the classifier comes next, or nothing. */
  public boolean pooled() {
    return next == null || next instanceof Layer.Classifier;
  }

  /**
   * Returns whether a kernel can be that of the next layer. In the place of the pooling can come
   * the head of {@link MobileNetV1.Backbone#HEADED}, which then is the next layer; timm's is
   * without its depthwise half.
   */
  public boolean takes(boolean depthwise) {
    if (next instanceof Layer.GlobalAveragePool && !headed) {
      headed = true;
      builder.backbone(MobileNetV1.Backbone.HEADED);
      lay();
      if (!depthwise) {
        advance();
      }
    }
    return switch (next) {
      // Of one channel it is both, and is written as either.
      case Layer.Standard stem when stem.in().channels() == 1 -> true;
      case Layer.Standard _, Layer.Pointwise _, Layer.Dense _, Layer.Classifier _ -> !depthwise;
      case Layer.Depthwise _ -> depthwise;
      case Layer.GlobalAveragePool _ -> false;
      case null -> false;
    };
  }

  /**
   * Refuses a shape that no kernel of the next layer can have, before memory is taken for it. Axes
   * that depend on α are looked at when it is known.
   */
  public void expectKernel(String where, KernelLayout layout, List<Integer> shape) {
    List<Integer> atFullWidth = next == null ? List.of() : layout.shape(next);
    boolean valid = shape.size() == atFullWidth.size();
    for (int i = 0; valid && i < shape.size(); i++) {
      boolean free =
          layout.axes().charAt(i) == 'O'
              || layout.axes().charAt(i) == 'I'
                  && (next instanceof Layer.Pointwise || next instanceof Layer.Classifier);
      valid = free ? shape.get(i) > 0 : shape.get(i).equals(atFullWidth.get(i));
    }
    expect(
        valid,
        where,
        "has a kernel of shape %s, expected axes %s as in %s",
        shape,
        layout.axes(),
        atFullWidth);
  }

  /**
   * Takes the kernel of the next layer.
   *
   * @param where the operator, for messages
   * @param values asked for when the shape was found right
   */
  public void kernel(
      String where, KernelLayout layout, List<Integer> shape, Supplier<Values> values) {
    expectKernel(where, layout, shape);
    Step step = new Step(where, next, layout, shape, values);
    steps.add(inner == null ? step : product(inner, step));
    inner = null;
  }

  /**
   * Goes back to the classifier, if the walk is behind it and nothing has followed it: what comes
   * is another fully connected layer, and without an activation between them two are one. A graph
   * may ask for it that leaves no operator out.
   *
   * @return whether it is so
   */
  public boolean continues() {
    boolean linear = next == null && !ends && steps.getLast().layer instanceof Layer.Classifier;
    if (linear) {
      inner = steps.removeLast();
      place(at - 1);
    }
    return linear;
  }

  /** Returns two fully connected layers as one: its kernel is the product of theirs. */
  private Step product(Step first, Step second) {
    int inputs = first.channels('I');
    int between = first.channels('O');
    int outputs = second.channels('O');
    expect(
        second.channels('I') == between,
        second.where,
        "takes %d values, the layer before it gives %d",
        second.channels('I'),
        between);
    expect(
        (long) inputs * outputs <= MOST_PRODUCT,
        second.where,
        "would make a matrix of %d × %d of the layer before it, without an activation between",
        inputs,
        outputs);
    return new Step(
        second.where,
        second.layer,
        new KernelLayout("IO"),
        List.of(inputs, outputs),
        () -> {
          Values before = first.values.get();
          Values behind = second.values.get();
          float[] matrix = matrix(second, behind);
          float[] bias = product(bias(first, before), matrix, between);
          float[] added = bias(second, behind);
          for (int k = 0; k < bias.length; k++) {
            bias[k] += added[k];
          }
          float[] kernel = product(matrix(first, before), matrix, between);
          return new Values(
              GraphTensor.of(
                  second.where, Tensor.of(DataType.F32, List.of(inputs, outputs), kernel)),
              GraphTensor.of(second.where, Tensor.of(DataType.F32, List.of(outputs), bias)),
              null);
        });
  }

  private float[] matrix(Step step, Values values) {
    expect(values.norm == null, step.where, "is normalised");
    Layer layer =
        new Layer.Classifier(
            step.where, new Shape(1, 1, step.channels('I')), new Shape(1, 1, step.channels('O')));
    return step.layout.toOurs(layer, values.kernel.floats());
  }

  private float[] bias(Step step, Values values) {
    int channels = step.channels('O');
    float[] bias = values.bias == null ? new float[channels] : values.bias.floats();
    expect(bias.length == channels, step.where, "has a bias of %d values", bias.length);
    return bias;
  }

  /**
   * Returns the product of two matrices, row by row.
   *
   * @param between columns of the first, rows of the second
   */
  private static float[] product(float[] first, float[] second, int between) {
    int rows = first.length / between;
    int columns = second.length / between;
    float[] product = new float[rows * columns];
    double[] sums = new double[columns];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(sums, 0);
      for (int i = 0; i < between; i++) {
        double value = first[row * between + i];
        for (int k = 0; k < columns; k++) {
          sums[k] += value * second[i * columns + k];
        }
      }
      for (int k = 0; k < columns; k++) {
        product[row * columns + k] = (float) sums[k];
      }
    }
    return product;
  }

  /**
   * Takes the windows of the next layer, for which the paddings that are possible must agree.
   *
   * @param strides of rows and columns
   * @param dilations of rows and columns
   * @param same whether the operator finds its zeros by TensorFlow's rule SAME
   * @param rows zeros that are written around the rows
   * @param columns zeros that are written around the columns
   */
  public void windows(
      String where,
      List<Integer> strides,
      List<Integer> dilations,
      boolean same,
      Border rows,
      Border columns) {
    if (next instanceof Layer.Standard && strides.equals(List.of(1, 1))) {
      builder.stemStride(1);
      lay();
    }
    int stride = next instanceof Layer.Convolution c ? c.stride() : 1;
    expect(
        strides.equals(List.of(stride, stride)),
        where,
        "has strides %s, expected %d",
        strides,
        stride);
    expect(dilations.equals(List.of(1, 1)), where, "is dilated");
    if (next instanceof Layer.Standard || next instanceof Layer.Depthwise) {
      Paddings paddings = next instanceof Layer.Standard ? stem : blocks;
      Shape in = next.in();
      paddings.ruled |= same && stride == 2;
      List<Padding> possible =
          paddings.possible.stream()
              .filter(padding ->
                  agrees(padding, same, rows, in.height(), stride)
                      && agrees(padding, same, columns, in.width(), stride))
              .toList();
      expect(!possible.isEmpty(), where, "has a padding that is none of %s", paddings.possible);
      paddings.possible.retainAll(possible);
      lay();
    } else {
      expectNoBorder(where, rows, columns);
    }
  }

  /** Refuses zeros that no window of 3×3 takes. */
  public void expectNoBorder(String where, Border rows, Border columns) {
    boolean none = rows.equals(Border.NONE) && columns.equals(Border.NONE);
    expect(none, where, "has a padded input");
  }

  /** Returns whether zeros that are written, or else SAME, put windows where a padding does. */
  private static boolean agrees(
      Padding padding, boolean same, Border border, int size, int stride) {
    if (same) {
      return border.equals(Border.NONE) && padding.isLike(Padding.SAME, size, stride);
    }
    long padded = (long) border.before + size + border.after;
    return border.before == padding.before(size, stride)
        && border.after >= 0
        && (padded - 3) / stride + 1 == padding.outputs(size, stride);
  }

  /** Takes what follows a convolution, the same for all. */
  public void activation(String where, Activation found) {
    expect(
        activation == null || activation == found,
        where,
        "is followed by %s, the layers before by %s",
        found,
        activation);
    activation = found;
  }

  /**
   * Takes the ReLU behind what was taken for the classifier: that was the hidden layer, and the
   * classifier comes next.
   */
  public void hidden(String where) {
    expect(
        next == null && !hidden,
        where,
        "is an activation, expected after a convolution or the first of two fully connected"
            + " layers");
    expect(!ends, where, "comes behind the classifier's activation");
    Step last = steps.removeLast();
    Layer classifier = last.layer;
    hidden = true;
    place(at - 1);
    steps.add(
        new Step(
            last.where,
            new Layer.Dense("hidden", classifier.in(), classifier.out()),
            last.layout,
            last.shape,
            last.values));
  }

  /** Takes the softmax or the sigmoid behind the classifier. */
  public void classifierActivation(String where, boolean sigmoid) {
    expect(next == null, where, "comes before the logits");
    expect(!ends, where, "is a second activation of the classifier");
    ends = true;
    int outputs = steps.getLast().channels('O');
    expect(sigmoid || outputs > 1, where, "is the softmax of one output, which is always 1");
    activated = ClassifierActivation.of(sigmoid, outputs);
  }

  /**
   * Takes the range [0, most] of a quantised output behind a convolution without an activation: it
   * clamps all the same. Whether ReLU or ReLU6 was meant, all layers decide together.
   */
  public void saturation(String where, double most) {
    saturations.put(where, most);
  }

  /**
   * Ranges end at 6 where a ReLU6 ever reached it, and before where it did not: then it and ReLU
   * are the same.
   */
  private void decideActivation() {
    boolean reached = false;
    boolean exceeded = false;
    for (double most : saturations.values()) {
      double beyond = most - Activation.RELU6.ceiling();
      reached |= Math.abs(beyond) < SIX;
      exceeded |= beyond >= SIX;
    }
    Activation ranges = reached && !exceeded ? Activation.RELU6 : Activation.RELU;
    if (activation == null) {
      activation = ranges;
    } else if (activation == Activation.RELU6) {
      saturations.forEach((where, most) ->
          expect(
              most < Activation.RELU6.ceiling() + SIX,
              where,
              "is followed by the range [0, %s], the layers before by %s",
              most,
              activation));
    }
  }

  /** Takes the ε of a BatchNorm; the first one's is the network's. */
  public void epsilon(double found) {
    if (!normalized) {
      builder.epsilon(found);
      normalized = true;
    }
  }

  /**
   * Returns the network, at the end of the walk. A graph that ends behind the last block or the
   * pooling is a network without a classifier.
   *
   * @throws MobileNetException if a layer is left
   */
  public MobileNetV1 network() {
    if (!mayEnd()) {
      throw fault("the graph", "ends before " + next.name());
    }
    decideActivation();
    Step last = steps.getLast();
    int features = last.channels('O');
    if (next == null) {
      ClassifierActivation activation =
          ends ? activated : ClassifierActivation.of(false, last.channels('O'));
      builder.classes(activation.classes(last.channels('O'))).classifierActivation(activation);
      Step first = steps.get(steps.size() - (hidden ? 2 : 1));
      builder.hidden(hidden ? first.channels('O') : 0);
      features = first.channels('I');
    } else {
      builder.head(MobileNetV1.Head.NONE);
    }
    return WidthMultiplier.fit(
        builder.activation(activation),
        steps.stream()
            .filter(s -> s.layer instanceof Layer.Standard || s.layer instanceof Layer.Pointwise)
            .map(s -> s.channels('O'))
            .toList(),
        features);
  }

  /**
   * Returns the weights.
   *
   * @param network what {@link #network} returned
   * @throws MobileNetException naming the first operator whose values do not fit
   */
  public Weights weights(MobileNetV1 network) {
    Map<String, Layer> fitted = new HashMap<>();
    network.layers().forEach(layer -> fitted.put(layer.name(), layer));
    Map<String, float[]> to = new LinkedHashMap<>();
    for (Step step : steps) {
      Layer layer = fitted.get(step.layer.name());
      Values values = values(step, layer);
      float[] bias =
          values.bias == null
              ? new float[layer.out().channels()]
              : checked(step.where, "bias", layer, values.bias.floats());
      to.put(Parameter.name(layer, Role.KERNEL), step.layout.toOurs(layer, values.kernel.floats()));
      if (values.norm == null) {
        to.put(Parameter.name(layer, Role.BIAS), bias);
      } else {
        put(to, step.where, layer, bias, values.norm, network.epsilon());
      }
    }
    return Weights.of(source, network, to);
  }

  /**
   * Returns the weights as the integers that they are.
   *
   * @param network what {@link #network} returned
   * @param input of the first layer
   * @param arithmetic says of a layer how its graph computes
   * @throws MobileNetException naming the first operator whose values do not fit
   */
  public Weights.Quantized quantized(
      MobileNetV1 network,
      GraphTensor input,
      BiFunction<Layer, QuantizedLayer, QuantizedLayer> arithmetic,
      Weights.Quantized.Ends ends) {
    Map<String, QuantizedLayer> integers = new LinkedHashMap<>();
    float scale = input.quantization().scale();
    for (Layer layer : network.layers()) {
      if (layer instanceof Layer.GlobalAveragePool) {
        scale = ends.pooled().scale();
      }
      for (Step step : steps) {
        if (step.layer.name().equals(layer.name())) {
          QuantizedLayer read = integers(step, layer, scale);
          integers.put(layer.name(), arithmetic.apply(layer, read));
          scale = read.output().scale();
        }
      }
    }
    return new Weights.Quantized(network, input.type(), input.quantization(), integers, ends);
  }

  /** Returns the values of a layer, which now are known to be of the right shape. */
  private Values values(Step step, Layer layer) {
    List<Integer> expected = step.layout.shape(layer);
    expect(
        step.shape.equals(expected),
        step.where,
        "is %s with a kernel of shape %s, expected %s",
        layer.name(),
        step.shape,
        expected);
    return step.values.get();
  }

  /** Returns the integers of a layer whose input has a scale. */
  private QuantizedLayer integers(Step step, Layer layer, float scale) {
    Values values = values(step, layer);
    GraphTensor kernel = values.kernel;
    expect(
        kernel.scales().limit() == 1 || kernel.axis() == step.layout.axes().indexOf('O'),
        step.where,
        "has scales on axis %d of axes %s",
        kernel.axis(),
        step.layout.axes());
    float[] ours = step.layout.toOurs(layer, kernel.integers());
    byte[] bytes = new byte[ours.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (int) ours[i];
    }
    int channels = layer.out().channels();
    int[] bias = new int[channels];
    if (values.bias != null) {
      float[] floats = checked(step.where, "bias", layer, values.bias.floats());
      boolean whole = values.bias.type() == DataType.I32;
      float[] scales = kernel.scaleArray();
      for (int i = 0; i < floats.length; i++) {
        double unit = (double) scale * scales[scales.length == 1 ? 0 : i];
        bias[i] =
            whole
                ? values.bias.data().getInt(i * Integer.BYTES)
                : unit > 0 ? (int) Math.rint(floats[i] / unit) : 0;
      }
    }
    try {
      return new QuantizedLayer(
          kernel.type(),
          bytes,
          kernel.scaleArray(),
          kernel.commonZeroPoint(),
          bias,
          values.output.quantization(),
          QuantizedLayer.Product.DOUBLE);
    } catch (MobileNetException e) {
      throw e.in(source + ": " + step.where);
    }
  }

  /** A bias moves the mean, and another ε the variance. */
  private void put(
      Map<String, float[]> to,
      String where,
      Layer layer,
      float[] bias,
      BatchNorm norm,
      double epsilon) {
    float[] mean = checked(where, "mean", layer, norm.mean).clone();
    float[] variance = checked(where, "variance", layer, norm.variance).clone();
    for (int i = 0; i < mean.length; i++) {
      mean[i] -= bias[i];
      variance[i] = (float) (variance[i] + (norm.epsilon - epsilon));
    }
    to.put(Parameter.name(layer, Role.GAMMA), checked(where, "scale", layer, norm.gamma));
    to.put(Parameter.name(layer, Role.BETA), checked(where, "shift", layer, norm.beta));
    to.put(Parameter.name(layer, Role.MEAN), mean);
    to.put(Parameter.name(layer, Role.VARIANCE), variance);
  }

  private float[] checked(String where, String what, Layer layer, float[] values) {
    int channels = layer.out().channels();
    expect(
        values.length == channels,
        where,
        "has a %s of %d values, expected %d",
        what,
        values.length,
        channels);
    return values;
  }

  /**
   * Returns the model of a graph; what its file does not say is assumed.
   *
   * @param preprocessing empty where the file does not say it
   * @param labels empty where the file has none: the classes are then numbered
   * @param metadata what is worth keeping about the file, by name
   */
  public static Model model(
      MobileNetV1 network,
      Weights weights,
      Optional<Preprocessing> preprocessing,
      Optional<Labels> labels,
      Map<String, String> metadata) {
    Map<String, String> all = new HashMap<>(metadata);
    Optional<Preprocessing> told = preprocessing;
    if (told.isEmpty() && takesPixels(network, weights)) {
      told = Optional.of(PIXELS);
      all.put(Model.PREPROCESSING, "assumed from the stem's kernel, which is as small as 1/255");
    } else if (told.isEmpty()) {
      all.put(Model.PREPROCESSING, "assumed from activation and padding, the file does not say");
    }
    return new Model(
        network,
        weights,
        told.orElseGet(() -> assumed(network)).forChannels(network.channels()),
        labels.orElseGet(() -> Labels.numbered(network.classes())),
        all);
  }

  /**
   * Returns whether a scaling of pixels was multiplied into the stem's kernel, as converters do: no
   * input of the size of 1 then moves an output of the stem, as if there were no image.
   */
  private static boolean takesPixels(MobileNetV1 network, Weights weights) {
    Layer stem = network.layers().getFirst();
    float[] kernel = weights.folded(network).get(stem, Role.KERNEL);
    int channels = stem.out().channels();
    double[] sums = new double[channels];
    for (int i = 0; i < kernel.length; i++) {
      sums[i % channels] += Math.abs(kernel[i]);
    }
    return Arrays.stream(sums).allMatch(sum -> sum > 0 && sum < LEAST_RESPONSE);
  }

  /**
   * Returns the preprocessing that a network was probably trained with: TensorFlow's own networks
   * have ReLU6 and are fed [−1, 1]; with ReLU, PyTorch's have symmetric padding and ImageNet's
   * mean, and MLPerf Tiny's SAME and [0, 1].
   */
  private static Preprocessing assumed(MobileNetV1 network) {
    if (network.activation() == Activation.RELU6) {
      return Preprocessing.TENSORFLOW;
    }
    return network.padding() == Padding.SYMMETRIC ? Preprocessing.IMAGENET : Preprocessing.UNIT;
  }

  /** Passes if an operator fits, else names it and the layer that must come next. */
  public void expect(boolean valid, String where, String otherwise, Object... arguments) {
    if (!valid) {
      throw misfit(
          where,
          String.format(
              Locale.ROOT,
              otherwise,
              Arrays.stream(arguments)
                  .map(a -> a instanceof Number ? a : MobileNetException.abridged(a))
                  .toArray()));
    }
  }

  /** Returns an integer of 64 bits, or the nearest of 32, which is refused where it matters. */
  public static int toInt(long value) {
    return Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  public MobileNetException misfit(String where, String what) {
    return fault(where, what + (next == null ? "" : "; the layer at this place is " + next.name()));
  }

  private MobileNetException fault(String where, String what) {
    return new MobileNetException("%s: %s %s".formatted(source, where, what));
  }
}
