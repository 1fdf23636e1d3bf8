package io.github.mobilenet4j.cli;

import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** The file that a command reads a model from, and the file it writes. */
final class Conversion {
  @Parameters(index = "0", paramLabel = "IN", description = "A model of any format.")
  ModelSource in;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "The file to write; an older one is replaced.")
  Path out;
}
