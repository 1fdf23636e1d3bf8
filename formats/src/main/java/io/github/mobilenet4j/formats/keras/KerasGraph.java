package io.github.mobilenet4j.formats.keras;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.reading.JsonFields;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.LayerWalk.BatchNorm;
import io.github.mobilenet4j.formats.reading.LayerWalk.Border;
import io.github.mobilenet4j.formats.reading.PixelScale;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Follows the layers of a Keras model, Sequential or a chain of functions, and lays each beside the
 * layer of MobileNet V1 that must come next; names play no part. The first layer that does not fit
 * is refused.
 */
final class KerasGraph {
  private static final int DEFAULT_SIDE = 224;
  private static final double DEFAULT_EPSILON = 1e-3;

  /** What Keras divides by at least. */
  private static final double SMALLEST_DEVIATION = 1e-7;

  private static final List<Double> ZEROS = List.of(0.0, 0.0, 0.0);

  /** The std of numbers that stay pixels of 0 to 255. */
  private static final List<Double> BYTES = List.of(1 / 255.0, 1 / 255.0, 1 / 255.0);

  private static final Set<String> KERNELS = Set.of("Conv2D", "DepthwiseConv2D", "Dense");

  /** What does nothing to what passes, or only in training, as all do whose names begin Random. */
  private static final Set<String> PASSIVE =
      Set.of(
          "InputLayer",
          "Identity",
          "Dropout",
          "SpatialDropout2D",
          "AlphaDropout",
          "GaussianDropout",
          "GaussianNoise",
          "ActivityRegularization",
          "AugMix",
          "CutMix",
          "MixUp",
          "RandAugment");

  private static final List<String> NORM =
      List.of("gamma", "beta", "moving_mean", "moving_variance");

  /** One entry of the configuration. */
  private record KerasLayer(
      String className,
      String name,
      JsonFields settings,
      Object inputs,
      Map<String, Tensor> tensors) {
    String title() {
      return "layer %s (%s)".formatted(MobileNetException.abridged(name), className);
    }

    /** Returns a setting that is one number, or a number for each of rows and columns. */
    List<Integer> pair(String key, int absent) {
      return switch (settings.fields().get(key)) {
        case null -> List.of(absent, absent);
        case Number both -> List.of(both.intValue(), both.intValue());
        default -> settings.numbers(key).orElseThrow().stream().map(Double::intValue).toList();
      };
    }
  }

  /** A convolution or fully connected layer, and what has followed it so far. */
  private static final class Kernel {
    final KerasLayer layer;
    final boolean convolution;

    /** Folded into the kernel of a fully connected layer, as what comes before is. */
    BatchNorm norm;

    boolean activated;

    Kernel(KerasLayer layer, boolean convolution) {
      this.layer = layer;
      this.convolution = convolution;
    }
  }

  private final LayerWalk walk;
  private final MobileNetV1 network;
  private Kernel kernel;

  /** A BatchNorm behind the pooling, which the next fully connected layer takes. */
  private BatchNorm before;

  /** What a layer in front of the network makes of pictures of any size; null for none. */
  private Preprocessing.Crop resizing;

  private Border rows = Border.NONE;
  private Border columns = Border.NONE;
  private final PixelScale pixels;

  /**
   * Follows the layers.
   *
   * @param source where they come from, for messages
   * @throws MobileNetException naming the first layer that does not fit
   */
  KerasGraph(String source, JsonFields model, KerasTensors tensors) {
    List<KerasLayer> layers = new ArrayList<>();
    add(model, tensors, layers);
    List<?> shape = sized(inputShape(layers), layers);
    pixels = new PixelScale(side(shape, 3));
    walk = new LayerWalk(source, new Shape(side(shape, 1), side(shape, 2), side(shape, 3)));
    layers.forEach(this::accept);
    finishKernel();
    expectNothingBefore(layers.getLast());
    network = walk.network();
  }

  /** Adds a model's layers; in the place of a layer that is a model, that one's. */
  private static void add(JsonFields model, KerasTensors tensors, List<KerasLayer> to) {
    List<JsonFields> fields = layers(model);
    checkChain(fields);
    for (JsonFields layer : fields) {
      String className = layer.text("class_name").orElse("");
      String name = name(layer);
      JsonFields settings = settings(layer);
      if (settings.fields().get("layers") instanceof List<?>) {
        add(layer, tensors.in(className, name), to);
      } else {
        Object inputs = layer.fields().get("inbound_nodes");
        to.add(new KerasLayer(className, name, settings, inputs, tensors.of(className, name)));
      }
    }
  }

  private static String name(JsonFields layer) {
    return settings(layer).text("name").or(() -> layer.text("name")).orElse("");
  }

  private static JsonFields settings(JsonFields layer) {
    return layer
        .object("config")
        .orElseThrow(() -> new MobileNetException("a layer has no configuration"));
  }

  /** Returns the layers; in old files the model's configuration of a Sequential is their list. */
  private static List<JsonFields> layers(JsonFields model) {
    Object layers =
        model.fields().get("config") instanceof Map<?, ?> config
            ? config.get("layers")
            : model.fields().get("config");
    if (!(layers instanceof List<?> list)
        || list.isEmpty()
        || !list.stream().allMatch(Map.class::isInstance)) {
      throw new MobileNetException("the configuration has no list of layers");
    }
    return list.stream().map(item -> new JsonFields("a layer", (Map<?, ?>) item)).toList();
  }

  /** Checks that every layer takes the one before it, where the configuration says. */
  private static void checkChain(List<JsonFields> layers) {
    Set<String> names = new HashSet<>();
    layers.forEach(layer -> names.add(name(layer)));
    for (int i = 1; i < layers.size(); i++) {
      Set<String> taken = new HashSet<>();
      collect(layers.get(i).fields().get("inbound_nodes"), names, taken);
      String before = name(layers.get(i - 1));
      if (!taken.isEmpty() && !taken.equals(Set.of(before))) {
        throw new MobileNetException(
            "layer %s (%s) takes %s, expected only %s before it"
                .formatted(
                    MobileNetException.abridged(name(layers.get(i))),
                    layers.get(i).text("class_name").orElse(""),
                    MobileNetException.abridged(taken.toString()),
                    MobileNetException.abridged(before)));
      }
    }
  }

  /** Collects the names that stand anywhere in a value, which Keras nests in several ways. */
  private static void collect(Object value, Set<String> names, Set<String> found) {
    switch (value) {
      case String text when names.contains(text) -> found.add(text);
      case List<?> list -> list.forEach(item -> collect(item, names, found));
      case Map<?, ?> map -> map.values().forEach(item -> collect(item, names, found));
      case null, default -> {}
    }
  }

  /** Returns the shape of the input, which the first layer has, or the first of a model in it. */
  private static List<?> inputShape(List<KerasLayer> layers) {
    for (KerasLayer layer : layers) {
      for (String key : List.of("batch_input_shape", "batch_shape")) {
        if (layer.settings.fields().get(key) instanceof List<?> shape) {
          if (shape.size() != 4 || !List.of(3L, 1L).contains(shape.getLast())) {
            throw new MobileNetException(
                "input has shape %s, expected [null, height, width, 3] or [null, height, width, 1]"
                    .formatted(MobileNetException.abridged(shape.toString())));
          }
          return shape;
        }
      }
    }
    throw new MobileNetException("no layer has a batch_input_shape or batch_shape");
  }

  /**
   * Returns the shape of what reaches the network: the last of the layers in front of it that
   * resize says it.
   */
  private static List<?> sized(List<?> input, List<KerasLayer> layers) {
    List<Object> shape = new ArrayList<>(input);
    for (KerasLayer layer : layers) {
      if (KERNELS.contains(layer.className)) {
        break;
      }
      if (layer.className.equals("Resizing")) {
        for (int axis = 1; axis < 3; axis++) {
          shape.set(axis, layer.settings.fields().get(axis == 1 ? "height" : "width"));
        }
      }
    }
    return shape;
  }

  private static int side(List<?> shape, int axis) {
    return shape.get(axis) instanceof Long side
        ? Math.clamp(side, 0, Integer.MAX_VALUE)
        : DEFAULT_SIDE;
  }

  /** Returns what the layers in front of the network do to a picture, empty if nothing. */
  Optional<Preprocessing> preprocessing() {
    Optional<Preprocessing> scaled = pixels.preprocessing();
    if (resizing == null) {
      return scaled;
    }
    Preprocessing numbers = scaled.orElse(Preprocessing.UNIT.withNormalization(ZEROS, BYTES));
    return Optional.of(
        new Preprocessing(
            resizing, 1, Resampling.TENSORFLOW_BILINEAR, numbers.mean(), numbers.std()));
  }

  /** Returns the network, with the file's resolution, α, classes, padding, activation and ε. */
  MobileNetV1 network() {
    return network;
  }

  /**
   * Returns the weights.
   *
   * @throws MobileNetException naming the first layer whose values do not fit
   */
  Weights weights() {
    return walk.weights(network);
  }

  private void accept(KerasLayer layer) {
    expect(
        layer.settings.text("data_format").orElse("channels_last").equals("channels_last"),
        layer,
        "has its channels first");
    switch (layer.className) {
      case "RandomCrop", "CenterCrop" -> crop(layer);
      case String name when name.startsWith("Random") || PASSIVE.contains(name) -> {}
      case "Resizing" -> resize(layer);
      case "Normalization" -> standardize(layer);
      case "Rescaling" -> rescale(layer, channels(layer, "scale", 1), channels(layer, "offset", 0));
      case "TFOpLambda" -> calculate(layer, layer.settings.text("function").orElse(""));
      case "TrueDivide", "Subtract", "Multiply", "Add" -> calculate(layer, layer.className);
      case "ZeroPadding2D" -> pad(layer);
      case "Conv2D", "DepthwiseConv2D", "Dense" -> multiply(layer);
      case "BatchNormalization" -> normalize(layer);
      case "Activation" -> activate(layer, function(layer));
      case "ReLU" -> rectify(layer);
      case "Softmax" -> activate(layer, "softmax");
      case "Sigmoid" -> activate(layer, "sigmoid");
      case "AveragePooling2D", "GlobalAveragePooling2D" -> pool(layer);
      case "Flatten", "Reshape" ->
          expect(walk.pooled(), layer, "changes the shape before the pooling");
      default -> throw walk.misfit(layer.title(), "is not part of a MobileNet V1");
    }
  }

  /** Cuts pictures at random in training; else they are cut in the middle, if they are larger. */
  private void crop(KerasLayer layer) {
    Layer next = walk.next();
    List<Integer> size =
        List.of(
            layer.settings.integer("height").orElse(0), layer.settings.integer("width").orElse(0));
    expect(
        next instanceof Layer.Standard
            && size.equals(List.of(next.in().height(), next.in().width())),
        layer,
        "cuts to %s, expected the size of the input",
        size);
  }

  private void resize(KerasLayer layer) {
    expect(walk.next() instanceof Layer.Standard, layer, "is not in front of the network");
    expect(resizing == null, layer, "is the second of its kind");
    String interpolation = layer.settings.text("interpolation").orElse("bilinear");
    expect(
        interpolation.equals("bilinear")
            && !layer.settings.flag("antialias").orElse(false)
            && !layer.settings.flag("pad_to_aspect_ratio").orElse(false),
        layer,
        "resizes by %s, expected bilinear without antialias or padding",
        interpolation);
    expect(
        !layer.settings.flag("crop_to_aspect_ratio").orElse(false),
        layer,
        "keeps the proportions (crop_to_aspect_ratio), which is not supported");
    resizing = Preprocessing.Crop.SQUASH;
  }

  /**
   * {@code (x − mean) / √variance}, of pixels, with numbers that were found in the training set.
   */
  private void standardize(KerasLayer layer) {
    expect(!layer.settings.flag("invert").orElse(false), layer, "is inverted");
    boolean said = layer.settings.fields().get("mean") != null;
    double[] mean = said ? channels(layer, "mean", 0) : channels(layer, tensor(layer, "mean", 0));
    double[] variance =
        said ? channels(layer, "variance", 1) : channels(layer, tensor(layer, "variance", 1));
    double[] scale = new double[pixels.channels()];
    double[] offset = new double[pixels.channels()];
    for (int c = 0; c < scale.length; c++) {
      scale[c] = 1 / Math.max(Math.sqrt(variance[c]), SMALLEST_DEVIATION);
      offset[c] = -mean[c] * scale[c];
    }
    rescale(layer, scale, offset);
  }

  /** Returns one value for each channel of what is one for all, or one each. */
  private double[] channels(KerasLayer layer, Tensor tensor) {
    float[] found = tensor.floats();
    int colours = walk.next() instanceof Layer.Standard stem ? stem.in().channels() : 0;
    expect(
        found.length == 1 || found.length == colours,
        layer,
        "has numbers of shape %s, expected one a channel",
        tensor.shape());
    double[] values = new double[pixels.channels()];
    Arrays.setAll(values, c -> found[found.length == 1 ? 0 : c]);
    return values;
  }

  private void rescale(KerasLayer layer, double[] scale, double[] offset) {
    expect(walk.next() instanceof Layer.Standard, layer, "is not in front of the network");
    pixels.then(scale, offset);
  }

  /** An operator that Python's arithmetic has made a layer of, as {@code preprocess_input} does. */
  private void calculate(KerasLayer layer, String function) {
    Optional<Double> operand = operand(layer.inputs);
    expect(operand.isPresent(), layer, "(%s) has no number for its second operand", function);
    double number = operand.get();
    double[] scale = new double[pixels.channels()];
    double[] offset = new double[pixels.channels()];
    Arrays.fill(scale, 1);
    switch (function) {
      case "TrueDivide", "math.truediv" -> Arrays.fill(scale, 1 / number);
      case "Multiply", "math.multiply" -> Arrays.fill(scale, number);
      case "Subtract", "math.subtract" -> Arrays.fill(offset, -number);
      case "Add", "math.add", "__operators__.add" -> Arrays.fill(offset, number);
      default -> throw walk.misfit(layer.title(), "is " + MobileNetException.abridged(function));
    }
    rescale(layer, scale, offset);
  }

  /**
   * Returns the second operand: {@code [["before", 0, 0, {"y": 127.5}]]} in Keras 2, {@code
   * [{"args": [{…}, 127.5]}]} in Keras 3.
   */
  private static Optional<Double> operand(Object inputs) {
    Object node = inputs instanceof List<?> nodes && nodes.size() == 1 ? nodes.getFirst() : null;
    Object operand =
        switch (node) {
          case List<?> old when !old.isEmpty() && old.getLast() instanceof Map<?, ?> named ->
              named.get("y");
          case Map<?, ?> call when call.get("args") instanceof List<?> args && args.size() == 2 ->
              args.getLast();
          case null, default -> null;
        };
    return operand instanceof Number number ? Optional.of(number.doubleValue()) : Optional.empty();
  }

  /** Returns a setting that is one number, or one for each channel, perhaps as a NumPy array. */
  private double[] channels(KerasLayer layer, String key, double absent) {
    double[] values = new double[pixels.channels()];
    switch (layer.settings.fields().get(key)) {
      case null -> Arrays.fill(values, absent);
      case Number all -> Arrays.fill(values, all.doubleValue());
      case List<?> list when list.size() == 1 && list.getFirst() instanceof Number all ->
          Arrays.fill(values, all.doubleValue());
      case Object found -> {
        List<Double> each =
            (found instanceof Map<?, ?>
                    ? layer
                        .settings
                        .object(key)
                        .flatMap(array -> array.object("config"))
                        .flatMap(array -> array.numbers("value"))
                    : layer.settings.numbers(key))
                .orElse(List.of());
        expect(each.size() == values.length, layer, "has %s %s", key, each);
        Arrays.setAll(values, each::get);
      }
    }
    return values;
  }

  private void pad(KerasLayer layer) {
    walk.expectNoBorder(layer.title(), rows, columns);
    if (layer.settings.fields().get("padding") instanceof List<?> both
        && both.size() == 2
        && both.stream().allMatch(List.class::isInstance)) {
      rows = border(layer, (List<?>) both.getFirst());
      columns = border(layer, (List<?>) both.getLast());
    } else {
      List<Integer> zeros = layer.pair("padding", 1);
      expect(zeros.size() == 2, layer, "has padding %s", zeros);
      rows = new Border(zeros.getFirst(), zeros.getFirst());
      columns = new Border(zeros.getLast(), zeros.getLast());
    }
  }

  private Border border(KerasLayer layer, List<?> zeros) {
    expect(
        zeros.size() == 2 && zeros.stream().allMatch(Long.class::isInstance),
        layer,
        "has padding %s",
        zeros);
    return new Border(
        LayerWalk.toInt((Long) zeros.getFirst()), LayerWalk.toInt((Long) zeros.getLast()));
  }

  private void multiply(KerasLayer layer) {
    finishKernel();
    boolean depthwise = layer.className.equals("DepthwiseConv2D");
    boolean dense = layer.className.equals("Dense");
    if (dense) {
      walk.continues();
    }
    expect(
        walk.takes(depthwise) && (walk.next() instanceof Layer.Classifier || !dense),
        layer,
        "cannot be this layer");
    boolean convolution = walk.next() instanceof Layer.Convolution;
    kernel = new Kernel(layer, convolution);
    Kernel own = kernel;
    String key = layer.tensors.containsKey("depthwise_kernel") ? "depthwise_kernel" : "kernel";
    Tensor values = tensor(layer, key, 0);
    GraphTensor bias =
        layer.settings.flag("use_bias").orElse(true)
            ? GraphTensor.of(layer.title(), tensor(layer, "bias", 1))
            : null;
    walk.kernel(
        layer.title(),
        new KernelLayout(dense ? "IO" : depthwise ? "HWOI" : "HWIO"),
        values.shape(),
        convolution
            ? () -> new LayerWalk.Values(GraphTensor.of(layer.title(), values), bias, own.norm)
            : connected(own, values, bias));
    if (!dense) {
      String padding = layer.settings.text("padding").orElse("valid");
      expect(Set.of("same", "valid").contains(padding), layer, "has padding %s", padding);
      walk.windows(
          layer.title(),
          layer.pair("strides", 1),
          layer.pair("dilation_rate", 1),
          padding.equals("same"),
          rows,
          columns);
      rows = Border.NONE;
      columns = Border.NONE;
    }
    walk.expectNoBorder(layer.title(), rows, columns);
    walk.advance();
    activate(layer, function(layer));
  }

  /** Returns the values of a fully connected layer, with the BatchNorms around it folded in. */
  private Supplier<LayerWalk.Values> connected(Kernel own, Tensor kernel, GraphTensor bias) {
    BatchNorm in = before;
    before = null;
    String title = own.layer.title();
    int columns = kernel.shape().getLast();
    int rows = kernel.size() / Math.max(1, columns);
    expect(
        in == null || in.gamma().length == rows,
        own.layer,
        "takes %d values, the BatchNormalization before it gives %d",
        rows,
        in == null ? 0 : in.gamma().length);
    return () -> {
      BatchNorm out = own.norm;
      if (in == null && out == null) {
        return new LayerWalk.Values(GraphTensor.of(title, kernel), bias, null);
      }
      expect(
          out == null || out.gamma().length == columns,
          own.layer,
          "gives %d values, the BatchNormalization behind it takes others",
          columns);
      float[] values = kernel.floats();
      float[] added = bias == null ? new float[columns] : bias.floats();
      expect(added.length == columns, own.layer, "has a bias of %d values", added.length);
      double[] sums = new double[columns];
      for (int k = 0; k < columns; k++) {
        sums[k] = added[k];
      }
      for (int i = 0; i < values.length; i++) {
        int k = i % columns;
        double value = values[i];
        if (in != null) {
          sums[k] += shift(in, i / columns) * value;
          value *= scale(in, i / columns);
        }
        values[i] = (float) (out == null ? value : value * scale(out, k));
      }
      for (int k = 0; k < columns; k++) {
        added[k] = (float) (out == null ? sums[k] : sums[k] * scale(out, k) + shift(out, k));
      }
      return new LayerWalk.Values(
          GraphTensor.of(title, Tensor.of(DataType.F32, kernel.shape(), values)),
          GraphTensor.of(title, Tensor.of(DataType.F32, List.of(columns), added)),
          null);
    };
  }

  private static double scale(BatchNorm norm, int channel) {
    return norm.gamma()[channel] / Math.sqrt(norm.variance()[channel] + norm.epsilon());
  }

  private static double shift(BatchNorm norm, int channel) {
    return norm.beta()[channel] - norm.mean()[channel] * scale(norm, channel);
  }

  /** Returns a tensor by what it is to its layer, or else by its place. */
  private Tensor tensor(KerasLayer layer, String key, int place) {
    Tensor tensor = layer.tensors.getOrDefault(key, layer.tensors.get("" + place));
    expect(tensor != null, layer, "has no %s in the file, but %s", key, layer.tensors.keySet());
    return tensor;
  }

  private void normalize(KerasLayer layer) {
    boolean behindPool =
        walk.pooled() && (kernel == null || kernel.convolution || kernel.activated);
    expect(
        behindPool
            ? before == null && walk.next() != null
            : kernel != null && kernel.norm == null && !kernel.activated,
        layer,
        "does not follow a convolution or the pooling");
    Object axis = layer.settings.fields().get("axis");
    expect(
        axis == null
            || List.of(-1L, 3L, behindPool ? 1L : 3L)
                .contains(axis instanceof List<?> one && one.size() == 1 ? one.getFirst() : axis),
        layer,
        "has axis %s, expected that of the channels",
        axis);
    double own = layer.settings.number("epsilon").orElse(DEFAULT_EPSILON);
    expect(own >= 0 && Double.isFinite(own), layer, "has epsilon %s", own);
    if (!walk.pooled()) {
      walk.epsilon(own);
    }
    boolean scales = layer.settings.flag("scale").orElse(true);
    boolean centers = layer.settings.flag("center").orElse(true);
    float[][] values = new float[NORM.size()][];
    int place = 0;
    for (int i = 0; i < values.length; i++) {
      boolean there = i == 0 ? scales : i > 1 || centers;
      values[i] = there ? tensor(layer, NORM.get(i), place++).floats() : null;
    }
    int channels = values[3].length;
    if (!scales) {
      values[0] = new float[channels];
      Arrays.fill(values[0], 1);
    }
    if (!centers) {
      values[1] = new float[channels];
    }
    BatchNorm norm = new BatchNorm(values[0], values[1], values[2], values[3], own);
    for (float[] each : values) {
      expect(each.length == channels, layer, "has vectors of different lengths");
    }
    if (behindPool) {
      before = norm;
    } else {
      kernel.norm = norm;
    }
  }

  /** Returns the name of an activation, which newer files wrap in an object. */
  private static String function(KerasLayer layer) {
    return switch (layer.settings.fields().get("activation")) {
      case null -> "linear";
      case String name -> name;
      case Map<?, ?> object when object.get("config") instanceof String name -> name;
      case Object other -> MobileNetException.abridged(other.toString());
    };
  }

  private void activate(KerasLayer layer, String function) {
    switch (function) {
      case "linear" -> {}
      case "relu" -> activate(layer, Activation.RELU);
      case "relu6" -> activate(layer, Activation.RELU6);
      case "softmax", "sigmoid" -> {
        expectNothingBefore(layer);
        walk.classifierActivation(layer.title(), function.equals("sigmoid"));
        if (kernel != null) {
          kernel.activated = true;
        }
      }
      default -> throw walk.misfit(layer.title(), "has activation " + function);
    }
  }

  private void rectify(KerasLayer layer) {
    double most = layer.settings.number("max_value").orElse(Double.POSITIVE_INFINITY);
    boolean six = most == Activation.RELU6.ceiling();
    expect(
        (six || most == Double.POSITIVE_INFINITY)
            && layer.settings.number("negative_slope").orElse(0.0) == 0
            && layer.settings.number("threshold").orElse(0.0) == 0,
        layer,
        "is neither ReLU nor ReLU6");
    activate(layer, six ? Activation.RELU6 : Activation.RELU);
  }

  private void activate(KerasLayer layer, Activation activation) {
    expect(
        kernel != null && !kernel.activated,
        layer,
        "does not follow a convolution or fully connected layer");
    if (kernel.convolution) {
      walk.activation(layer.title(), activation);
    } else {
      expect(activation == Activation.RELU, layer, "is %s, expected ReLU", activation);
      walk.hidden(layer.title());
    }
    kernel.activated = true;
  }

  /** Refuses a BatchNorm that no fully connected layer has taken. */
  private void expectNothingBefore(KerasLayer layer) {
    expect(before == null, layer, "follows a BatchNormalization, expected a fully connected layer");
  }

  private void finishKernel() {
    if (kernel != null && kernel.convolution) {
      expect(kernel.activated, kernel.layer, "has no activation");
    }
    kernel = null;
  }

  private void pool(KerasLayer layer) {
    finishKernel();
    Layer pool = walk.next();
    expect(pool instanceof Layer.GlobalAveragePool, layer, "is a mean");
    walk.expectNoBorder(layer.title(), rows, columns);
    List<Integer> all = List.of(pool.in().height(), pool.in().width());
    if (layer.className.equals("AveragePooling2D")) {
      List<Integer> window = layer.pair("pool_size", 2);
      expect(window.equals(all), layer, "averages over %s, expected %s", window, all);
    }
    walk.advance();
  }

  private void expect(boolean valid, KerasLayer layer, String otherwise, Object... arguments) {
    walk.expect(valid, layer.title(), otherwise, arguments);
  }
}
