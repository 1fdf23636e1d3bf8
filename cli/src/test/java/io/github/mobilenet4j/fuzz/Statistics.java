package io.github.mobilenet4j.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** How often a reader was called, and the most that it took; in a file, for other processes. */
final class Statistics {
  private final Path file;
  private long executions;
  private long accepted;
  private long nanos;
  private long allocated;

  Statistics(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file)) {
      String[] numbers = Files.readString(file).strip().split(" ");
      executions = Long.parseLong(numbers[0]);
      accepted = Long.parseLong(numbers[1]);
      nanos = Long.parseLong(numbers[2]);
      allocated = Long.parseLong(numbers[3]);
    }
  }

  void add(Outcome outcome) {
    executions++;
    accepted += outcome.isAccepted() ? 1 : 0;
    nanos = Math.max(nanos, outcome.nanos());
    allocated = Math.max(allocated, outcome.allocated());
  }

  void write() throws IOException {
    Files.writeString(file, "%s %s %s %s".formatted(executions, accepted, nanos, allocated));
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%,11d files %,10d accepted, slowest %,6d ms, most %,5d MB",
        executions,
        accepted,
        nanos / 1_000_000,
        allocated >> 20);
  }
}
