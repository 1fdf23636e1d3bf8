package io.github.mobilenet4j.network;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * MobileNet V1 as in Table 1 of Howard et al. (arXiv:1704.04861): a stem, thirteen depthwise
 * separable blocks, global average pooling, a classifier. Immutable; holds no weights.
 *
 * <pre>{@code
 * MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.5).resolution(160).build();
 * long macs = network.macs();
 * }</pre>
 *
 * <p>Its variants are data as well: {@link #input} of one channel, for grey images; {@link
 * #stemStride} 1, for images of 32×32; and what stands behind the pooling, {@link Head}.
 *
 * @param widthMultiplier α, section 3.3 of the paper; any finite value &gt; 0
 * @param rounding how α times a channel count becomes a whole number
 * @param input rows ≥ 32, columns ≥ 32, and channels: 3 (red, green, blue) or 1 (grey)
 * @param stemStride the step of the first convolution, 2 as in the paper, or 1
 * @param backbone the blocks between stem and pooling
 * @param convolutions what all convolutions have in common
 * @param head what follows the pooling
 */
public record MobileNetV1(
    double widthMultiplier,
    WidthRounding rounding,
    Shape input,
    int stemStride,
    Backbone backbone,
    Convolutions convolutions,
    Head head) {

  /** The smallest input side: 32 halves five times to 1. */
  public static final int MIN_RESOLUTION = 32;

  private static final int STEM_CHANNELS = 32;

  private record Row(int channels, int stride) {}

  /**
   * Table 1, one row per separable block: channels out and the stride of the depthwise convolution.
   *
   * <p>The paper prints "s2" for the last depthwise layer, yet 7×7 goes in and 7×7 comes out; like
   * the authors' own code this table has stride 1 there.
   */
  private static final List<Row> TABLE_1 =
      List.of(
          new Row(64, 1),
          new Row(128, 2),
          new Row(128, 1),
          new Row(256, 2),
          new Row(256, 1),
          new Row(512, 2),
          new Row(512, 1),
          new Row(512, 1),
          new Row(512, 1),
          new Row(512, 1),
          new Row(512, 1),
          new Row(1024, 2),
          new Row(1024, 1));

  /** What {@link Backbone#HEADED} adds. */
  private static final Row HEAD = new Row(1024, 1);

  /** Which blocks stand between the stem and the pooling. */
  public enum Backbone {
    /** Thirteen depthwise separable blocks. */
    SEPARABLE,
    /**
     * One block more, of 1024 channels. With the identity as its depthwise kernel it is the 1×1
     * convolution that timm's {@code mobilenetv1_100h} has before the pooling ({@code conv_head}).
     */
    HEADED,
    /** Table 5's comparison: without the five 512-channel blocks of stride 1. */
    SHALLOW,
    /** Table 4's comparison: each separable block replaced by one full 3×3 convolution. */
    STANDARD
  }

  /**
   * What all convolutions have in common beside BatchNorm.
   *
   * @param activation ReLU or ReLU6, after every BatchNorm
   * @param stemPadding where the stem's 3×3 windows lie at the border
   * @param padding where those of the blocks do
   * @param epsilon BatchNorm ε, ≥ 0
   */
  public record Convolutions(
      Activation activation, Padding stemPadding, Padding padding, double epsilon) {
    /**
     * Checks every value.
     *
     * @throws MobileNetException if one is out of its range
     */
    public Convolutions {
      check(activation != null, "activation", activation, "an Activation");
      check(padding != null, "padding", padding, "a Padding");
      check(stemPadding != null, "padding of the stem", stemPadding, "a Padding");
      check(Double.isFinite(epsilon) && epsilon >= 0, "BatchNorm epsilon", epsilon, ">= 0");
    }

    /** Returns where the 3×3 windows of a layer lie at the border. */
    public Padding padding(Layer.Convolution layer) {
      return layer.block() == 0 ? stemPadding : padding;
    }

    /** Returns the padding of all, such as {@code SAME}, or {@code ASYMMETRIC, stem SAME}. */
    public String paddingInWords() {
      return stemPadding == padding ? padding.name() : padding + ", stem " + stemPadding;
    }
  }

  /**
   * What follows the pooling: a classifier, perhaps a hidden layer before it, or nothing.
   *
   * @param classes how many the classifier tells apart; 0 for no classifier, the network then ends
   *     with the pooled features
   * @param others outputs behind those of the classes, for what is none of them: they have no
   *     names, and are there to {@linkplain #evidence tell it}
   * @param hidden units of a fully connected layer with bias and ReLU between pooling and
   *     classifier; 0 for none
   * @param activation what makes probabilities of logits
   * @param dropout probability that training zeroes a value of the classifier's input, in [0, 1)
   */
  public record Head(
      int classes, int others, int hidden, ClassifierActivation activation, double dropout) {
    /** No classifier. */
    public static final Head NONE = new Head(0, 0, 0, ClassifierActivation.SOFTMAX, 0);

    /**
     * Checks every value.
     *
     * @throws MobileNetException if one is out of its range
     */
    public Head {
      check(activation != null, "classifier activation", activation, "a ClassifierActivation");
      check(classes >= 0, "number of classes", classes, ">= 0");
      if (classes > 0) {
        check(
            activation.allows(classes),
            "number of classes under " + activation,
            classes,
            activation.expectedClasses());
      }
      check(
          others == 0 || others > 0 && classes > 0 && activation == ClassifierActivation.SOFTMAX,
          "outputs for other things",
          "%s beside %s classes under %s".formatted(others, classes, activation),
          ">= 0 of them, beside classes under SOFTMAX");
      check(
          hidden >= 0 && (hidden == 0 || classes > 0),
          "hidden layer",
          hidden + " units before " + classes + " classes",
          ">= 0 units, and a classifier behind them");
      check(dropout >= 0 && dropout < 1, "dropout", dropout, "in [0, 1)");
    }

    /** Returns the number of the classifier's outputs, 0 without one. */
    public int logits() {
      return classes == 0 ? 0 : activation.logits(classes) + others;
    }

    /**
     * Returns a logit for each class, of which the largest is the most probable one's: without
     * those of the others, {@code (0, z)} where z is {@link ClassifierActivation#BINARY}. The same
     * array where these are the outputs.
     *
     * @param outputs {@code [n, logits]}
     * @return {@code [n, classes]}
     */
    public float[] ofClasses(float[] outputs, int n) {
      if (others == 0) {
        return activation.ofClasses(outputs, n);
      }
      float[] logits = new float[n * classes];
      for (int i = 0; i < n; i++) {
        System.arraycopy(outputs, i * logits(), logits, i * classes, classes);
      }
      return logits;
    }

    /**
     * Returns how much speaks for an image's being of one of the classes: the largest output, or
     * where there are {@link #others} the largest of a class less log Σ exp of theirs, in double
     * precision.
     *
     * @param outputs {@code [n, logits]}
     * @param image which of the n
     */
    public double evidence(float[] outputs, int image) {
      int from = image * logits();
      double largest = largest(outputs, from, logits() - others);
      if (others == 0) {
        return largest;
      }
      double most = largest(outputs, from + classes, others);
      double sum = 0;
      for (int i = from + classes; i < from + logits(); i++) {
        sum += Math.exp(outputs[i] - most);
      }
      return largest - most - Math.log(sum);
    }

    private static double largest(float[] values, int from, int count) {
      double largest = Double.NEGATIVE_INFINITY;
      for (int i = from; i < from + count; i++) {
        largest = Math.max(largest, values[i]);
      }
      return largest;
    }
  }

  /** One depthwise separable block (Figure 3 of the paper). */
  public record Block(Layer.Depthwise depthwise, Layer.Pointwise pointwise) {
    /** Returns its number, 1 to 13. */
    public int number() {
      return depthwise.block();
    }

    /**
     * Returns the full 3×3 convolution with the same input, output and stride, to compare costs.
     */
    public Layer.Standard standard() {
      return new Layer.Standard(
          "block" + number() + ".standard",
          number(),
          depthwise.stride(),
          depthwise.in(),
          pointwise.out());
    }
  }

  /**
   * Checks every value.
   *
   * @throws MobileNetException if one is out of its range, or a tensor would exceed 2³¹−1 values
   */
  public MobileNetV1 {
    check(
        Double.isFinite(widthMultiplier) && widthMultiplier > 0,
        "width multiplier",
        widthMultiplier,
        "> 0");
    check(rounding != null, "rounding", rounding, "a WidthRounding");
    check(input.height() >= MIN_RESOLUTION, "input height", input.height(), ">= " + MIN_RESOLUTION);
    check(input.width() >= MIN_RESOLUTION, "input width", input.width(), ">= " + MIN_RESOLUTION);
    check(
        input.channels() == 1 || input.channels() == 3,
        "number of input channels",
        input.channels(),
        "1 (grey) or 3 (red, green, blue)");
    check(stemStride == 1 || stemStride == 2, "stride of the stem", stemStride, "1 or 2");
    check(backbone != null, "backbone", backbone, "a Backbone");
    double widest = TABLE_1.getLast().channels() * widthMultiplier + 8;
    double largest =
        Math.max(
            Math.max(
                widest * widest * 9,
                Math.max(widest, head.hidden)
                    * Math.max(head.hidden, (double) head.classes + head.others)),
            Math.ceil((double) input.height() / stemStride)
                * Math.ceil((double) input.width() / stemStride)
                * widest);
    check(
        largest < Integer.MAX_VALUE,
        "network",
        String.format(Locale.ROOT, "about %.0f values in one tensor", largest),
        "fewer than 2^31");
  }

  private static void check(boolean valid, String what, Object found, String expected) {
    if (!valid) {
      throw new MobileNetException(what + " is " + found + ", expected " + expected);
    }
  }

  /** Returns a builder for α 1, 224×224, 1000 classes, ReLU6, SAME padding, ε 1e-3, no dropout. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from this network's values. */
  public Builder toBuilder() {
    return new Builder()
        .widthMultiplier(widthMultiplier)
        .rounding(rounding)
        .input(height(), width())
        .channels(channels())
        .stemStride(stemStride)
        .backbone(backbone)
        .convolutions(convolutions)
        .head(head);
  }

  /** Returns input rows. */
  public int height() {
    return input.height();
  }

  /** Returns input columns. */
  public int width() {
    return input.width();
  }

  /** Returns input channels: 3, or 1 for grey images. */
  public int channels() {
    return input.channels();
  }

  /** Returns the activation after every BatchNorm. */
  public Activation activation() {
    return convolutions.activation;
  }

  /** Returns where the 3×3 windows of the blocks lie at the border. */
  public Padding padding() {
    return convolutions.padding;
  }

  /** Returns where the 3×3 windows of a layer lie at the border. */
  public Padding padding(Layer.Convolution layer) {
    return convolutions.padding(layer);
  }

  /** Returns whether, with its input, all windows lie where another network's would. */
  public boolean isPaddedLike(MobileNetV1 other) {
    return layers().stream()
        .filter(layer -> layer instanceof Layer.Standard || layer instanceof Layer.Depthwise)
        .map(Layer.Convolution.class::cast)
        .allMatch(layer ->
            padding(layer).isLike(other.padding(layer), layer.in().height(), layer.stride())
                && padding(layer).isLike(other.padding(layer), layer.in().width(), layer.stride()));
  }

  /** Returns BatchNorm ε. */
  public double epsilon() {
    return convolutions.epsilon;
  }

  /** Returns the number of classes, 0 without a classifier. */
  public int classes() {
    return head.classes;
  }

  /** Returns the probability that training zeroes a value of the classifier's input. */
  public double dropout() {
    return head.dropout;
  }

  /** Returns whether there is a classifier; else the pooled features are the network's output. */
  public boolean hasClassifier() {
    return head.classes > 0;
  }

  /** Returns how many values come out for an image: logits, or without classifier features. */
  public int outputs() {
    return hasClassifier() ? head.logits() : features();
  }

  /** Returns every layer in the order in which data passes. */
  public List<Layer> layers() {
    List<Layer> layers = new ArrayList<>();
    layers.add(stem());
    Shape at = stem().out();
    int block = 0;
    for (Row row : rows()) {
      block++;
      int k = rounding.apply(row.channels(), widthMultiplier);
      String name = "block" + block;
      Shape strided = strided(padding(), at, row.stride(), at.channels());
      Shape out = strided(padding(), at, row.stride(), k);
      if (backbone == Backbone.STANDARD) {
        layers.add(new Layer.Standard(name + ".standard", block, row.stride(), at, out));
      } else {
        layers.add(new Layer.Depthwise(name + ".depthwise", block, row.stride(), at, strided));
        layers.add(new Layer.Pointwise(name + ".pointwise", block, strided, out));
      }
      at = out;
    }
    Shape pooled = new Shape(1, 1, at.channels());
    layers.add(new Layer.GlobalAveragePool("pool", at, pooled));
    Shape last = pooled;
    if (head.hidden > 0) {
      last = new Shape(1, 1, head.hidden);
      layers.add(new Layer.Dense("hidden", pooled, last));
    }
    if (hasClassifier()) {
      layers.add(new Layer.Classifier("classifier", last, new Shape(1, 1, head.logits())));
    }
    return List.copyOf(layers);
  }

  /** Returns the first convolution, 3×3. */
  public Layer.Standard stem() {
    int channels = rounding.apply(STEM_CHANNELS, widthMultiplier);
    Shape out = strided(convolutions.stemPadding, input, stemStride, channels);
    return new Layer.Standard("stem", 0, stemStride, input, out);
  }

  /** Returns the separable blocks in order; empty for {@link Backbone#STANDARD}. */
  public List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    Layer.Depthwise depthwise = null;
    for (Layer layer : layers()) {
      switch (layer) {
        case Layer.Depthwise d -> depthwise = d;
        case Layer.Pointwise p -> blocks.add(new Block(depthwise, p));
        case Layer.Standard _, Layer.GlobalAveragePool _, Layer.Dense _, Layer.Classifier _ -> {}
      }
    }
    return List.copyOf(blocks);
  }

  /** Returns the global average pooling, behind which is the head. */
  public Layer.GlobalAveragePool pool() {
    return layers().stream()
        .filter(Layer.GlobalAveragePool.class::isInstance)
        .map(Layer.GlobalAveragePool.class::cast)
        .findFirst()
        .orElseThrow();
  }

  /** Returns the layers behind the pooling: hidden layer and classifier, as far as there are. */
  public List<Layer> headLayers() {
    List<Layer> layers = layers();
    return layers.subList(layers.indexOf(pool()) + 1, layers.size());
  }

  /**
   * Returns the last layer.
   *
   * @throws MobileNetException if there is no classifier
   */
  public Layer.Classifier classifier() {
    requireClassifier();
    return (Layer.Classifier) layers().getLast();
  }

  /**
   * Passes if there is a classifier.
   *
   * @throws MobileNetException if there is none
   */
  public void requireClassifier() {
    if (!hasClassifier()) {
      throw new MobileNetException(
          "the network has no classifier, it ends with %s pooled features".formatted(features()));
    }
  }

  /** Returns the number of pooled features, the head's input. */
  public int features() {
    return pool().out().channels();
  }

  /** Returns every parameter of every layer, in order. */
  public List<Parameter> parameters() {
    return layers().stream().flatMap(layer -> layer.parameters().stream()).toList();
  }

  /** Returns every parameter of every layer once BatchNorm is folded in, in order. */
  public List<Parameter> foldedParameters() {
    return layers().stream().flatMap(layer -> layer.foldedParameters().stream()).toList();
  }

  /** Returns the multiply-adds for one picture. */
  public long macs() {
    return layers().stream().mapToLong(Layer::macs).sum();
  }

  /** Returns the number of values that an optimizer changes. */
  public long trainableParameters() {
    return layers().stream().mapToLong(Layer::trainableParameters).sum();
  }

  /** Returns the number of values including BatchNorm's running statistics. */
  public long totalParameters() {
    return layers().stream().mapToLong(Layer::totalParameters).sum();
  }

  /**
   * Returns the largest {@link Layer#activationBytes}: what one picture needs beside the weights
   * when layers run one after the other.
   */
  public long peakActivationBytes() {
    return layers().stream().mapToLong(Layer::activationBytes).max().orElseThrow();
  }

  private List<Row> rows() {
    Stream<Row> rows = TABLE_1.stream();
    return switch (backbone) {
      case SEPARABLE, STANDARD -> TABLE_1;
      case HEADED -> Stream.concat(rows, Stream.of(HEAD)).toList();
      case SHALLOW -> rows.filter(row -> row.channels() != 512 || row.stride() != 1).toList();
    };
  }

  private static Shape strided(Padding padding, Shape in, int stride, int channels) {
    return new Shape(
        padding.outputs(in.height(), stride), padding.outputs(in.width(), stride), channels);
  }

  /** Collects the values of a {@link MobileNetV1}; each has a default. */
  public static final class Builder {
    private double widthMultiplier = 1;
    private WidthRounding rounding = WidthRounding.FLOOR_MIN_8;
    private int height = 224;
    private int width = 224;
    private int channels = 3;
    private int stemStride = 2;
    private Backbone backbone = Backbone.SEPARABLE;
    private Activation activation = Activation.RELU6;
    private Padding stemPadding = Padding.SAME;
    private Padding padding = Padding.SAME;
    private double epsilon = 1e-3;
    private int classes = 1000;
    private int others;
    private int hidden;
    private ClassifierActivation classifierActivation = ClassifierActivation.SOFTMAX;
    private double dropout;

    private Builder() {}

    /** Sets α; default 1. */
    public Builder widthMultiplier(double alpha) {
      this.widthMultiplier = alpha;
      return this;
    }

    /** Sets how channel counts are rounded; default {@link WidthRounding#FLOOR_MIN_8}. */
    public Builder rounding(WidthRounding rounding) {
      this.rounding = rounding;
      return this;
    }

    /** Sets a square input; default 224. */
    public Builder resolution(int side) {
      return input(side, side);
    }

    /** Sets input rows and columns. */
    public Builder input(int height, int width) {
      this.height = height;
      this.width = width;
      return this;
    }

    /** Sets input channels: 3, or 1 for grey images; default 3. */
    public Builder channels(int channels) {
      this.channels = channels;
      return this;
    }

    /** Sets the stride of the first convolution, 2 or 1; default 2. */
    public Builder stemStride(int stride) {
      this.stemStride = stride;
      return this;
    }

    /** Sets the number of classes, 0 for no classifier; default 1000. */
    public Builder classes(int classes) {
      this.classes = classes;
      return this;
    }

    /** Sets the outputs for what is none of the classes; default 0. */
    public Builder others(int outputs) {
      this.others = outputs;
      return this;
    }

    /** Sets the units of a hidden layer before the classifier, 0 for none; default 0. */
    public Builder hidden(int units) {
      this.hidden = units;
      return this;
    }

    /** Sets what makes probabilities of logits; default {@link ClassifierActivation#SOFTMAX}. */
    public Builder classifierActivation(ClassifierActivation activation) {
      this.classifierActivation = activation;
      return this;
    }

    /** Sets all that follows the pooling. */
    public Builder head(Head head) {
      return classes(head.classes)
          .others(head.others)
          .hidden(head.hidden)
          .classifierActivation(head.activation)
          .dropout(head.dropout);
    }

    /** Sets the activation; default {@link Activation#RELU6}. */
    public Builder activation(Activation activation) {
      this.activation = activation;
      return this;
    }

    /** Sets all that convolutions have in common. */
    public Builder convolutions(Convolutions convolutions) {
      return activation(convolutions.activation)
          .padding(convolutions.padding)
          .stemPadding(convolutions.stemPadding)
          .epsilon(convolutions.epsilon);
    }

    /** Sets the padding of all convolutions; default {@link Padding#SAME}. */
    public Builder padding(Padding padding) {
      this.stemPadding = padding;
      this.padding = padding;
      return this;
    }

    /** Sets the padding of the first convolution, where it is not that of the blocks. */
    public Builder stemPadding(Padding padding) {
      this.stemPadding = padding;
      return this;
    }

    /** Sets BatchNorm ε; default 1e-3, as in TensorFlow and Keras (PyTorch: 1e-5). */
    public Builder epsilon(double epsilon) {
      this.epsilon = epsilon;
      return this;
    }

    /** Sets the dropout probability before the classifier; default 0. */
    public Builder dropout(double dropout) {
      this.dropout = dropout;
      return this;
    }

    /** Sets the blocks between stem and pooling; default {@link Backbone#SEPARABLE}. */
    public Builder backbone(Backbone backbone) {
      this.backbone = backbone;
      return this;
    }

    /**
     * Returns the network.
     *
     * @throws MobileNetException if a value is out of its range
     */
    public MobileNetV1 build() {
      return new MobileNetV1(
          widthMultiplier,
          rounding,
          new Shape(height, width, channels),
          stemStride,
          backbone,
          new Convolutions(activation, stemPadding, padding, epsilon),
          new Head(classes, others, hidden, classifierActivation, dropout));
    }
  }
}
