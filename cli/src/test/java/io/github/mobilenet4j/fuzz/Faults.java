package io.github.mobilenet4j.fuzz;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What was found of a reader. In the folder {@code suspects} are decisions that seem to lead to a
 * fault, the first of each kind. In {@code faults} are the files that these make, and beside each
 * in a text what is wrong.
 *
 * @param folder that of the reader
 */
record Faults(Path folder) {
  private static final String TEXT = ".txt";

  Faults {
    try {
      Files.createDirectories(folder.resolve("suspects"));
      Files.createDirectories(folder.resolve("faults"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Keeps decisions, unless some that lead to the same fault are there. */
  void suspect(String fault, byte[] decisions) throws IOException {
    Path path = suspects().resolve(name(fault));
    if (!Files.exists(path)) {
      Files.write(path, decisions);
    }
  }

  /** Has all faults looked at again: they may be mended. */
  void suspectAll() throws IOException {
    for (Path file : files()) {
      Files.write(
          suspects().resolve(file.getFileName()), Target.decisions(Files.readAllBytes(file)));
      Files.delete(file);
      Files.delete(text(file));
    }
  }

  /** Returns the folder of decisions. */
  Path suspects() {
    return folder.resolve("suspects");
  }

  /** Keeps a file and what is wrong with it. */
  void add(String fault, Target target, byte[] decisions, Outcome outcome) throws IOException {
    Path file = folder.resolve("faults").resolve(name(fault));
    Files.write(file, target.file(decisions));
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    out.println(target.name() + ": " + fault);
    out.println(outcome);
    if (outcome.thrown() != null) {
      outcome.thrown().printStackTrace(out);
    }
    Files.writeString(text(file), text.toString());
  }

  /** Returns the files that are faults. */
  List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("faults"))) {
      return files.filter(file -> !file.toString().endsWith(TEXT)).sorted().toList();
    }
  }

  private static Path text(Path file) {
    return file.resolveSibling(file.getFileName() + TEXT);
  }

  private static String name(String fault) {
    return "%08x".formatted(fault.hashCode());
  }
}
