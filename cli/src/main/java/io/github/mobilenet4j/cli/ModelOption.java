package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import picocli.CommandLine.Option;

/** The model that a command runs. */
final class ModelOption {
  static final String DIALECT =
      "Whose names the tensors have, where that is not recognised: tutorial, timm, hugging_face"
          + " or keras.";

  static final String ENTRY =
      "Which set of weights of a checkpoint that has several, such as state_dict; info --model FILE"
          + " names them. Default: the moving average, if there is one.";

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = {
        "The weights: a safetensors, PyTorch, Keras, ONNX or TensorFlow Lite file, or"
            + " hf:OWNER/NAME, keras:1.0_224 and others to download (mobilenet4j help fetch).",
        "Default: a small model that comes with the program and knows 202 everyday things on"
            + " photographs."
      })
  private ModelSource source;

  @Option(names = "--dialect", paramLabel = "NAMES", description = DIALECT)
  private Dialect dialect;

  @Option(names = "--entry", paramLabel = "NAME", description = ENTRY)
  private String entry;

  /** Reads the model, or the one that comes with the library where none was named. */
  Model read() {
    return source == null ? ModelFile.bundled() : source.read(dialect, entry);
  }

  /** Returns the name of the model, for people. */
  String name() {
    return source == null ? "the bundled model" : source.name();
  }

  @Override
  public String toString() {
    return source == null ? "bundled" : source.toString();
  }
}
