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
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

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

  private static final List<Double> ZEROS = List.of(0.0, 0.0, 0.0);
  private static final List<Double> ONES = List.of(1.0, 1.0, 1.0);

  private HubConfig() {}

  /**
   * Returns a model with what the files say that lie beside its weights.
   *
   * @throws MobileNetException naming the file and the field that does not fit
   */
  public static Model apply(Path weights, Model model) {
    Optional<JsonFields> config = JsonFields.read(weights.resolveSibling(CONFIG));
    Optional<JsonFields> processor = JsonFields.read(weights.resolveSibling(PROCESSOR));
    Model configured = model;
    if (isAbout(config, "architecture", "mobilenetv1")) {
      configured = config.get().apply(HubConfig::timm, configured);
    } else if (isAbout(config, "model_type", "mobilenet_v1")) {
      configured = config.get().apply(HubConfig::transformers, configured);
    }
    return isAbout(processor, "image_processor_type", "MobileNetV1")
            || isAbout(processor, "feature_extractor_type", "MobileNetV1")
        ? processor.get().apply(HubConfig::processor, configured)
        : configured;
  }

  /**
   * Writes weights in the names of a dialect, and beside them what its library reads of the model
   * otherwise: for Hugging Face {@code config.json} and {@code preprocessor_config.json}, for timm
   * {@code config.json}.
   *
   * @throws MobileNetException if files of those names are there that are about another network, or
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
    for (String name : files.keySet()) {
      Path beside = path.resolveSibling(name);
      Optional<JsonFields> there = JsonFields.read(beside);
      if (there.isPresent() && !isAboutMobileNet(there)) {
        throw new MobileNetException(
            beside + ": is about another model, and one is to be written; choose another folder");
      }
    }
    weights.run();
    files.forEach(
        (name, fields) -> AtomicFile.writeText(path.resolveSibling(name), Json.lines(fields)));
  }

  private static boolean isAboutMobileNet(Optional<JsonFields> file) {
    return isAbout(file, "architecture", "mobilenetv1")
        || isAbout(file, "model_type", "mobilenet_v1")
        || isAbout(file, "image_processor_type", "MobileNetV1")
        || isAbout(file, "feature_extractor_type", "MobileNetV1");
  }

  private static Map<String, Object> transformers(Model model) {
    MobileNetV1 network = model.network();
    Map<String, Object> labels = new LinkedHashMap<>();
    Map<String, Object> indices = new LinkedHashMap<>();
    for (String label : model.labels().names()) {
      indices.putIfAbsent(label, labels.size());
      labels.put("" + labels.size(), label);
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("architectures", List.of("MobileNetV1ForImageClassification"));
    fields.put("model_type", "mobilenet_v1");
    fields.put("num_channels", 3);
    fields.put("image_size", network.height());
    fields.put("depth_multiplier", network.widthMultiplier());
    fields.put("min_depth", 8);
    fields.put("hidden_act", key(ACTIVATIONS, network.activation()));
    fields.put("tf_padding", key(PADDINGS, network.padding()));
    fields.put("classifier_dropout_prob", network.dropout());
    fields.put("layer_norm_eps", network.epsilon());
    fields.put("id2label", labels);
    fields.put("label2id", indices);
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
            ? Map.of("shortest_edge", Math.round(network.height() / preprocessing.cropFraction()))
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
    pretrained.put("input_size", List.of(3, network.height(), network.width()));
    pretrained.put("interpolation", resampling(source, preprocessing, String.class));
    pretrained.put("crop_pct", preprocessing.cropFraction());
    pretrained.put("crop_mode", crops(source, preprocessing) ? "center" : "squash");
    pretrained.put("mean", preprocessing.mean());
    pretrained.put("std", preprocessing.std());
    pretrained.put("num_classes", network.classes());
    pretrained.put("first_conv", "conv_stem");
    pretrained.put("classifier", "classifier");
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put(
        "architecture",
        String.format(
            Locale.ROOT, "mobilenetv1_%03.0f%s", 100 * network.widthMultiplier(), suffix));
    fields.put("num_classes", network.classes());
    fields.put("num_features", network.features());
    fields.put("label_names", model.labels().names());
    fields.put("pretrained_cfg", pretrained);
    return fields;
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

  private static boolean isAbout(Optional<JsonFields> file, String key, String start) {
    return file.flatMap(f -> f.text(key)).filter(name -> name.startsWith(start)).isPresent();
  }

  private static Model transformers(JsonFields config, Model model) {
    MobileNetV1.Builder network = model.network().toBuilder();
    config.integer("image_size").ifPresent(network::resolution);
    config.choice("hidden_act", ACTIVATIONS).ifPresent(network::activation);
    config.choice("tf_padding", PADDINGS).ifPresent(network::padding);
    config.number("layer_norm_eps").ifPresent(network::epsilon);
    Labels labels =
        config
            .object("id2label")
            .map(names ->
                new Labels(
                    IntStream.range(0, names.fields().size())
                        .mapToObj(i -> names.text("" + i).orElse("class " + i))
                        .toList()))
            .orElse(model.labels());
    return new Model(
        network.build(), model.weights(), model.preprocessing(), labels, model.metadata());
  }

  private static Model processor(JsonFields file, Model model) {
    Preprocessing assumed = model.preprocessing();
    MobileNetV1.Builder network = model.network().toBuilder();
    Optional<JsonFields> size = file.object("size");
    Optional<JsonFields> cut = file.object("crop_size");
    Optional<Integer> edge = size.flatMap(s -> s.integer("shortest_edge"));
    boolean crops = file.flag("do_center_crop").orElse(cut.isPresent());
    Optional<JsonFields> result = crops ? cut : size;
    Optional<Integer> height = result.flatMap(r -> r.integer("height"));
    Optional<Integer> width = result.flatMap(r -> r.integer("width"));
    if (height.isPresent() && width.isPresent()) {
      network.input(height.get(), width.get());
    }
    boolean normalizes = file.flag("do_normalize").orElse(true);
    return new Model(
        network.build(),
        model.weights(),
        new Preprocessing(
            crops || edge.isPresent() ? Crop.RESIZE_THEN_CROP : Crop.SQUASH,
            crops && height.isPresent() && edge.isPresent()
                ? (double) height.get() / edge.get()
                : assumed.cropFraction(),
            file.choice("resample", RESAMPLINGS).orElse(assumed.resampling()),
            normalizes ? file.numbers("image_mean").orElse(assumed.mean()) : ZEROS,
            normalizes ? file.numbers("image_std").orElse(assumed.std()) : ONES),
        model.labels(),
        model.metadata());
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
    return new Model(
        network.build(),
        model.weights(),
        new Preprocessing(
            pretrained.choice("crop_mode", CROPS).orElse(assumed.crop()),
            pretrained.number("crop_pct").orElse(assumed.cropFraction()),
            pretrained.choice("interpolation", RESAMPLINGS).orElse(assumed.resampling()),
            pretrained.numbers("mean").orElse(assumed.mean()),
            pretrained.numbers("std").orElse(assumed.std())),
        config
            .texts("label_names")
            .or(() -> pretrained.texts("label_names"))
            .map(Labels::new)
            .orElse(model.labels()),
        model.metadata());
  }
}
