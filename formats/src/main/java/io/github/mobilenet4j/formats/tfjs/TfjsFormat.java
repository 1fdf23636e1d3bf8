package io.github.mobilenet4j.formats.tfjs;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.formats.keras.KerasFormat;
import io.github.mobilenet4j.formats.reading.JsonFields;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A layers model of TensorFlow.js: {@code model.json} has the configuration of a Keras model, and
 * in {@code weightsManifest} which files beside it hold which values, one after the other.
 */
public final class TfjsFormat implements ModelFormat {
  static final String TOPOLOGY = "modelTopology";
  static final String MANIFEST = "weightsManifest";
  static final String METADATA = "userDefinedMetadata";

  /** The field of the metadata that holds a model file's. */
  static final String OWN = "mobilenet4j";

  private static final String ENDING = ".json";

  /** How values are stored, and how many bytes each takes. */
  private static final Map<String, Integer> BYTES =
      Map.of("float32", 4, "int32", 4, "float16", 2, "uint16", 2, "uint8", 1, "bool", 1);

  /** One tensor of the manifest. */
  private record Entry(
      String name, List<Integer> shape, String type, String stored, double scale, double min) {
    long bytes() {
      long count = BYTES.get(stored);
      for (int size : shape) {
        if (size < 0 || count * size > Integer.MAX_VALUE) {
          return Integer.MAX_VALUE;
        }
        count *= size;
      }
      return count;
    }
  }

  @Override
  public String title() {
    return "TensorFlow.js";
  }

  @Override
  public boolean recognises(Source source) {
    return source.name().endsWith(ENDING)
        && new String(source.first(), StandardCharsets.ISO_8859_1).stripLeading().startsWith("{");
  }

  @Override
  public Contents read(Source source, ReadLimits limits) {
    Path path =
        source
            .path()
            .orElseThrow(() ->
                new MobileNetException(
                    "%s: a model of TensorFlow.js is in several files: read it from its file, with"
                            .formatted(source.name())
                        + " those beside it"));
    try {
      JsonFields json =
          JsonFields.read(path).orElseThrow(() -> new MobileNetException("is no file"));
      if (!json.fields().containsKey(MANIFEST) || !json.fields().containsKey(TOPOLOGY)) {
        throw new MobileNetException(
            "is JSON without %s and %s, which a model of TensorFlow.js has"
                .formatted(TOPOLOGY, MANIFEST));
      }
      if (json.text("format").orElse("").equals("graph-model")) {
        throw new MobileNetException(
            "is a graph model of TensorFlow.js, expected a layers model: convert the Keras model"
                + " with --output_format=tfjs_layers_model");
      }
      JsonFields topology = json.object(TOPOLOGY).orElseThrow();
      JsonFields config = topology.object("model_config").orElse(topology);
      Model model =
          KerasFormat.model(path.toString(), config, tensors(path, json, limits), "tensorflow.js");
      Object metadata = json.object(METADATA).map(fields -> fields.fields().get(OWN)).orElse(null);
      return new Whole(metadata == null ? model : ModelFile.describe(Json.text(metadata), model));
    } catch (MobileNetException e) {
      throw e.in(path.toString());
    }
  }

  private static Map<String, Tensor> tensors(Path path, JsonFields json, ReadLimits limits) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Room room = new Room(2 * limits.of(ReadLimits.Limit.WEIGHT_BYTES), "bytes");
    Room files = new Room(limits.entries(), "files");
    Room entries = new Room(limits.entries(), "tensors");
    for (JsonFields group : objects(json, MANIFEST)) {
      List<Entry> weights = new ArrayList<>();
      long size = 0;
      for (JsonFields weight : objects(group, "weights")) {
        entries.take(1, "the manifest");
        Entry entry = entry(weight);
        size += entry.bytes();
        weights.add(entry);
      }
      List<String> names = group.texts("paths").orElse(List.of());
      files.take(names.size(), "the manifest");
      ByteBuffer bytes = bytes(path, names, size, room);
      for (Entry entry : weights) {
        ByteBuffer own = bytes.slice(bytes.position(), (int) entry.bytes());
        bytes.position(bytes.position() + (int) entry.bytes());
        if (entry.type.equals("float32") || entry.type.equals("float16")) {
          room.take(4L * entry.bytes(), "tensor " + MobileNetException.abridged(entry.name));
          tensors.put(entry.name, tensor(entry, own));
        }
      }
    }
    return tensors;
  }

  private static List<JsonFields> objects(JsonFields json, String key) {
    if (json.fields().get(key) instanceof List<?> list
        && list.stream().allMatch(Map.class::isInstance)) {
      return list.stream().map(item -> new JsonFields(key, (Map<?, ?>) item)).toList();
    }
    throw new MobileNetException(key + " is no list of objects");
  }

  private static Entry entry(JsonFields weight) {
    String name = weight.text("name").orElse("");
    List<Integer> shape =
        weight.numbers("shape").orElse(List.of()).stream().map(Double::intValue).toList();
    String type = weight.text("dtype").orElse("");
    JsonFields quantized =
        weight.object("quantization").orElse(new JsonFields("quantization", Map.of()));
    String stored = quantized.text("dtype").orElse(type);
    if (!BYTES.containsKey(stored) || shape.size() > 8) {
      throw new MobileNetException(
          "%s is of type %s and shape %s, expected one of %s"
              .formatted(
                  MobileNetException.abridged(name),
                  MobileNetException.abridged(stored),
                  MobileNetException.abridged(shape.toString()),
                  BYTES.keySet().stream().sorted().toList()));
    }
    return new Entry(
        name,
        shape,
        type,
        stored,
        quantized.number("scale").orElse(1.0),
        quantized.number("min").orElse(0.0));
  }

  /** Reads the files of a group, which lie beside the model and have so many bytes together. */
  private static ByteBuffer bytes(Path path, List<String> names, long size, Room room) {
    room.take(size, MANIFEST);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (String name : names) {
      String shown = MobileNetException.abridged(name);
      if (!name.matches("[^/\\\\:]+") || name.startsWith(".")) {
        throw new MobileNetException(
            "names the file %s, expected one in the same folder".formatted(shown));
      }
      Path file = path.resolveSibling(name);
      if (!Files.isRegularFile(file)) {
        throw new MobileNetException(
            "%s is not beside it: all files of the model must lie in one folder".formatted(shown));
      }
      try {
        all.writeBytes(Reading.bytes(file, size - all.size()));
      } catch (Reading.TooLong e) {
        throw new MobileNetException(
            "%s has more bytes than the tensors in it".formatted(shown), e);
      } catch (IOException e) {
        throw MobileNetException.cannot("read", file, e);
      }
    }
    if (all.size() != size) {
      throw new MobileNetException(
          "the files %s have %s bytes together, expected %s"
              .formatted(MobileNetException.abridged(names.toString()), all.size(), size));
    }
    return ByteBuffer.wrap(all.toByteArray());
  }

  private static Tensor tensor(Entry entry, ByteBuffer bytes) {
    DataType type =
        switch (entry.stored) {
          case "float16" -> DataType.F16;
          case "uint8" -> DataType.U8;
          case "uint16" -> DataType.U16;
          default -> DataType.F32;
        };
    Tensor stored = new Tensor(type, entry.shape, bytes.order(ByteOrder.LITTLE_ENDIAN));
    if (type.isFloat()) {
      return stored;
    }
    float[] values = stored.floats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * entry.scale + entry.min);
    }
    return Tensor.of(DataType.F32, entry.shape, values);
  }
}
