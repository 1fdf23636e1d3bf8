package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The model that a command runs. */
final class ModelOption {
  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = {
        "The weights: a safetensors, PyTorch, Keras, ONNX or TensorFlow Lite file.",
        "Default: a small model of ten classes (airplane, automobile, bird, cat, deer, dog, frog,"
            + " horse, ship, truck) that comes with the program."
      })
  private Path file;

  @Option(
      names = "--dialect",
      paramLabel = "NAMES",
      description =
          "Whose names the tensors have, where that is not recognised: tutorial, timm,"
              + " hugging_face or keras.")
  private Dialect dialect;

  /** Reads the file, or the model that comes with the library where none was named. */
  Model read() {
    if (file == null) {
      return ModelFile.bundled();
    }
    return read(file, dialect);
  }

  /**
   * Reads a file.
   *
   * @param dialect whose names its tensors have, null to recognise it
   */
  static Model read(Path file, Dialect dialect) {
    return dialect == null ? Models.read(file) : Models.read(file, dialect);
  }

  /** Returns the name of the file, for people. */
  String name() {
    return file == null ? "the bundled model" : file.getFileName().toString();
  }

  @Override
  public String toString() {
    return file == null ? "bundled" : file.toString();
  }
}
