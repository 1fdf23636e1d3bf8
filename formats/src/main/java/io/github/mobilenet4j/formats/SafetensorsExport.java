package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.formats.huggingface.HubConfig;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Safetensors;
import java.nio.file.Path;
import java.util.Map;

/**
 * Safetensors: this library's model file for {@link Dialect#CANONICAL}, quantised weights as their
 * integers; else bare tensors in the names of others, and beside them what {@link HubConfig}
 * writes.
 *
 * @param dialect whose names
 * @param dtype of the kernels: {@link DataType#F32}, {@link DataType#F16} or {@link DataType#BF16};
 *     all else stays F32
 */
public record SafetensorsExport(Dialect dialect, DataType dtype) implements Export {
  /** What transformers looks for. */
  private static final Map<String, String> FOR_PYTORCH = Map.of("format", "pt");

  @Override
  public void write(Path path, Model model) {
    if (dialect == Dialect.CANONICAL) {
      ModelFile.write(path, model, dtype);
    } else {
      HubConfig.with(
          path,
          dialect,
          model,
          () -> Safetensors.write(path, FOR_PYTORCH, dialect.tensors(model, dtype)));
    }
  }
}
