package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.Preprocessing.Crop;
import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What Hugging Face's hub keeps beside the weights: {@code config.json}, written by transformers or
 * by timm, and transformers' {@code preprocessor_config.json}. What they say takes the place of
 * what a dialect assumes: labels, size of the input, preprocessing, activation, padding, ε.
 *
 * <p>A file that is about some other network is left alone.
 */
final class HubConfig {
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
  static Model apply(Path weights, Model model) {
    Optional<JsonFields> config = JsonFields.read(weights.resolveSibling("config.json"));
    Optional<JsonFields> processor =
        JsonFields.read(weights.resolveSibling("preprocessor_config.json"));
    Model said = model;
    if (isAbout(config, "architecture", "mobilenetv1")) {
      said = config.get().apply(HubConfig::timm, said);
    } else if (isAbout(config, "model_type", "mobilenet_v1")) {
      said = config.get().apply(HubConfig::transformers, said);
    }
    return isAbout(processor, "image_processor_type", "MobileNetV1")
            || isAbout(processor, "feature_extractor_type", "MobileNetV1")
        ? processor.get().apply(HubConfig::processor, said)
        : said;
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
        network.build(), model.weights(), model.preprocessing(), labels, model.facts());
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
            normalizes ? file.numbers("image_std").orElse(assumed.deviation()) : ONES),
        model.labels(),
        model.facts());
  }

  /** The fields stand in {@code pretrained_cfg}, in old files beside the architecture. */
  private static Model timm(JsonFields config, Model model) {
    JsonFields said = config.object("pretrained_cfg").orElse(config);
    Preprocessing assumed = model.preprocessing();
    MobileNetV1.Builder network = model.network().toBuilder();
    said.numbers("input_size")
        .filter(size -> size.size() == 3)
        .ifPresent(size -> network.input(size.get(1).intValue(), size.get(2).intValue()));
    return new Model(
        network.build(),
        model.weights(),
        new Preprocessing(
            said.choice("crop_mode", CROPS).orElse(assumed.crop()),
            said.number("crop_pct").orElse(assumed.cropFraction()),
            said.choice("interpolation", RESAMPLINGS).orElse(assumed.resampling()),
            said.numbers("mean").orElse(assumed.mean()),
            said.numbers("std").orElse(assumed.deviation())),
        config
            .texts("label_names")
            .or(() -> said.texts("label_names"))
            .map(Labels::new)
            .orElse(model.labels()),
        model.facts());
  }
}
