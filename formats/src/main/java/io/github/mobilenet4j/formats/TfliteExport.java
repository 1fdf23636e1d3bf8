package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.formats.tflite.TfliteWriter;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.file.Path;

/**
 * TensorFlow Lite, float32: input {@code [1, H, W, C]}, preprocessed; output, the logits, {@code
 * [1, classes]}, one if they are binary, without a classifier the pooled features {@code [1, 1, 1,
 * features]}; the first 1 may be resized. BatchNorm is folded. The labels follow in a zip archive,
 * as TensorFlow's own tools append them, and the metadata {@code mobilenet4j} is that of {@link
 * ModelFile}.
 */
public record TfliteExport() implements Export {
  @Override
  public void write(Path path, Model model) {
    TfliteWriter.write(path, model);
  }
}
