package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Parameter;
import io.github.mobilenet4j.network.Role;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * How a source names and lays out a MobileNet V1's tensors: one function from parameter to name,
 * one from layer to kernel layout, and what that source does by convention. The table of layers
 * stays {@link MobileNetV1}'s.
 */
public enum Dialect {
  /** The model file's names: {@link Parameter#name()}. What it does else stands in its metadata. */
  CANONICAL(Parameter::name, KernelLayout::ours, name -> false, null),

  /**
   * The PyTorch network of the tutorial, of marvis/pytorch-mobilenet and of many like it: {@code
   * model.0.0.weight} … {@code fc.bias}.
   */
  TUTORIAL(
      Dialect::tutorialName,
      Dialect::torchLayout,
      name -> name.endsWith(".num_batches_tracked"),
      new Conventions(Padding.SYMMETRIC, Activation.RELU, 1e-5, Preprocessing.IMAGENET));

  /** What may stand before every name: nothing, or what PyTorch's DataParallel puts there. */
  private static final List<String> PREFIXES = List.of("", "module.");

  /** What a source does without saying so in its files. */
  private record Conventions(
      Padding padding, Activation activation, double epsilon, Preprocessing preprocessing) {}

  private final Function<Parameter, String> names;
  private final Function<Layer, KernelLayout> layouts;
  private final Predicate<String> ignored;
  private final Conventions conventions;

  Dialect(
      Function<Parameter, String> names,
      Function<Layer, KernelLayout> layouts,
      Predicate<String> ignored,
      Conventions conventions) {
    this.names = names;
    this.layouts = layouts;
    this.ignored = ignored;
    this.conventions = conventions;
  }

  private static String tutorialName(Parameter p) {
    String module =
        switch (p.layer()) {
          case Layer.Standard l -> sequential(l, p.role(), 0);
          case Layer.Depthwise l -> sequential(l, p.role(), 0);
          case Layer.Pointwise l -> sequential(l, p.role(), 3);
          case Layer.Classifier _ -> "fc";
          case Layer.GlobalAveragePool l -> throw new IllegalArgumentException(l.name());
        };
    return module + "." + torchName(p.role());
  }

  /** A block is one Sequential: convolution, BatchNorm, ReLU, and for the pointwise all again. */
  private static String sequential(Layer.Convolution layer, Role role, int convolution) {
    return "model." + layer.block() + "." + (role == Role.KERNEL ? convolution : convolution + 1);
  }

  private static String torchName(Role role) {
    return switch (role) {
      case KERNEL, GAMMA -> "weight";
      case BETA, BIAS -> "bias";
      case MEAN -> "running_mean";
      case VARIANCE -> "running_var";
    };
  }

  private static KernelLayout torchLayout(Layer layer) {
    return new KernelLayout(layer instanceof Layer.Classifier ? "OI" : "OIHW");
  }

  /** A dialect, what stands before each of its names, and how many of the names are there. */
  private record Match(Dialect dialect, String prefix, long present) {}

  /**
   * Returns the model in tensors that came without a description: the dialect whose names they
   * have, α and the number of classes that their shapes tell, 224×224, numbered labels.
   *
   * @param source where the tensors come from, for messages
   * @param tensors by name
   * @throws MobileNetException if no dialect has such names, or naming the tensors that are
   *     missing, unexpected or misshapen
   */
  public static Model read(String source, Map<String, Tensor> tensors) {
    Match match = recognise(source, tensors);
    Dialect dialect = match.dialect;
    if (dialect.conventions == null) {
      throw new MobileNetException(
          source + ": has the names of a model file, but not the metadata that belongs to it");
    }
    try {
      MobileNetV1 network = dialect.infer(match.prefix, tensors);
      return new Model(
          network,
          dialect.weights(source, network, match.prefix, tensors),
          dialect.conventions.preprocessing,
          Labels.numbered(network.classes()),
          Map.of("dialect", dialect.toString()));
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }

  private static Match recognise(String source, Map<String, Tensor> tensors) {
    // Names do not depend on α.
    List<Parameter> parameters = MobileNetV1.builder().build().parameters();
    return Arrays.stream(values())
        .flatMap(d -> PREFIXES.stream().map(prefix -> d.match(prefix, parameters, tensors)))
        .max(Comparator.comparingLong(Match::present))
        .filter(match -> match.present > 0)
        .orElseThrow(() ->
            new MobileNetException(
                "%s: no tensor has a name of a MobileNet V1 in any of the dialects %s; it has %s"
                    .formatted(
                        source,
                        Arrays.toString(values()),
                        tensors.keySet().stream().limit(5).toList())));
  }

  private Match match(String prefix, List<Parameter> parameters, Map<String, Tensor> tensors) {
    long present =
        parameters.stream().filter(p -> tensors.containsKey(prefix + names.apply(p))).count();
    return new Match(this, prefix, present);
  }

  private MobileNetV1 infer(String prefix, Map<String, Tensor> tensors) {
    MobileNetV1 full = MobileNetV1.builder().build();
    List<Integer> channels =
        WidthMultiplier.layers(full).stream()
            .map(layer -> axis(prefix, layer, 'O', tensors))
            .toList();
    int classes = axis(prefix, full.classifier(), 'O', tensors);
    int features = axis(prefix, full.classifier(), 'I', tensors);
    return WidthMultiplier.fit(
        MobileNetV1.builder()
            .classes(classes > 0 ? classes : full.classes())
            .activation(conventions.activation)
            .padding(conventions.padding)
            .epsilon(conventions.epsilon),
        channels,
        features > 0 ? features : full.features());
  }

  /** Returns the size of a kernel's axis, 0 where the kernel is missing or has other axes. */
  private int axis(String prefix, Layer layer, char axis, Map<String, Tensor> tensors) {
    Tensor kernel = tensors.get(prefix + names.apply(layer.parameters().getFirst()));
    String axes = layouts.apply(layer).axes();
    return kernel == null || kernel.shape().size() != axes.length()
        ? 0
        : kernel.shape().get(axes.indexOf(axis));
  }

  /**
   * Returns the weights of a network from tensors of this dialect.
   *
   * @param source where the tensors come from, for messages
   * @param tensors by name; may hold further tensors that this dialect ignores
   * @throws MobileNetException naming the tensors that are missing, unexpected or misshapen
   */
  public Weights weights(String source, MobileNetV1 network, Map<String, Tensor> tensors) {
    return weights(source, network, "", tensors);
  }

  private Weights weights(
      String source, MobileNetV1 network, String prefix, Map<String, Tensor> tensors) {
    Map<String, List<Integer>> expected = new LinkedHashMap<>();
    network.parameters().forEach(p -> expected.put(prefix + names.apply(p), shape(p)));
    Map<String, List<Integer>> found = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> {
      if (!ignored.test(name)) {
        found.put(name, tensor.shape());
      }
    });
    ShapeCheck.check(source, expected, found);
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Parameter p : network.parameters()) {
      float[] stored = tensors.get(prefix + names.apply(p)).floats();
      values.put(
          p.name(),
          p.role() == Role.KERNEL ? layouts.apply(p.layer()).toOurs(p.layer(), stored) : stored);
    }
    return new Weights(source, network, values);
  }

  /**
   * Returns weights as tensors of this dialect, in the order of the layers.
   *
   * @param kernels how kernels are stored; everything else, under one percent of the values, stays
   *     {@link DataType#F32}, because variances and biases do not bear much rounding
   */
  public Map<String, Tensor> tensors(MobileNetV1 network, Weights weights, DataType kernels) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter p : network.parameters()) {
      float[] values = weights.get(p);
      tensors.put(
          names.apply(p),
          p.role() == Role.KERNEL
              ? Tensor.of(kernels, shape(p), layouts.apply(p.layer()).fromOurs(p.layer(), values))
              : Tensor.of(DataType.F32, shape(p), values));
    }
    return tensors;
  }

  private List<Integer> shape(Parameter p) {
    return p.role() == Role.KERNEL ? layouts.apply(p.layer()).shape(p.layer()) : p.shape();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
