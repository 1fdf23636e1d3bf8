package io.github.mobilenet4j.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory of this process as Linux counts it, to see what is taken beside the heap. It only
 * tells where the heap does not grow any more: {@code -Xms} as {@code -Xmx}, {@code
 * -XX:+AlwaysPreTouch}, and {@code -Dfuzz.native=true} to say so.
 */
final class Resident {
  private static final boolean COUNTED = Boolean.getBoolean("fuzz.native");
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path RESET = Path.of("/proc/self/clear_refs");

  private Resident() {}

  /** Begins anew, and returns the bytes that are taken now; 0 where they are not counted. */
  static long begin() throws IOException {
    if (!COUNTED) {
      return 0;
    }
    // proc(5): 5 makes the most that was taken what is taken now.
    Files.writeString(RESET, "5");
    return most();
  }

  /** Returns the most that was taken since then, in bytes. */
  static long most() throws IOException {
    if (!COUNTED) {
      return 0;
    }
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow();
  }
}
