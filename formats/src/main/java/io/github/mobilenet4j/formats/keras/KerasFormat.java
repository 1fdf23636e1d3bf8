package io.github.mobilenet4j.formats.keras;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.formats.reading.JsonFields;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.formats.reading.ZipArchive;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What Keras saves: an HDF5 file ({@code .h5}) with the weights and, of a whole model, the layers'
 * settings; or a zip archive ({@code .keras}) with {@code config.json} and {@code
 * model.weights.h5}. The layers of a whole model are followed by {@link KerasGraph}, whatever their
 * names; weights alone are those of {@link io.github.mobilenet4j.weights.Dialect#KERAS}.
 */
public final class KerasFormat implements ModelFormat {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.weights.h5";
  private static final String ARCHIVE = ".keras";

  /** Entries are stored as they are; recompressed, an HDF5 file of few weights shrinks a lot. */
  private static final int MOST_EXPANSION = 16;

  @Override
  public String title() {
    return "Keras";
  }

  /** Other formats are zip archives too; the name helps where the archive is broken. */
  @Override
  public boolean recognises(Source source) {
    if (HdfGroup.isHdf(source.first())) {
      return true;
    }
    if (!ZipArchive.recognises(source.first())) {
      return false;
    }
    try (ZipArchive zip = ZipArchive.open(source)) {
      return zip.entry(WEIGHTS).isPresent();
    } catch (IOException _) {
      return source.name().endsWith(ARCHIVE);
    }
  }

  @Override
  public Contents read(Source source, ReadLimits limits) {
    try {
      return ZipArchive.recognises(source.first())
          ? archive(source, limits)
          : read(source.name(), source.bytes(), limits);
    } catch (MobileNetException e) {
      throw e.in(source.name());
    }
  }

  /** Returns what an HDF5 file holds. */
  static Contents read(String source, byte[] content, ReadLimits limits) {
    return HdfGroup.read(
        content,
        limits,
        root -> {
          HdfGroup weights = root.group("model_weights").orElse(root);
          Optional<String> config = root.text("model_config");
          return config.isPresent()
              ? new Whole(
                  ModelFile.describe(
                      root.textDataset(KerasWriter.METADATA).orElse(""),
                      model(source, config.get(), new KerasTensors.Named(weights, false))))
              : new Named(weights(weights), Map.of("format", "keras weights"))
                  .withPadding(
                      KerasTensors.Counted.of(root).flatMap(KerasTensors.Counted::padding));
        });
  }

  private static Contents archive(Source source, ReadLimits limits) {
    try (ZipArchive zip = ZipArchive.open(source)) {
      long length = zip.length();
      // The weights are read into memory, and then the tensors from there.
      long most = Math.min(MOST_EXPANSION * length, limits.memory(length) / 8);
      byte[] config = bytes(zip, CONFIG, Math.min(most, JsonFields.MOST_BYTES));
      byte[] weights = bytes(zip, WEIGHTS, most);
      return archive(source.name(), new String(config, StandardCharsets.UTF_8), weights, limits);
    } catch (IOException e) {
      throw new MobileNetException("the zip archive is broken: " + e.getMessage(), e);
    }
  }

  /** Returns what an archive's two entries hold. */
  static Contents archive(String source, String config, byte[] weights, ReadLimits limits) {
    return HdfGroup.read(
        weights,
        limits,
        root -> {
          KerasTensors tensors =
              KerasTensors.Counted.of(root)
                  .orElseThrow(() -> new MobileNetException("has no group layers"));
          return new Whole(model(source, config, tensors));
        });
  }

  private static byte[] bytes(ZipArchive zip, String name, long most) throws IOException {
    ZipArchive.Entry entry =
        zip.entry(name).orElseThrow(() -> new MobileNetException("has no entry " + name));
    return zip.bytes(entry, most);
  }

  private static Model model(String source, String config, KerasTensors tensors) {
    if (!(Json.parse(source + ": configuration", config) instanceof Map<?, ?> fields)) {
      throw new MobileNetException("the configuration is no object");
    }
    return model(source, new JsonFields(source, fields), tensors, "keras");
  }

  /**
   * Returns the model of a configuration whose tensors another file has.
   *
   * @param tensors by the names of layer and variable: {@code conv1/kernel}
   * @param format what the file is called, for the metadata
   * @throws MobileNetException naming the first layer that does not fit
   */
  public static Model model(
      String source, JsonFields config, Map<String, Tensor> tensors, String format) {
    return model(source, config, KerasTensors.Flat.of(tensors), format);
  }

  private static Model model(
      String source, JsonFields config, KerasTensors tensors, String format) {
    KerasGraph graph = new KerasGraph(source, config, tensors);
    return LayerWalk.model(
        graph.network(),
        graph.weights(),
        graph.preprocessing(),
        Optional.empty(),
        Map.of("format", format));
  }

  /** Returns weights that came without a configuration. */
  private static Map<String, Tensor> weights(HdfGroup root) {
    List<String> layers = root.texts("layer_names");
    if (layers.isEmpty()) {
      return KerasTensors.Counted.of(root)
          .map(KerasTensors.Counted::applications)
          .orElseThrow(() ->
              new MobileNetException(
                  "holds no configuration and no layers; in Python, model.save(file) writes a"
                      + " whole model"));
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String layer : layers) {
      root.group(layer)
          .ifPresent(group ->
              group.texts("weight_names").forEach(name -> tensors.put(name, group.tensor(name))));
    }
    return tensors;
  }
}
