package io.github.mobilenet4j.cli;

import picocli.CommandLine.Option;

/** How many threads compute. */
final class ThreadsOption {
  @Option(
      names = "--threads",
      paramLabel = "T",
      converter = AtLeastOne.class,
      description = "Threads for one picture or batch. Default: one a processor.")
  private int count = Runtime.getRuntime().availableProcessors();

  int count() {
    return count;
  }
}
