package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The file that a command reads a model from, and the file it writes. */
final class Conversion {
  @Parameters(index = "0", paramLabel = "IN", description = "A model of any format.")
  private ModelSource in;

  @Option(names = "--entry", paramLabel = "NAME", description = ModelOption.ENTRY)
  private String entry;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "The file to write; an older one is replaced.")
  Path out;

  /** Reads the model. */
  Model read() {
    return in.read(null, entry);
  }
}
