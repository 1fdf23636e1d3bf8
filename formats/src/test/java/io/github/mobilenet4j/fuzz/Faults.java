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
 * A folder of faults: for each kind the first decisions that led to it ({@code .decisions}), the
 * file that these make ({@code .file}), and what is wrong ({@code .txt}).
 */
record Faults(Path folder) {
  private static final String DECISIONS = ".decisions";
  private static final String FILE = ".file";
  private static final String TEXT = ".txt";

  Faults {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Keeps decisions, unless some that lead to the same fault are there. */
  boolean add(String fault, byte[] decisions) throws IOException {
    Path path = path(fault, DECISIONS);
    if (Files.exists(path)) {
      return false;
    }
    Files.write(path, decisions);
    return true;
  }

  /** Writes down what is known of a fault. */
  void tell(String fault, Target target, byte[] decisions, Outcome outcome) throws IOException {
    Files.write(path(fault, DECISIONS), decisions);
    Files.write(path(fault, FILE), target.file(decisions));
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    out.println(target.name() + ": " + fault);
    out.println(outcome);
    if (outcome.thrown() != null) {
      outcome.thrown().printStackTrace(out);
    }
    Files.writeString(path(fault, TEXT), text.toString());
  }

  /** Returns the paths of all decisions. */
  List<Path> decisions() throws IOException {
    return list(DECISIONS);
  }

  /** Returns the paths of what is known of each. */
  List<Path> texts() throws IOException {
    return list(TEXT);
  }

  private List<Path> list(String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }

  private Path path(String fault, String ending) {
    return folder.resolve("%08x".formatted(fault.hashCode()) + ending);
  }
}
