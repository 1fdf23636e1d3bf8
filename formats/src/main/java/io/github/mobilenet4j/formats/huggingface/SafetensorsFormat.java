package io.github.mobilenet4j.formats.huggingface;

import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.FileKind;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Safetensors;
import java.nio.file.Path;
import java.util.Map;

/** Safetensors: this library's model file, or bare tensors in any {@link Dialect}. */
public final class SafetensorsFormat implements ModelFormat {
  @Override
  public String title() {
    return "safetensors";
  }

  /** The header begins with a brace; the name helps where not even that is right. */
  @Override
  public boolean recognises(byte[] first, Path path) {
    return first.length > 8 && first[8] == '{'
        || path.toString().endsWith(".safetensors") && FileKind.of(first).isEmpty();
  }

  @Override
  public Contents read(Path path, ReadLimits limits) {
    Safetensors file = Safetensors.read(path, limits);
    return ModelFile.isDescription(file.metadata())
        ? new Whole(ModelFile.read(file, limits))
        : new Named(file.tensors(), Map.of("format", "safetensors"));
  }
}
