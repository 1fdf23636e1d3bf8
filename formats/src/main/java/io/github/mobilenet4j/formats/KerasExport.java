package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.formats.keras.KerasWriter;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;

/**
 * A whole Keras model in an HDF5 file ({@code .h5}): layers in the names of {@link Dialect#KERAS},
 * settings as Keras 2 writes them, softmax or sigmoid at the end. {@code keras.models.load_model}
 * opens it, and {@code keras.applications.MobileNet} takes its weights.
 */
public record KerasExport() implements Export {
  @Override
  public void write(Path path, Model model) {
    KerasWriter.write(path, model);
  }
}
