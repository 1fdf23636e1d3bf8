package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The model that a command runs. */
final class ModelOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "The weights: a safetensors, PyTorch, Keras, ONNX or TensorFlow Lite file.")
  private Path file;

  @Option(
      names = "--dialect",
      paramLabel = "NAMES",
      description =
          "Whose names the tensors have, where that is not recognised: tutorial, timm,"
              + " hugging_face or keras.")
  private Dialect dialect;

  /** Reads the file, or the model that comes with the program where none was named. */
  Model read() {
    if (file == null) {
      return bundled();
    }
    return dialect == null ? Models.read(file) : Models.read(file, dialect);
  }

  /** Returns the name of the file, for people. */
  String name() {
    return file.getFileName().toString();
  }

  @Override
  public String toString() {
    return file.toString();
  }

  private Model bundled() {
    throw new ParameterException(
        command.commandLine(), "--model FILE is missing; no model comes with this version");
  }
}
