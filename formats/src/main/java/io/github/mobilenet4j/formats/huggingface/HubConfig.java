package io.github.mobilenet4j.formats.huggingface;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.formats.reading.JsonFields;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.Preprocessing.Crop;
import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What Hugging Face's hub keeps beside the weights: {@code config.json}, written by transformers or
 * by timm, and transformers' {@code preprocessor_config.json}. What they say takes the place of
 * what a dialect assumes: labels, size of the input, preprocessing, activation, padding, ε.
 *
 * <p>A file that is about some other network is left alone.
 */
public final class HubConfig {
  private static final String CONFIG = "config.json";
  private static final String PROCESSOR = "preprocessor_config.json";

  private static final Map<Object, Activation> ACTIVATIONS =
      Map.of("relu", Activation.RELU, "relu6", Activation.RELU6);

  private static final Map<Object, Padding> PADDINGS =
      Map.of(true, Padding.SAME, false, Padding.SYMMETRIC);

  /** Pillow's numbers, as transformers writes them, and timm's names. */
  private static final Map<Object, Resampling> RESAMPLINGS =
      Map.ofEntries(
          Map.entry(2L, Resampling.BILINEAR),
          Map.entry(3L, Resampling.BICUBIC),
          Map.entry("bilinear", Resampling.BILINEAR),
          Map.entry("bicubic", Resampling.BICUBIC));

  private static final Map<Object, Crop> CROPS =
      Map.of("center", Crop.RESIZE_THEN_CROP, "squash", Crop.SQUASH);

  /** How the names of weights end that such files may belong to. */
  private static final List<String> WEIGHTS =
      List.of(".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".tar", ".h5");

  private static final String PROBLEM = "problem_type";

  /** Classes that do not exclude each other: each has a sigmoid. */
  private static final String EACH_CLASS = "multi_label_classification";

  private static final List<Double> ZEROS = List.of(0.0, 0.0, 0.0);
  private static final List<Double> ONES = List.of(1.0, 1.0, 1.0);

  /** What transformers' image processor of this network does where its file does not say. */
  private static final int EDGE = 256;

  private static final int CROPPED = 224;

  /** What a processor may be told to do; each further thing is refused where it is to be done. */
  private static final Set<String> STEPS =
      Set.of("do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb");

  /** Whose files they are. */
  private enum Library {
    TIMM(Dialect.TIMM, Map.of("architecture", "mobilenetv1")),
    TRANSFORMERS(
        Dialect.HUGGING_FACE,
        Map.of(
            "model_type",
            "mobilenet_v1",
            "image_processor_type",
            "MobileNetV1",
            "feature_extractor_type",
            "MobileNetV1"));

    private final Dialect dialect;
    private final Map<String, String> marks;

    Library(Dialect dialect, Map<String, String> marks) {
      this.dialect = dialect;
      this.marks = marks;
    }

    /** Returns which library wrote a file, if it is about a MobileNet V1. */
    static Optional<Library> of(JsonFields file) {
      return Arrays.stream(values())
          .filter(library ->
              library.marks.entrySet().stream()
                  .anyMatch(mark ->
                      file.text(mark.getKey())
                          .filter(name -> name.startsWith(mark.getValue()))
                          .isPresent()))
          .findFirst();
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private HubConfig() {}

  /**
   * Returns a model with what the files say that lie beside its weights. They count only where the
   * tensors have the names of the library that wrote them; where not, the metadata says so under
   * the file's name.
   *
   * @param model with the metadata {@code dialect}
   * @throws MobileNetException naming the file and the field that does not fit, or that asks for
   *     what is not supported
   */
  public static Model apply(Path weights, Model model) {
    return beside(
        weights.resolveSibling(PROCESSOR),
        HubConfig::processor,
        beside(
            weights.resolveSibling(CONFIG),
            (config, before) ->
                Library.of(config).orElseThrow() == Library.TIMM
                    ? timm(config, before)
                    : transformers(config, before),
            model));
  }

  /**
   * Returns a model with what the configuration says that transformers keeps in the network itself.
   *
   * @throws MobileNetException naming the field that does not fit
   */
  public static Model apply(JsonFields config, Model model) {
    return config.apply(HubConfig::transformers, model);
  }

  private static Model beside(Path path, BiFunction<JsonFields, Model, Model> reader, Model model) {
    Optional<JsonFields> file = JsonFields.read(path);
    Optional<Library> writer = file.flatMap(Library::of);
    if (writer.isEmpty()) {
      return model;
    }
    String names = model.metadata().getOrDefault("dialect", "");
    return writer.get().dialect.toString().equals(names)
        ? file.get().apply(reader, model)
        : model.withMetadata(
            Map.of(
                path.getFileName().toString(),
                "left alone: it is of %s, the tensors have the names of %s"
                    .formatted(writer.get(), names)));
  }

  /**
   * Writes weights in the names of a dialect, and beside them what its library reads of the model
   * otherwise: for Hugging Face {@code config.json} and {@code preprocessor_config.json}, for timm
   * {@code config.json}.
   *
   * @throws MobileNetException if files of those names are there that belong to another model, or
   *     the path is that of a device or a pipe, which nothing belongs beside; then nothing is
   *     written
   */
  public static void with(Path path, Dialect dialect, Model model, Runnable weights) {
    Map<String, Map<String, Object>> files =
        switch (dialect) {
          case HUGGING_FACE ->
              Map.of(CONFIG, transformers(model), PROCESSOR, processor(path.toString(), model));
          case TIMM -> Map.of(CONFIG, timm(path.toString(), model));
          case CANONICAL, TUTORIAL, KERAS -> Map.of();
        };
    if (!files.isEmpty() && Files.exists(path) && !Files.isRegularFile(path)) {
      throw new MobileNetException(
          "%s is no file, and %s must lie beside the weights; choose a file"
              .formatted(path, String.join(", ", new TreeSet<>(files.keySet()))));
    }
    files.forEach((name, fields) -> {
      Path beside = path.resolveSibling(name);
      if (Files.exists(beside) && !mayReplace(beside, path, Json.lines(fields))) {
        throw new MobileNetException(
            "%s: is about another model, and one is to be written; choose another folder, such as %s"
                .formatted(beside, proposal(path)));
      }
    });
    weights.run();
    files.forEach(
        (name, fields) -> AtomicFile.writeText(path.resolveSibling(name), Json.lines(fields)));
  }

  /**
   * Returns whether a file is the one that is to be written, or belongs to a MobileNet V1 that is
   * replaced too: to the only weights in the folder.
   */
  private static boolean mayReplace(Path file, Path weights, String text) {
    try {
      if (Files.size(file) == text.getBytes(StandardCharsets.UTF_8).length
          && Files.readString(file).equals(text)) {
        return true;
      }
      Optional<Library> writer = JsonFields.read(file).flatMap(Library::of);
      if (writer.isEmpty() || !Files.exists(weights)) {
        return false;
      }
      try (Stream<Path> all = Files.list(weights.toAbsolutePath().getParent())) {
        return all.map(Path::getFileName)
            .filter(name -> !name.equals(weights.getFileName()))
            .noneMatch(name -> WEIGHTS.stream().anyMatch(name.toString()::endsWith));
      }
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }

  /** Returns the same file in a folder of its own. */
  private static Path proposal(Path path) {
    String name = path.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return path.resolveSibling(dot > 0 ? name.substring(0, dot) : name + "-model").resolve(name);
  }

  private static Map<String, Object> transformers(Model model) {
    MobileNetV1 network = model.network();
    Map<String, Object> labels = new LinkedHashMap<>();
    Map<String, Object> indices = new LinkedHashMap<>();
    for (String label : labels(model)) {
      indices.putIfAbsent(label, labels.size());
      labels.put("" + labels.size(), label);
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put(
        "architectures",
        List.of(
            network.hasClassifier() ? "MobileNetV1ForImageClassification" : "MobileNetV1Model"));
    fields.put("model_type", "mobilenet_v1");
    fields.put("num_channels", network.channels());
    fields.put("image_size", network.height());
    fields.put("depth_multiplier", network.widthMultiplier());
    fields.put("min_depth", 8);
    fields.put("hidden_act", key(ACTIVATIONS, network.activation()));
    // What is written of ASYMMETRIC is SAME with this input.
    fields.put("tf_padding", network.padding() != Padding.SYMMETRIC);
    fields.put("classifier_dropout_prob", network.dropout());
    fields.put("layer_norm_eps", network.epsilon());
    if (network.hasClassifier()) {
      fields.put("id2label", labels);
      fields.put("label2id", indices);
    }
    if (network.head().activation() == ClassifierActivation.SIGMOID) {
      fields.put(PROBLEM, EACH_CLASS);
    }
    return fields;
  }

  private static Map<String, Object> processor(String source, Model model) {
    MobileNetV1 network = model.network();
    Preprocessing preprocessing = model.preprocessing();
    boolean crops = crops(source, preprocessing);
    Map<String, Object> size = Map.of("height", network.height(), "width", network.width());
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("image_processor_type", "MobileNetV1ImageProcessor");
    fields.put("do_resize", true);
    fields.put(
        "size",
        crops
            ? Map.of(
                "shortest_edge",
                Math.round(
                    Math.max(network.height(), network.width()) / preprocessing.cropFraction()))
            : new TreeMap<>(size));
    fields.put("resample", resampling(source, preprocessing, Long.class));
    fields.put("do_center_crop", crops);
    if (crops) {
      fields.put("crop_size", new TreeMap<>(size));
    }
    fields.put("do_rescale", true);
    fields.put("rescale_factor", 1 / 255.0);
    fields.put("do_normalize", true);
    fields.put("image_mean", preprocessing.mean());
    fields.put("image_std", preprocessing.std());
    return fields;
  }

  private static Map<String, Object> timm(String source, Model model) {
    MobileNetV1 network = model.network();
    Preprocessing preprocessing = model.preprocessing();
    String suffix = network.backbone() == MobileNetV1.Backbone.HEADED ? "h" : "";
    Map<String, Object> pretrained = new LinkedHashMap<>();
    pretrained.put("input_size", List.of(network.channels(), network.height(), network.width()));
    pretrained.put("interpolation", resampling(source, preprocessing, String.class));
    pretrained.put("crop_pct", preprocessing.cropFraction());
    pretrained.put("crop_mode", crops(source, preprocessing) ? "center" : "squash");
    pretrained.put("mean", preprocessing.mean());
    pretrained.put("std", preprocessing.std());
    pretrained.put("num_classes", network.classes() + network.head().others());
    pretrained.put("first_conv", "conv_stem");
    pretrained.put("classifier", "classifier");
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put(
        "architecture",
        String.format(
            Locale.ROOT, "mobilenetv1_%03.0f%s", 100 * network.widthMultiplier(), suffix));
    fields.put("num_classes", network.classes() + network.head().others());
    fields.put("num_features", network.features());
    fields.put("label_names", labels(model));
    if (network.channels() != 3) {
      fields.put("model_args", Map.of("in_chans", network.channels()));
    }
    fields.put("pretrained_cfg", pretrained);
    return fields;
  }

  /** Returns a name of each output: for others there is no other place. */
  private static List<String> labels(Model model) {
    return Stream.concat(
            model.labels().names().stream(),
            IntStream.rangeClosed(1, model.network().head().others()).mapToObj(i -> "other " + i))
        .toList();
  }

  private static boolean crops(String source, Preprocessing preprocessing) {
    return switch (preprocessing.crop()) {
      case RESIZE_THEN_CROP -> true;
      case SQUASH -> false;
      case CROP_THEN_RESIZE -> throw noField(source, preprocessing.crop());
    };
  }

  private static Object resampling(String source, Preprocessing preprocessing, Class<?> written) {
    return RESAMPLINGS.entrySet().stream()
        .filter(entry ->
            entry.getValue() == preprocessing.resampling() && written.isInstance(entry.getKey()))
        .findFirst()
        .orElseThrow(() -> noField(source, preprocessing.resampling()))
        .getKey();
  }

  private static MobileNetException noField(String source, Enum<?> choice) {
    return new MobileNetException(
        "%s: the configuration of these names has no word for preprocessing by %s"
            .formatted(source, choice));
  }

  private static <T> Object key(Map<Object, T> meanings, T meaning) {
    return meanings.entrySet().stream()
        .filter(entry -> entry.getValue() == meaning)
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  private static Model transformers(JsonFields config, Model model) {
    MobileNetV1.Builder network = model.network().toBuilder();
    config.integer("image_size").ifPresent(network::resolution);
    config.choice("hidden_act", ACTIVATIONS).ifPresent(network::activation);
    config.choice("tf_padding", PADDINGS).ifPresent(network::padding);
    config.number("layer_norm_eps").ifPresent(network::epsilon);
    if (network.build().classes() > 2
        && config.text(PROBLEM).filter(EACH_CLASS::equals).isPresent()) {
      network.classifierActivation(ClassifierActivation.SIGMOID);
    }
    return new Model(
        network.build(),
        model.weights(),
        model.preprocessing(),
        labels(
            model,
            config
                .object("id2label")
                .map(names ->
                    IntStream.range(0, names.fields().size())
                        .mapToObj(i -> names.text("" + i).orElse("class " + i))
                        .toList())),
        model.metadata(),
        model.confidence());
  }

  /**
   * Returns the labels of a model for which its file has these names: without a classifier it has
   * none, whatever the file says, and the name of a single output is that of the second class.
   */
  private static Labels labels(Model model, Optional<List<String>> names) {
    MobileNetV1.Head head = model.network().head();
    if (names.isEmpty() || head.classes() == 0) {
      return model.labels();
    }
    return head.activation() == ClassifierActivation.BINARY && names.get().size() == 1
        ? new Labels(List.of("not " + names.get().getFirst(), names.get().getFirst()))
        : new Labels(names.get());
  }

  /**
   * What transformers' processor makes of a picture, with its defaults; refused where we cannot.
   */
  private static Model processor(JsonFields file, Model model) {
    for (Object key : file.fields().keySet()) {
      if (((String) key).startsWith("do_") && !STEPS.contains(key)) {
        expect(!file.flag((String) key).orElse(false), key + " is not supported");
      }
    }
    expect(
        file.flag("do_resize").orElse(true),
        "do_resize is false: pictures of another size than the network's are not supported");
    boolean crops = file.flag("do_center_crop").orElse(true);
    Size size = Size.of(file, "size", new Size(EDGE, 0, 0), true);
    Size cut = crops ? Size.of(file, "crop_size", new Size(0, CROPPED, CROPPED), false) : size;
    expect(
        cut.edge == 0,
        "size is a shortest_edge and do_center_crop false: not all pictures would have one size");
    boolean squash = size.edge == 0;
    expect(
        !squash || size.equals(cut),
        "size and crop_size differ: a part of pictures of changed proportions is not supported");
    int longest = Math.max(cut.height, cut.width);
    double factor =
        file.flag("do_rescale").orElse(true)
            ? 255 * file.number("rescale_factor").orElse(1 / 255.0)
            : 255;
    expect(factor > 0 && Double.isFinite(factor), "rescale_factor is %s".formatted(factor / 255));
    boolean normalizes = file.flag("do_normalize").orElse(true);
    Preprocessing assumed = model.preprocessing();
    Model processed =
        new Model(
            model.network().toBuilder().input(cut.height, cut.width).build(),
            model.weights(),
            new Preprocessing(
                    squash ? Crop.SQUASH : Crop.RESIZE_THEN_CROP,
                    squash ? 1 : (double) longest / size.edge,
                    file.choice("resample", RESAMPLINGS).orElse(assumed.resampling()),
                    divided(
                        normalizes ? file.numbers("image_mean").orElse(assumed.mean()) : ZEROS,
                        factor),
                    divided(
                        normalizes ? file.numbers("image_std").orElse(assumed.std()) : ONES,
                        factor))
                .forChannels(model.network().channels()),
            model.labels(),
            model.metadata(),
            model.confidence());
    return squash || cut.height == cut.width
        ? processed
        : processed.withMetadata(
            Map.of(
                Model.PREPROCESSING,
                "nearly the file's: it resizes the shorter side, whatever the network's"
                    + " proportions"));
  }

  /** Values on the scale of pixels times {@code factor} / 255, on that of pixels / 255. */
  private static List<Double> divided(List<Double> values, double factor) {
    // 255 · (1 / 255.0) is 1, but 255 · 0.00392156862745098 need not be.
    return Math.abs(factor - 1) < 1e-9
        ? values
        : values.stream()
            .map(value -> new BigDecimal(value / factor).round(new MathContext(12)).doubleValue())
            .toList();
  }

  private static void expect(boolean valid, String otherwise) {
    if (!valid) {
      throw new MobileNetException(otherwise);
    }
  }

  /**
   * A size of transformers: a shortest edge, or rows and columns, which are 0 in the other case.
   */
  private record Size(int edge, int height, int width) {
    /**
     * @param isEdge what a number alone means: the shortest edge, else that of a square
     */
    static Size of(JsonFields file, String key, Size absent, boolean isEdge) {
      Size size =
          switch (file.fields().get(key)) {
            case null -> absent;
            case Number _ -> {
              int side = file.integer(key).orElseThrow();
              yield isEdge ? new Size(side, 0, 0) : new Size(0, side, side);
            }
            default -> {
              JsonFields sides = file.object(key).orElseThrow();
              yield new Size(
                  sides.integer("shortest_edge").orElse(0),
                  sides.integer("height").orElse(0),
                  sides.integer("width").orElse(0));
            }
          };
      expect(
          size.edge > 0 && size.height == 0 && size.width == 0
              || size.edge == 0 && size.height > 0 && size.width > 0,
          "%s is %s, expected a number, shortest_edge alone, or height and width"
              .formatted(key, MobileNetException.abridged("" + file.fields().get(key))));
      return size;
    }
  }

  /** The fields stand in {@code pretrained_cfg}, in old files beside the architecture. */
  private static Model timm(JsonFields config, Model model) {
    JsonFields pretrained = config.object("pretrained_cfg").orElse(config);
    Preprocessing assumed = model.preprocessing();
    MobileNetV1.Builder network = model.network().toBuilder();
    pretrained
        .numbers("input_size")
        .filter(size -> size.size() == 3)
        .ifPresent(size -> network.input(size.get(1).intValue(), size.get(2).intValue()));
    Crop crop = pretrained.choice("crop_mode", CROPS).orElse(assumed.crop());
    double fraction = pretrained.number("crop_pct").orElse(assumed.cropFraction());
    expect(fraction > 0 && fraction <= 1, "crop_pct is %s, expected in (0, 1]".formatted(fraction));
    expect(
        crop != Crop.SQUASH || fraction == 1,
        "crop_mode is squash and crop_pct %s: a part of pictures of changed proportions is not supported"
            .formatted(fraction));
    expect(
        !pretrained.integer("crop_border_pixels").isPresent(),
        "crop_border_pixels is not supported");
    MobileNetV1 sized = network.build();
    int side = sized.height();
    return new Model(
        sized,
        model.weights(),
        new Preprocessing(
                crop,
                // Whole pixels of the resized picture, rounded down.
                Math.min(1, side / Math.floor(side / fraction)),
                pretrained.choice("interpolation", RESAMPLINGS).orElse(assumed.resampling()),
                pretrained.numbers("mean").orElse(assumed.mean()),
                pretrained.numbers("std").orElse(assumed.std()))
            .forChannels(sized.channels()),
        labels(model, config.texts("label_names").or(() -> pretrained.texts("label_names"))),
        model.metadata(),
        model.confidence());
  }
}
