package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Visible;
import java.io.PrintWriter;

/** What went wrong, in one line. */
final class Errors {
  /** The exit code of a command that failed. */
  static final int FAILURE = 1;

  private Errors() {}

  /** Prints one line on the error stream. */
  static void report(PrintWriter err, String message) {
    err.println(line(message));
    err.flush();
  }

  static String line(String message) {
    return "mobilenet4j: " + Visible.of(message.strip().replaceAll("\\s*\\R\\s*", " "));
  }

  /** Returns what happened and, where the user can change it, how. */
  static String explanation(Throwable fault) {
    if (fault instanceof MobileNetException) {
      return fault.getMessage();
    }
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError shortage) {
        return outOfMemory(String.valueOf(shortage.getMessage()));
      }
      if (cause instanceof StackOverflowError) {
        return "the stack is too small; MOBILENET4J_OPTS=-Xss8m in the environment makes it larger";
      }
    }
    return "unexpected " + fault + " (--debug shows where)";
  }

  private static String outOfMemory(String message) {
    return message.contains("native thread")
        ? "no further thread can be started: fewer --threads, or a higher limit (ulimit -u)"
        : "out of memory (%s); the heap is at most %s MiB, MOBILENET4J_OPTS=-Xmx8g in the environment makes it 8 GiB"
            .formatted(message, Runtime.getRuntime().maxMemory() >> 20);
  }
}
