package io.github.mobilenet4j.formats.huggingface;

import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.FileKind;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Safetensors;
import java.util.Map;

/** Safetensors: this library's model file, or bare tensors in any {@link Dialect}. */
public final class SafetensorsFormat implements ModelFormat {
  @Override
  public String title() {
    return "safetensors";
  }

  /** The header begins with a brace; the name helps where not even that is right. */
  @Override
  public boolean recognises(Source source) {
    byte[] first = source.first();
    return first.length > 8 && first[8] == '{'
        || source.name().endsWith(".safetensors") && FileKind.of(first).isEmpty();
  }

  @Override
  public Contents read(Source source, ReadLimits limits) {
    Safetensors file =
        source
            .path()
            .map(path -> Safetensors.read(path, limits))
            .orElseGet(() -> Safetensors.read(source.name(), source.bytes(), limits));
    return ModelFile.isDescription(file.metadata())
        ? new Whole(ModelFile.read(file, limits))
        : new Named(file.tensors(), Map.of("format", "safetensors"));
  }
}
