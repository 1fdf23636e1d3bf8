package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Other names for a model's classes. */
final class LabelsOption {
  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "Names of the classes, one a line, instead of the model's.")
  private Path file;

  /**
   * Returns the model with these names, or with its own.
   *
   * @throws MobileNetException if the file cannot be read, or has more or fewer names than classes
   */
  Model in(Model model) {
    if (file == null) {
      return model;
    }
    Labels names = Labels.read(file);
    try {
      return model.withLabels(names);
    } catch (MobileNetException e) {
      throw e.in(file.toString());
    }
  }
}
