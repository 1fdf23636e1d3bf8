package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.formats.tfjs.TfjsWriter;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.file.Path;

/**
 * A layers model of TensorFlow.js: {@code model.json}, which {@code tf.loadLayersModel} opens, and
 * beside it the weights in files of up to 4 MiB. It takes a preprocessed picture {@code [N, H, W,
 * C]} and gives probabilities. The metadata is that of {@link ModelFile}.
 */
public record TfjsExport() implements Export {
  @Override
  public void write(Path path, Model model) {
    TfjsWriter.write(path, model);
  }
}
