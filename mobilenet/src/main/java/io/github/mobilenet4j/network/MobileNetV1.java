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
 * @param widthMultiplier α, section 3.3 of the paper; any finite value &gt; 0
 * @param rounding how α times a channel count becomes a whole number
 * @param height input rows, ≥ 32
 * @param width input columns, ≥ 32
 * @param classes number of logits, ≥ 1
 * @param activation ReLU or ReLU6, after every BatchNorm
 * @param padding where 3×3 windows lie at the border
 * @param epsilon BatchNorm ε, ≥ 0
 * @param dropout probability that training zeroes a value of the pooled features, in [0, 1)
 * @param backbone the blocks between stem and pooling
 */
public record MobileNetV1(
    double widthMultiplier,
    WidthRounding rounding,
    int height,
    int width,
    int classes,
    Activation activation,
    Padding padding,
    double epsilon,
    double dropout,
    Backbone backbone) {

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
    check(height >= MIN_RESOLUTION, "input height", height, ">= " + MIN_RESOLUTION);
    check(width >= MIN_RESOLUTION, "input width", width, ">= " + MIN_RESOLUTION);
    check(classes >= 1, "number of classes", classes, ">= 1");
    check(rounding != null, "rounding", rounding, "a WidthRounding");
    check(activation != null, "activation", activation, "an Activation");
    check(padding != null, "padding", padding, "a Padding");
    check(backbone != null, "backbone", backbone, "a Backbone");
    check(Double.isFinite(epsilon) && epsilon >= 0, "BatchNorm epsilon", epsilon, ">= 0");
    check(dropout >= 0 && dropout < 1, "dropout", dropout, "in [0, 1)");
    double widest = TABLE_1.getLast().channels() * widthMultiplier + 8;
    double largest =
        Math.max(
            Math.max(widest * widest * 9, widest * classes),
            ((height + 1.0) / 2 * ((width + 1.0) / 2)) * widest);
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
        .input(height, width)
        .classes(classes)
        .activation(activation)
        .padding(padding)
        .epsilon(epsilon)
        .dropout(dropout)
        .backbone(backbone);
  }

  /** Returns the shape of one input picture: {@code [height, width, 3]}. */
  public Shape input() {
    return new Shape(height, width, 3);
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
      Shape strided = strided(at, row.stride(), at.channels());
      Shape out = strided(at, row.stride(), k);
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
    layers.add(new Layer.Classifier("classifier", pooled, new Shape(1, 1, classes)));
    return List.copyOf(layers);
  }

  /** Returns the first convolution, 3×3 with stride 2. */
  public Layer.Standard stem() {
    int channels = rounding.apply(STEM_CHANNELS, widthMultiplier);
    return new Layer.Standard("stem", 0, 2, input(), strided(input(), 2, channels));
  }

  /** Returns the separable blocks in order; empty for {@link Backbone#STANDARD}. */
  public List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    Layer.Depthwise depthwise = null;
    for (Layer layer : layers()) {
      switch (layer) {
        case Layer.Depthwise d -> depthwise = d;
        case Layer.Pointwise p -> blocks.add(new Block(depthwise, p));
        case Layer.Standard _, Layer.GlobalAveragePool _, Layer.Classifier _ -> {}
      }
    }
    return List.copyOf(blocks);
  }

  /** Returns the layer before the last: global average pooling. */
  public Layer.GlobalAveragePool pool() {
    return (Layer.GlobalAveragePool) layers().reversed().get(1);
  }

  /** Returns the last layer. */
  public Layer.Classifier classifier() {
    return (Layer.Classifier) layers().getLast();
  }

  /** Returns the number of pooled features, the classifier's input. */
  public int features() {
    return classifier().in().channels();
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

  private static Shape strided(Shape in, int stride, int channels) {
    return new Shape(
        Padding.outputs(in.height(), stride), Padding.outputs(in.width(), stride), channels);
  }

  /** Collects the values of a {@link MobileNetV1}; each has a default. */
  public static final class Builder {
    private double widthMultiplier = 1;
    private WidthRounding rounding = WidthRounding.FLOOR_MIN_8;
    private int height = 224;
    private int width = 224;
    private int classes = 1000;
    private Activation activation = Activation.RELU6;
    private Padding padding = Padding.SAME;
    private double epsilon = 1e-3;
    private double dropout;
    private Backbone backbone = Backbone.SEPARABLE;

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

    /** Sets the number of logits; default 1000. */
    public Builder classes(int classes) {
      this.classes = classes;
      return this;
    }

    /** Sets the activation; default {@link Activation#RELU6}. */
    public Builder activation(Activation activation) {
      this.activation = activation;
      return this;
    }

    /** Sets the padding; default {@link Padding#SAME}. */
    public Builder padding(Padding padding) {
      this.padding = padding;
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
          height,
          width,
          classes,
          activation,
          padding,
          epsilon,
          dropout,
          backbone);
    }
  }
}
