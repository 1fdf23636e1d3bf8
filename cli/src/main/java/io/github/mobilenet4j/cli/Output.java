package io.github.mobilenet4j.cli;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The standard output, which remembers why it could not be written: {@link PrintWriter} forgets.
 */
final class Output extends OutputStream {
  private static final Path STANDARD_OUTPUT = Path.of("/dev/stdout");

  // POSIX's st_mode.
  private static final int KIND = 0170000;
  private static final int PIPE = 0010000;
  private static final int SOCKET = 0140000;

  private final OutputStream out = new FileOutputStream(FileDescriptor.out);
  private IOException fault;

  /** Returns what prints to it, a line at once. */
  PrintWriter writer() {
    return new PrintWriter(
        new BufferedWriter(new OutputStreamWriter(this, StandardCharsets.UTF_8)), true);
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    try {
      out.write(bytes, from, count);
    } catch (IOException e) {
      fault = e;
      throw e;
    }
  }

  /** Returns why something could not be written; null if all was, or its reader had enough. */
  IOException fault() {
    return fault == null || isPipe() ? null : fault;
  }

  /** All that can happen to a pipe is that nobody reads it; the message says so in any language. */
  private static boolean isPipe() {
    try {
      int kind = (int) Files.getAttribute(STANDARD_OUTPUT, "unix:mode") & KIND;
      return kind == PIPE || kind == SOCKET;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException _) {
      return false; // no such file, or no such attribute: not POSIX
    }
  }
}
