package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that a training needs to go on as if it had not been interrupted, in one safetensors
 * file. The metadata has {@code checkpoint} (version of this layout: 1), {@code progress} and
 * {@code optimizer_steps}; the tensors are {@code weights.NAME}, {@code optimizer.MEMORY.NAME} and,
 * with a moving average, {@code average.NAME}, where NAME is canonical; and {@code range.LAYER}
 * once the network is rounded.
 *
 * @param optimizerSteps steps that the optimizer has made since it was new
 * @param memory the optimizer's, by name
 * @param averages by canonical name; empty without moving average
 * @param ranges of the layers' outputs by layer, as {@link
 *     io.github.mobilenet4j.training.FakeQuantization} has them; empty before it rounds
 */
record Checkpoint(
    Progress progress,
    Weights.Trained weights,
    long optimizerSteps,
    Map<String, float[]> memory,
    Map<String, float[]> averages,
    Map<String, float[]> ranges) {
  private static final String VERSION_KEY = "checkpoint";
  private static final String VERSION = "1";
  private static final String PROGRESS = "progress";
  private static final String STEPS = "optimizer_steps";
  private static final String WEIGHTS = "weights.";
  private static final String OPTIMIZER = "optimizer.";
  private static final String AVERAGE = "average.";
  private static final String RANGE = "range.";

  /**
   * Writes the file; the one before is replaced at once or, if this fails, not at all.
   *
   * @throws MobileNetException if it cannot be written
   */
  void write(Path path, MobileNetV1 network) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    network
        .parameters()
        .forEach(p ->
            tensors.put(WEIGHTS + p.name(), Tensor.of(DataType.F32, p.shape(), weights.get(p))));
    put(tensors, OPTIMIZER, memory);
    put(tensors, AVERAGE, averages);
    put(tensors, RANGE, ranges);
    String json = Json.text(progress.toJson());
    Map<String, String> metadata =
        Map.of(VERSION_KEY, VERSION, PROGRESS, json, STEPS, Long.toString(optimizerSteps));
    try {
      Safetensors.write(path, metadata, tensors);
    } catch (MobileNetException e) {
      throw new MobileNetException(
          e.getMessage() + "; the checkpoint before it, if there was one, is untouched", e);
    }
  }

  private static void put(Map<String, Tensor> tensors, String prefix, Map<String, float[]> values) {
    values.forEach(
        (name, v) -> tensors.put(prefix + name, Tensor.of(DataType.F32, List.of(v.length), v)));
  }

  /**
   * Reads the file.
   *
   * @throws MobileNetException if it cannot be read, is no checkpoint, or one of another network
   */
  static Checkpoint read(Path path, MobileNetV1 network) {
    return read(Safetensors.read(path), network);
  }

  static Checkpoint read(Safetensors file, MobileNetV1 network) {
    try {
      Map<String, String> metadata = file.metadata();
      if (!VERSION.equals(metadata.get(VERSION_KEY))) {
        throw new MobileNetException(
            "metadata %s is %s, expected %s"
                .formatted(VERSION_KEY, metadata.get(VERSION_KEY), VERSION));
      }
      String progress = metadata.getOrDefault(PROGRESS, "");
      String steps = metadata.getOrDefault(STEPS, "");
      if (!steps.matches("\\d{1,18}")) {
        throw new MobileNetException(
            "metadata %s is %s, expected a whole number".formatted(STEPS, steps));
      }
      Weights.Trained weights = new Weights.Trained(values(file, WEIGHTS));
      weights.requireFor(network);
      return new Checkpoint(
          Progress.fromJson(PROGRESS, Json.parse(PROGRESS, progress)),
          weights,
          Long.parseLong(steps),
          values(file, OPTIMIZER),
          values(file, AVERAGE),
          ranges(file));
    } catch (MobileNetException e) {
      throw e.in(file.name());
    }
  }

  private static Map<String, float[]> ranges(Safetensors file) {
    Map<String, float[]> ranges = values(file, RANGE);
    ranges.forEach((name, range) -> {
      if (range.length != 2
          || !(range[0] <= 0 && range[0] > Float.NEGATIVE_INFINITY)
          || !(range[1] >= 0 && range[1] < Float.POSITIVE_INFINITY)) {
        throw new MobileNetException(
            "%s%s is %s, expected two numbers with 0 between them"
                .formatted(RANGE, name, Arrays.toString(range)));
      }
    });
    return ranges;
  }

  private static Map<String, float[]> values(Safetensors file, String prefix) {
    Map<String, float[]> values = new HashMap<>();
    file.tensors()
        .forEach((name, tensor) -> {
          if (name.startsWith(prefix)) {
            values.put(name.substring(prefix.length()), tensor.floats());
          }
        });
    return values;
  }
}
