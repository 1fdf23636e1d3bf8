package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What Keras saves: an HDF5 file ({@code .h5}) with the weights and, of a whole model, the layers'
 * settings; or a zip archive ({@code .keras}) with {@code config.json} and {@code
 * model.weights.h5}. The layers of a whole model are followed by {@link KerasGraph}, whatever their
 * names; weights alone have the names of {@link io.github.mobilenet4j.weights.Dialect#KERAS}.
 */
final class KerasFormat implements ModelFormat {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.weights.h5";
  private static final String ARCHIVE = ".keras";

  /** Entries are stored as they are; recompressed, an HDF5 file of few weights shrinks a lot. */
  private static final int MOST_EXPANSION = 16;

  /** Gives a layer's tensors, by what they are to it ({@code kernel}) or else by their place. */
  interface LayerTensors {
    Map<String, Tensor> of(String className, String name);
  }

  @Override
  public String title() {
    return "Keras";
  }

  /** Other formats are zip archives too; the name helps where the archive is broken. */
  @Override
  public boolean recognises(byte[] head, Path path) {
    if (HdfGroup.isHdf(head)) {
      return true;
    }
    if (!TorchArchive.isZip(head)) {
      return false;
    }
    try (ZipFile zip = new ZipFile(path.toFile())) {
      return zip.getEntry(WEIGHTS) != null;
    } catch (IOException | IllegalArgumentException _) {
      return path.toString().endsWith(ARCHIVE);
    }
  }

  @Override
  public Contents read(Path path) {
    String source = path.toString();
    try {
      return TorchArchive.isZip(ModelFormat.head(path))
          ? archive(source, path)
          : read(source, ModelFormat.bytes(path));
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }

  /** Returns what an HDF5 file holds. */
  static Contents read(String source, byte[] content) {
    return HdfGroup.read(
        content,
        root -> {
          HdfGroup weights = root.group("model_weights").orElse(root);
          Optional<String> config = root.text("model_config");
          return config.isPresent()
              ? new Whole(
                  ModelFormat.described(
                      root.textDataset(KerasExport.METADATA).orElse(""),
                      model(source, config.get(), (_, name) -> tensors(weights, name))))
              : new Named(named(weights), Map.of("format", "keras weights"));
        });
  }

  private static Contents archive(String source, Path path) {
    try (ZipFile zip = new ZipFile(path.toFile())) {
      long most = MOST_EXPANSION * path.toFile().length();
      byte[] config = bytes(zip, CONFIG, most);
      return archive(source, new String(config, StandardCharsets.UTF_8), bytes(zip, WEIGHTS, most));
    } catch (IOException | IllegalArgumentException e) {
      throw new MobileNetException("the zip archive is broken: " + e.getMessage(), e);
    }
  }

  /** Returns what an archive's two entries hold. */
  static Contents archive(String source, String config, byte[] weights) {
    return HdfGroup.read(
        weights,
        root -> {
          HdfGroup layers =
              root.group("layers")
                  .or(() -> root.group("_layer_checkpoint_dependencies"))
                  .orElseThrow(() -> new MobileNetException("has no group layers"));
          Map<String, Integer> counts = new HashMap<>();
          return new Whole(
              model(source, config, (className, _) -> numbered(layers, className, counts)));
        });
  }

  private static byte[] bytes(ZipFile zip, String name, long most) throws IOException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw new MobileNetException("has no entry " + name);
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes((int) Math.min(most, Integer.MAX_VALUE - 8));
      if (in.read() >= 0) {
        throw new MobileNetException(
            "entry %s has more than %d bytes".formatted(name, bytes.length));
      }
      return bytes;
    }
  }

  private static Model model(String source, String config, LayerTensors tensors) {
    if (!(Json.parse(source + ": configuration", config) instanceof Map<?, ?> fields)) {
      throw new MobileNetException("the configuration is no object");
    }
    KerasGraph graph = new KerasGraph(source, new JsonFields(source, fields), tensors);
    return LayerWalk.model(
        graph.network(),
        graph.weights(),
        Optional.empty(),
        Optional.empty(),
        Map.of("format", "keras"));
  }

  /** Returns a layer's tensors; {@code weight_names} has paths such as {@code conv1/kernel:0}. */
  private static Map<String, Tensor> tensors(HdfGroup weights, String layer) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    weights
        .group(layer)
        .ifPresent(group -> {
          for (String name : group.texts("weight_names")) {
            tensors.put(role(name), group.tensor(name));
          }
        });
    return tensors;
  }

  private static String role(String name) {
    return name.substring(name.lastIndexOf('/') + 1).replaceFirst(":0$", "");
  }

  /**
   * Returns a layer's tensors by place; an archive counts the layers of each class: {@code conv2d},
   * {@code conv2d_1}.
   */
  private static Map<String, Tensor> numbered(
      HdfGroup layers, String className, Map<String, Integer> counts) {
    String name = snakeCase(className);
    int before = counts.merge(name, 1, Integer::sum) - 1;
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    layers
        .group(before == 0 ? name : name + "_" + before)
        .flatMap(layer -> layer.group("vars"))
        .ifPresent(vars -> vars.names().forEach(place -> tensors.put(place, vars.tensor(place))));
    return tensors;
  }

  /** Returns {@code depthwise_conv2d} for {@code DepthwiseConv2D}. */
  private static String snakeCase(String className) {
    return className
        .replaceAll("\\W+", "")
        .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }

  private static Map<String, Tensor> named(HdfGroup weights) {
    List<String> layers = weights.texts("layer_names");
    if (layers.isEmpty()) {
      throw new MobileNetException(
          "holds no configuration and no layer_names; in Python, model.save(file) writes a whole"
              + " model");
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String layer : layers) {
      weights
          .group(layer)
          .ifPresent(group ->
              group.texts("weight_names").forEach(name -> tensors.put(name, group.tensor(name))));
    }
    return tensors;
  }
}
