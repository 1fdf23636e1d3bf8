package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * How a source names and lays out a MobileNet V1's tensors: one function from parameter to name,
 * one from layer to kernel layout, and what that source does by convention. The table of layers
 * stays {@link MobileNetV1}'s, so a dialect is right for every width and every {@link
 * MobileNetV1.Backbone}, and no list of names exists.
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
      Dialect::isBatchCount,
      new Conventions(Padding.SYMMETRIC, Activation.RELU, 1e-5, Preprocessing.IMAGENET)),

  /**
   * PyTorch Image Models (timm), {@code mobilenetv1_100} and its kin: {@code conv_stem.weight},
   * {@code bn1.*}, {@code blocks.S.I.conv_dw.weight} … {@code classifier.bias}, in {@code 100h}
   * also {@code conv_head.weight} and {@code bn2.*}.
   */
  TIMM(
      Dialect::timmName,
      Dialect::torchLayout,
      Dialect::isBatchCount,
      new Conventions(
          Padding.SYMMETRIC,
          Activation.RELU6,
          1e-5,
          Preprocessing.TENSORFLOW.withResampling(Resampling.BICUBIC))),

  /**
   * Hugging Face transformers, {@code MobileNetV1ForImageClassification}: {@code
   * mobilenet_v1.conv_stem.convolution.weight}, {@code mobilenet_v1.layer.0.normalization.weight} …
   * {@code classifier.bias}; weights and habits are TF-Slim's.
   */
  HUGGING_FACE(
      Dialect::huggingFaceName,
      Dialect::torchLayout,
      Dialect::isBatchCount,
      new Conventions(Padding.SAME, Activation.RELU6, 1e-3, Preprocessing.TENSORFLOW)),

  /**
   * Keras applications' {@code MobileNet}: {@code conv1/kernel:0}, {@code conv1_bn/gamma:0}, {@code
   * conv_dw_1/depthwise_kernel:0} … {@code conv_preds/bias:0}; weights and habits are TF-Slim's,
   * but for the padding of odd sizes.
   */
  KERAS(
      Dialect::kerasName,
      Dialect::kerasLayout,
      name -> false,
      new Conventions(
          new MobileNetV1.Convolutions(Activation.RELU6, Padding.SAME, Padding.ASYMMETRIC, 1e-3),
          Preprocessing.TENSORFLOW));

  /** The network whose layers are named: names do not depend on α. */
  private static final MobileNetV1 FULL = MobileNetV1.builder().build();

  /** The metadata that names the tensors that cannot belong to the network. */
  public static final String LEFT_OUT = "left out";

  /**
   * The metadata that says what is assumed of a network whose tensors have nobody's names: no
   * tensor tells the stride of the stem, nor the padding.
   */
  public static final String NAMES = "names";

  private static final int MOST_PREFIXES = 8;

  /** Each of hundreds of names is looked for behind each prefix. */
  private static final int LONGEST_PREFIX = 256;

  /** What a source does without saying so in its files. */
  private record Conventions(MobileNetV1.Convolutions convolutions, Preprocessing preprocessing) {
    Conventions(
        Padding padding, Activation activation, double epsilon, Preprocessing preprocessing) {
      this(new MobileNetV1.Convolutions(activation, padding, padding, epsilon), preprocessing);
    }
  }

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

  private static final String HUGGING_FACE_BASE = "mobilenet_v1.";

  private static String tutorialName(Parameter p) {
    String module =
        switch (p.layer()) {
          case Layer.Standard l -> sequential(l, p.role(), 0);
          case Layer.Depthwise l -> sequential(l, p.role(), 0);
          case Layer.Pointwise l -> sequential(l, p.role(), 3);
          case Layer.Classifier _ -> "fc";
          case Layer.GlobalAveragePool _, Layer.Dense _ ->
              throw new IllegalArgumentException(p.layer().name());
        };
    return module + "." + torchName(p.role());
  }

  /** A block is one Sequential: convolution, BatchNorm, ReLU, and for the pointwise all again. */
  private static String sequential(Layer.Convolution layer, Role role, int convolution) {
    return "model." + layer.block() + "." + (isConvolutions(role) ? convolution : convolution + 1);
  }

  /** Returns whether a tensor is the convolution's own, not its BatchNorm's. */
  private static boolean isConvolutions(Role role) {
    return role == Role.KERNEL || role == Role.BIAS;
  }

  private static String timmName(Parameter p) {
    boolean kernel = isConvolutions(p.role());
    String module =
        switch (p.layer()) {
          case Layer.Standard l when l.block() == 0 -> kernel ? "conv_stem" : "bn1";
          case Layer.Standard l -> timmBlock(l) + (kernel ? ".conv" : ".bn1");
          case Layer.Depthwise l -> timmBlock(l) + (kernel ? ".conv_dw" : ".bn1");
          case Layer.Pointwise l when isHead(l) -> kernel ? "conv_head" : "bn2";
          case Layer.Pointwise l -> timmBlock(l) + (kernel ? ".conv_pw" : ".bn2");
          case Layer.Classifier _ -> "classifier";
          case Layer.GlobalAveragePool _, Layer.Dense _ ->
              throw new IllegalArgumentException(p.layer().name());
        };
    return module + "." + torchName(p.role());
  }

  /** A stage begins with each depthwise convolution of stride 2. */
  private static String timmBlock(Layer.Convolution layer) {
    int stage = 0;
    int index = 0;
    for (MobileNetV1.Block block : FULL.blocks().subList(0, layer.block())) {
      boolean begins = block.depthwise().stride() == 2;
      stage += begins ? 1 : 0;
      index = begins || block.number() == 1 ? 0 : index + 1;
    }
    return "blocks." + stage + "." + index;
  }

  private static String huggingFaceName(Parameter p) {
    String module =
        switch (p.layer()) {
          case Layer.Standard l when l.block() == 0 -> HUGGING_FACE_BASE + "conv_stem";
          case Layer.Depthwise l -> HUGGING_FACE_BASE + "layer." + (2 * l.block() - 2);
          case Layer.Convolution l -> HUGGING_FACE_BASE + "layer." + (2 * l.block() - 1);
          case Layer.Classifier _ -> "classifier";
          case Layer.GlobalAveragePool _, Layer.Dense _ ->
              throw new IllegalArgumentException(p.layer().name());
        };
    String part =
        switch (p.role()) {
          case KERNEL, BIAS -> p.layer() instanceof Layer.Classifier ? "." : ".convolution.";
          case GAMMA, BETA, MEAN, VARIANCE -> ".normalization.";
        };
    return module + part + torchName(p.role());
  }

  private static String kerasName(Parameter p) {
    String module =
        switch (p.layer()) {
          case Layer.Standard l when l.block() == 0 -> "conv1";
          case Layer.Standard l -> "conv_" + l.block();
          case Layer.Depthwise l -> "conv_dw_" + l.block();
          case Layer.Pointwise l -> "conv_pw_" + l.block();
          case Layer.Classifier _ -> "conv_preds";
          case Layer.Dense l -> l.name();
          case Layer.GlobalAveragePool l -> throw new IllegalArgumentException(l.name());
        };
    String tensor =
        switch (p.role()) {
          case KERNEL -> p.layer() instanceof Layer.Depthwise ? "/depthwise_kernel" : "/kernel";
          case BIAS -> "/bias";
          case GAMMA -> "_bn/gamma";
          case BETA -> "_bn/beta";
          case MEAN -> "_bn/moving_mean";
          case VARIANCE -> "_bn/moving_variance";
        };
    return module + tensor + ":0";
  }

  private static KernelLayout kerasLayout(Layer layer) {
    return new KernelLayout(
        switch (layer) {
          case Layer.Depthwise _ -> "HWOI";
          case Layer.Dense _ -> "IO";
          case Layer.Standard _, Layer.Pointwise _, Layer.GlobalAveragePool _, Layer.Classifier _ ->
              "HWIO";
        });
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

  private static boolean isBatchCount(String name) {
    return name.endsWith(".num_batches_tracked");
  }

  /** Returns whether a layer is in the block that {@link MobileNetV1.Backbone#HEADED} adds. */
  private static boolean isHead(Layer.Convolution layer) {
    return layer.block() > FULL.blocks().size();
  }

  /**
   * Returns whether a source has a layer. The head of timm's {@code 100h} is a pointwise
   * convolution alone; the depthwise one that {@link MobileNetV1.Backbone#HEADED} puts before it is
   * the identity there: ReLU6 of ReLU6 is ReLU6. Only the model file and whole models of Keras have
   * a hidden layer.
   */
  private boolean has(Layer layer) {
    return switch (layer) {
      case Layer.Depthwise depthwise -> this != TIMM || !isHead(depthwise);
      case Layer.Dense _ -> this == CANONICAL || this == KERAS;
      case Layer.Standard _, Layer.Pointwise _, Layer.GlobalAveragePool _, Layer.Classifier _ ->
          true;
    };
  }

  /**
   * Returns what a source must have of a layer: kernel and bias where BatchNorm is folded in, and
   * the bias too where a convolution has one in front of its BatchNorm.
   */
  private List<Parameter> needed(Layer layer, Predicate<Parameter> isThere) {
    List<Parameter> trained = layer.parameters();
    List<Parameter> folded = layer.foldedParameters();
    if (!(layer instanceof Layer.Convolution) || !isThere.test(folded.getLast())) {
      return trained;
    }
    return isThere.test(trained.get(1))
        ? Stream.concat(trained.stream(), Stream.of(folded.getLast())).toList()
        : folded;
  }

  private List<Parameter> needed(MobileNetV1 network, Predicate<Parameter> isThere) {
    return network.layers().stream()
        .filter(this::has)
        .flatMap(layer -> needed(layer, isThere).stream())
        .toList();
  }

  /**
   * A dialect as a file has it.
   *
   * @param prefix what stands before each of its names
   * @param omitted what is left out of each of its names
   */
  private record Naming(Dialect dialect, String prefix, String omitted) {
    String name(Parameter parameter) {
      String name = dialect.names.apply(parameter);
      return prefix + (name.startsWith(omitted) ? name.substring(omitted.length()) : name);
    }
  }

  /**
   * Names, backbone and whether there is a classifier.
   *
   * @param network of that backbone and head, at α = 1
   * @param present how many of the names are there
   * @param absent how many are not
   */
  private record Match(Naming naming, MobileNetV1 network, long present, long absent) {
    long score() {
      return present - absent;
    }
  }

  /**
   * Returns the model in tensors that came without a description: the dialect whose names they
   * have, α, backbone, input channels and number of classes that their names and shapes tell,
   * 224×224, numbered labels. Without a classifier, the network has none; one of a single output is
   * {@link ClassifierActivation#BINARY}. Before each name may stand what wraps the network, such as
   * DataParallel's {@code module.}
   *
   * @param source where the tensors come from, for messages
   * @param tensors by name
   * @throws MobileNetException if no dialect has such names, or naming the tensors that are
   *     missing, unexpected or misshapen
   */
  public static Model read(String source, Map<String, Tensor> tensors) {
    return read(source, tensors, List.of(values()));
  }

  /**
   * Returns the model in tensors of this dialect, as {@link #read(String, Map)} does.
   *
   * @throws MobileNetException if they do not have such names, or naming the tensors that are
   *     missing, unexpected or misshapen
   */
  public Model model(String source, Map<String, Tensor> tensors) {
    return read(source, tensors, List.of(this));
  }

  private static Model read(String source, Map<String, Tensor> tensors, List<Dialect> dialects) {
    Optional<Match> best =
        dialects.stream()
            .flatMap(dialect -> dialect.matches(tensors))
            .filter(m -> m.present > 0)
            .max(Comparator.comparingLong(Match::score));
    if (best.isEmpty() || best.get().score() < 0) {
      Optional<TensorOrder> order =
          dialects.size() > 1 ? TensorOrder.of(source, tensors) : Optional.empty();
      if (order.isPresent()) {
        return ordered(source, order.get());
      }
      throw new MobileNetException(
          "%s: %s a MobileNet V1 in any of the dialects %s; it has %s"
              .formatted(
                  source,
                  best.map(m ->
                          "only %s of %s tensors have names of"
                              .formatted(m.present, m.present + m.absent))
                      .orElse("no tensor has a name of"),
                  dialects,
                  tensors.keySet().stream().limit(5).map(MobileNetException::abridged).toList()));
    }
    Match match = best.get();
    Dialect dialect = match.naming.dialect;
    if (dialect.conventions == null) {
      throw new MobileNetException(
          source + ": has the names of a model file, but not the metadata that belongs to it");
    }
    try {
      return dialect.model(source, match, tensors);
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }

  /** Returns the model in tensors that have nobody's names, in the order of the tutorial's. */
  private static Model ordered(String source, TensorOrder order) {
    Map<String, Tensor> tensors = order.renamed(TUTORIAL::name);
    Naming naming = new Naming(TUTORIAL, "", "");
    Model model = TUTORIAL.model(source, TUTORIAL.match(naming, FULL, tensors), tensors);
    Map<String, String> metadata = new HashMap<>();
    metadata.put("dialect", "by order");
    metadata.put(
        NAMES,
        "of no known source: told by order and shapes; that the stem has stride %s, padding %s,"
                .formatted(
                    model.network().stemStride(), model.network().convolutions().paddingInWords())
            + " activation %s and epsilon %s are assumed"
                .formatted(model.network().activation(), model.network().epsilon()));
    order.leftOut().ifPresent(names -> metadata.put(LEFT_OUT, names));
    return model.withMetadata(metadata);
  }

  private Model model(String source, Match match, Map<String, Tensor> tensors) {
    Tensors own = new Tensors(this, match, tensors);
    MobileNetV1 network = fit(match.network, own);
    Map<String, String> metadata = new HashMap<>();
    metadata.put("dialect", toString());
    TensorOrder.list(own.strangers).ifPresent(names -> metadata.put(LEFT_OUT, names));
    return new Model(
        network,
        weights(source, network, needed(network, own::has), own),
        conventions.preprocessing.forChannels(network.channels()),
        Labels.numbered(network.classes()),
        metadata);
  }

  /**
   * The tensors of a file in the names of a dialect.
   *
   * @param byName in the dialect's names; what it ignores, and what cannot be the network's, is
   *     left out
   * @param called what the file calls them, and what is missing
   * @param strangers what cannot belong to the network
   */
  private record Tensors(
      Dialect dialect,
      Map<String, Tensor> byName,
      Map<String, String> called,
      List<String> strangers) {
    Tensors(Dialect dialect, Map<String, Tensor> byName) {
      this(dialect, byName, Map.of(), List.of());
    }

    Tensors(Dialect dialect, Match match, Map<String, Tensor> tensors) {
      this(dialect, new LinkedHashMap<>(), new HashMap<>(), new ArrayList<>());
      Set<String> left = new LinkedHashSet<>(tensors.keySet());
      left.removeIf(dialect.ignored);
      match.network.layers().stream()
          .filter(dialect::has)
          .flatMap(layer ->
              Stream.concat(layer.parameters().stream(), layer.foldedParameters().stream()))
          .forEach(p -> {
            String name = match.naming.name(p);
            called.put(dialect.name(p), name);
            if (left.remove(name)) {
              byName.put(dialect.name(p), tensors.get(name));
            }
          });
      if (!match.network.hasClassifier()) {
        takeClassifier(left, tensors);
      }
      for (String name : left) {
        if (TensorOrder.isStranger(name)) {
          strangers.add(name);
        } else {
          byName.put(name, tensors.get(name));
        }
      }
    }

    /**
     * Takes a classifier of another name, where there is none of the dialect's, and just one pair
     * of kernel and bias that can be it.
     */
    private void takeClassifier(Set<String> left, Map<String, Tensor> tensors) {
      List<Parameter> parameters = FULL.classifier().parameters();
      String kernel = dialect.name(parameters.getFirst());
      String bias = dialect.name(parameters.getLast());
      String kernelEnd = kernel.replaceFirst("^[^./]*", "");
      String biasEnd = bias.replaceFirst("^[^./]*", "");
      int features = axis(WidthMultiplier.layers(FULL).getLast(), 'O');
      KernelLayout layout = dialect.layouts.apply(FULL.classifier());
      Map<String, String> pairs = new LinkedHashMap<>();
      for (String name : left) {
        String other =
            name.endsWith(kernelEnd)
                ? name.substring(0, name.length() - kernelEnd.length()) + biasEnd
                : "";
        if (left.contains(other)
            && layout.isOf(tensors.get(name).shape(), features, tensors.get(other).size())) {
          pairs.put(name, other);
        }
      }
      if (pairs.size() == 1) {
        pairs.forEach((name, other) -> {
          Tensor values = tensors.get(name);
          List<Integer> shape = layout.shape(features, tensors.get(other).size());
          byName.put(kernel, new Tensor(values.type(), shape, values.data()));
          byName.put(bias, tensors.get(other));
          called.put(kernel, name);
          called.put(bias, other);
          left.remove(name);
          left.remove(other);
        });
      }
    }

    Tensor get(Parameter parameter) {
      return byName.get(dialect.name(parameter));
    }

    boolean has(Parameter parameter) {
      return byName.containsKey(dialect.name(parameter));
    }

    /** Returns what the file calls a tensor. */
    String called(String name) {
      return called.getOrDefault(name, name);
    }

    /** Returns the size of a kernel's axis, 0 where the kernel is missing or has other axes. */
    int axis(Layer layer, char axis) {
      Tensor kernel = get(layer.parameters().getFirst());
      String axes = dialect.layouts.apply(layer).axes();
      return kernel == null || kernel.shape().size() != axes.length()
          ? 0
          : kernel.shape().get(axes.indexOf(axis));
    }
  }

  /** Of matches that are as good as each other the first is taken: with a classifier. */
  private Stream<Match> matches(Map<String, Tensor> tensors) {
    return Stream.of(MobileNetV1.Backbone.values())
        .map(backbone -> FULL.toBuilder().backbone(backbone).build())
        .flatMap(
            network -> Stream.of(network, network.toBuilder().head(MobileNetV1.Head.NONE).build()))
        .flatMap(
            network -> namings(network, tensors.keySet()).map(n -> match(n, network, tensors)));
  }

  /**
   * Returns how the names may be written: behind what stands before the first or the last
   * parameter. The base model of Hugging Face, without a classifier, does not have its own name in
   * them.
   */
  private Stream<Naming> namings(MobileNetV1 network, Set<String> found) {
    Naming whole = new Naming(this, "", "");
    Stream<Naming> plain =
        this == HUGGING_FACE && !network.hasClassifier()
            ? Stream.of(whole, new Naming(this, "", HUGGING_FACE_BASE))
            : Stream.of(whole);
    List<Parameter> parameters = network.parameters();
    return plain.flatMap(naming ->
        Stream.of(parameters.getFirst(), parameters.getLast())
            .map(naming::name)
            .flatMap(name ->
                found.stream()
                    .filter(n -> n.equals(name) || n.endsWith("." + name))
                    .map(n -> n.substring(0, n.length() - name.length())))
            .filter(prefix -> prefix.length() <= LONGEST_PREFIX)
            .distinct()
            .limit(MOST_PREFIXES)
            .map(prefix -> new Naming(this, prefix, naming.omitted)));
  }

  private Match match(Naming naming, MobileNetV1 network, Map<String, Tensor> tensors) {
    List<Parameter> needed = needed(network, p -> tensors.containsKey(naming.name(p)));
    long present = needed.stream().filter(p -> tensors.containsKey(naming.name(p))).count();
    return new Match(naming, network, present, needed.size() - present);
  }

  /**
   * Returns what stands before the names of each network in tensors: more than one text where a
   * file has several networks side by side, such as one and its moving average. The longest comes
   * first.
   */
  public static List<String> prefixes(Map<String, Tensor> tensors) {
    List<String> prefixes = new ArrayList<>();
    for (Dialect dialect : values()) {
      String stem = dialect.names.apply(FULL.parameters().getFirst());
      tensors.keySet().stream()
          .filter(name -> name.equals(stem) || name.endsWith("." + stem))
          .map(name -> name.substring(0, name.length() - stem.length()))
          .filter(prefix -> prefix.length() <= LONGEST_PREFIX && !prefixes.contains(prefix))
          .limit(MOST_PREFIXES)
          .forEach(prefixes::add);
    }
    prefixes.sort(Comparator.comparing(prefix -> -prefix.length()));
    return prefixes;
  }

  private MobileNetV1 fit(MobileNetV1 found, Tensors tensors) {
    MobileNetV1 full =
        tensors.has(FULL.classifier().parameters().getFirst())
            ? found.toBuilder().head(FULL.head()).build()
            : found;
    MobileNetV1.Builder builder =
        like(full.toBuilder().channels(tensors.axis(full.stem(), 'I') == 1 ? 1 : 3));
    List<Integer> channels =
        WidthMultiplier.layers(full).stream().map(layer -> tensors.axis(layer, 'O')).toList();
    int features = channels.getLast();
    if (full.hasClassifier()) {
      int outputs = tensors.axis(full.classifier(), 'O');
      if (outputs > 0) {
        ClassifierActivation activation = ClassifierActivation.of(false, outputs);
        builder.classes(activation.classes(outputs)).classifierActivation(activation);
        features = tensors.axis(full.classifier(), 'I');
      }
    }
    return WidthMultiplier.fit(builder, channels, features > 0 ? features : full.features());
  }

  /**
   * Returns the weights of a network from tensors of this dialect.
   *
   * @param source where the tensors come from, for messages
   * @param needed which ones the source must have
   * @throws MobileNetException naming the tensors that are missing, unexpected or misshapen
   */
  private Weights weights(
      String source, MobileNetV1 network, List<Parameter> needed, Tensors tensors) {
    Map<String, List<Integer>> expected = new LinkedHashMap<>();
    needed.forEach(p -> expected.put(tensors.called(name(p)), shape(p)));
    Map<String, List<Integer>> found = new LinkedHashMap<>();
    tensors.byName.forEach((name, tensor) -> found.put(tensors.called(name), tensor.shape()));
    ShapeCheck.check(source, expected, found);
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : needed) {
      expectFloats(source, tensors.called(name(p)), tensors.get(p).type());
      float[] stored = tensors.get(p).floats();
      values.put(
          p.name(),
          p.role() == Role.KERNEL ? layouts.apply(p.layer()).toOurs(p.layer(), stored) : stored);
    }
    for (Parameter p : needed) {
      float[] mean = values.get(Parameter.name(p.layer(), Role.MEAN));
      if (p.role() == Role.BIAS && mean != null) {
        // A convolution's bias in front of its BatchNorm moves the mean.
        float[] bias = values.remove(p.name());
        for (int i = 0; i < mean.length; i++) {
          mean[i] -= bias[i];
        }
      }
    }
    return Weights.of(source, network, values);
  }

  private static void expectFloats(String source, String name, DataType type) {
    if (!type.isFloat()) {
      throw new MobileNetException(
          "%s: %s is of type %s, expected floats: integers have no meaning without a scale"
              .formatted(source, name, type));
    }
  }

  /**
   * Returns the weights of a network from tensors of {@link #CANONICAL}.
   *
   * @param source where the tensors come from, for messages
   * @param parameters which ones the source has
   * @param tensors by name
   * @throws MobileNetException naming the tensors that are missing, unexpected or misshapen
   */
  static Weights canonical(
      String source, MobileNetV1 network, List<Parameter> parameters, Map<String, Tensor> tensors) {
    return CANONICAL.weights(source, network, parameters, new Tensors(CANONICAL, tensors));
  }

  /** Returns whether what the network does stands beside the tensors. */
  private boolean saysAll() {
    return conventions == null || this == HUGGING_FACE;
  }

  /**
   * Gives a network the source's padding, activation and ε, so that the source's own network
   * computes the same with its weights. {@link #CANONICAL} changes nothing.
   *
   * @return the builder
   */
  public MobileNetV1.Builder like(MobileNetV1.Builder network) {
    return conventions == null ? network : network.convolutions(conventions.convolutions);
  }

  /** Returns how the source's networks are usually given images; as TensorFlow's for our own. */
  public Preprocessing preprocessing() {
    return conventions == null ? Preprocessing.TENSORFLOW : conventions.preprocessing;
  }

  /** Returns whether the source's own network does with weights what this network does. */
  public boolean holds(MobileNetV1 network) {
    return unlike(network).isEmpty();
  }

  /** Returns what this network does and the source's own cannot, empty for nothing. */
  private Optional<String> unlike(MobileNetV1 network) {
    if (conventions == null) {
      return Optional.empty();
    }
    if (network.stemStride() != 2) {
      return Optional.of(
          "the network of %s has a stem of stride 2, this model one of stride %s"
              .formatted(this, network.stemStride()));
    }
    if (network.head().hidden() > 0) {
      return Optional.of("the network of %s has no hidden layer as this model has".formatted(this));
    }
    boolean says =
        switch (network.head().activation()) {
          case SOFTMAX -> true;
          case SIGMOID -> this == HUGGING_FACE;
          // One output is read as such, but a configuration names each output.
          case BINARY -> this == TUTORIAL || this == KERAS;
        };
    if (!says) {
      return Optional.of(
          "nothing in the files of %s says that probabilities are by sigmoid, as in this model"
              .formatted(this));
    }
    boolean same =
        pads(network)
            && (saysAll() || network.activation() == conventions.convolutions.activation());
    return same
        ? Optional.empty()
        : Optional.of(
            ("the network of %s has padding %s and activation %s, this model %s and %s; mobilenet4j"
                    + " train --like %s makes one that fits")
                .formatted(
                    this,
                    conventions.convolutions.paddingInWords(),
                    conventions.convolutions.activation(),
                    network.convolutions().paddingInWords(),
                    network.activation(),
                    this));
  }

  /**
   * Returns whether the source's network has this padding, or one that is the same with this input
   * and with the one that readers take for weights that name none.
   */
  private boolean pads(MobileNetV1 network) {
    MobileNetV1 read = network.toBuilder().input(FULL.height(), FULL.width()).build();
    Stream<MobileNetV1> own =
        saysAll()
            ? Stream.of(Padding.SAME, Padding.SYMMETRIC)
                .map(padding -> network.toBuilder().padding(padding).build())
            : Stream.of(like(network.toBuilder()).build());
    return own.anyMatch(other -> network.isPaddedLike(other) && read.isPaddedLike(other));
  }

  /**
   * Returns a model's weights as tensors of this dialect, in the order of the layers, for a source
   * that computes as its conventions say. Another ε is made up for in the variances, and folded
   * weights get BatchNorms: only the model file can do without.
   *
   * @param kernels as in {@link #tensors(MobileNetV1, Weights, DataType)}
   * @throws MobileNetException if the dialect's own network would compute something else, or has no
   *     place for a layer that is not the identity
   */
  public Map<String, Tensor> tensors(Model model, DataType kernels) {
    MobileNetV1 network = model.network();
    unlike(network)
        .ifPresent(what -> {
          throw new MobileNetException(what);
        });
    return saysAll()
        ? tensors(network, model.weights(), kernels)
        : tensors(
            network.toBuilder().epsilon(conventions.convolutions.epsilon()).build(),
            model.weights().withBatchNorm(network, conventions.convolutions.epsilon()),
            kernels);
  }

  /**
   * Returns weights as tensors of this dialect, in the order of the layers; folded ones get
   * BatchNorms, but for the model file.
   *
   * @param kernels how kernels are stored; everything else, under one percent of the values, stays
   *     {@link DataType#F32}, because variances and biases do not bear much rounding
   * @throws MobileNetException if the dialect has no place for a layer that is not the identity
   */
  public Map<String, Tensor> tensors(MobileNetV1 network, Weights weights, DataType kernels) {
    for (Layer layer : network.layers()) {
      if (!has(layer)
          && !(layer instanceof Layer.Depthwise depthwise
              && weights.folded(network).isIdentity(depthwise))) {
        throw new MobileNetException(
            "%s is not the identity, %s has no place for it".formatted(layer.name(), this));
      }
    }
    Weights held = this == CANONICAL ? weights : weights.withBatchNorm(network);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter p : held.parameters(network)) {
      if (!has(p.layer())) {
        continue;
      }
      float[] values = held.get(p);
      tensors.put(
          names.apply(p),
          p.role() == Role.KERNEL
              ? Tensor.of(kernels, shape(p), layouts.apply(p.layer()).fromOurs(p.layer(), values))
              : Tensor.of(DataType.F32, shape(p), values));
    }
    return tensors;
  }

  /** Returns the name of a parameter. */
  public String name(Parameter parameter) {
    return names.apply(parameter);
  }

  private List<Integer> shape(Parameter p) {
    return p.role() == Role.KERNEL ? layouts.apply(p.layer()).shape(p.layer()) : p.shape();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
