package io.github.mobilenet4j.formats.tfjs;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.formats.keras.KerasWriter;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a layers model of TensorFlow.js: its description, and its weights beside it. */
public final class TfjsWriter {
  /** What browsers cache. */
  private static final int SHARD = 4 << 20;

  private TfjsWriter() {}

  /**
   * Writes a model.
   *
   * @param path of the description, {@code model.json}; the weights become {@code
   *     group1-shard1of3.bin} and so on beside it, behind the description's name if that is another
   * @throws MobileNetException if the files cannot be written, or files of weights are there
   *     without the description that they belong to
   */
  public static void write(Path path, Model model) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    List<Map<String, Object>> weights = new ArrayList<>();
    for (Map.Entry<String, Tensor> entry :
        Dialect.KERAS.tensors(model.network(), model.weights(), DataType.F32).entrySet()) {
      byte[] values = new byte[entry.getValue().data().limit()];
      entry.getValue().data().get(values);
      all.writeBytes(values);
      Map<String, Object> weight = new LinkedHashMap<>();
      weight.put("name", entry.getKey().replaceFirst(":0$", ""));
      weight.put("shape", entry.getValue().shape());
      weight.put("dtype", "float32");
      weights.add(weight);
    }
    byte[] bytes = all.toByteArray();
    int count = Math.ceilDiv(bytes.length, SHARD);
    String stem = path.getFileName().toString().replaceFirst("\\.json$", "");
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      names.add(
          "%sgroup1-shard%sof%s.bin".formatted(stem.equals("model") ? "" : stem + "-", i, count));
    }
    for (String name : names) {
      if (Files.exists(path.resolveSibling(name)) && !Files.exists(path)) {
        throw new MobileNetException(
            "%s: is of another model, and one is to be written; choose another folder or name"
                .formatted(path.resolveSibling(name)));
      }
    }
    for (int i = 0; i < count; i++) {
      int length = Math.min(SHARD, bytes.length - i * SHARD);
      AtomicFile.write(
          path.resolveSibling(names.get(i)), ByteBuffer.wrap(bytes, i * SHARD, length).slice());
    }
    AtomicFile.writeText(path, Json.text(description(model, names, weights)));
  }

  private static Map<String, Object> description(
      Model model, List<String> names, List<Map<String, Object>> weights) {
    Map<String, Object> topology = new LinkedHashMap<>();
    topology.put("keras_version", "2.4.0");
    topology.put("backend", "tensorflow");
    topology.put("model_config", KerasWriter.configuration(model.network()));
    Map<String, Object> group = new LinkedHashMap<>();
    group.put("paths", names);
    group.put("weights", weights);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", "layers-model");
    json.put("generatedBy", "keras v2.4.0");
    json.put("convertedBy", "mobilenet4j");
    json.put(TfjsFormat.TOPOLOGY, topology);
    json.put(TfjsFormat.MANIFEST, List.of(group));
    json.put(
        TfjsFormat.METADATA,
        Map.of(TfjsFormat.OWN, new LinkedHashMap<>(ModelFile.metadata(model))));
    return json;
  }
}
