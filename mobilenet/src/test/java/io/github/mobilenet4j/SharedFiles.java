package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** The large test files that live beside the project, in {@code ../shared}. */
public final class SharedFiles {
  private static final boolean REQUIRED = "required".equals(System.getProperty("shared"));

  private SharedFiles() {}

  /**
   * Returns a file or folder. Skips the test if it is not there, or fails it where {@code
   * -Dshared=required} says that all are.
   */
  public static Path require(String name) {
    Path path = path(name);
    String missing = "../shared/" + name + " is not there";
    if (REQUIRED) {
      assertThat(path).as(missing).exists();
    }
    assumeTrue(Files.exists(path), "skipped: " + missing);
    return path;
  }

  /** Returns a file, there or not. */
  public static Path path(String name) {
    return Path.of(System.getProperty("mobilenet4j.root", ".."))
        .resolveSibling("shared")
        .resolve(name);
  }
}
