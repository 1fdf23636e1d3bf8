package io.github.mobilenet4j;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** The large test files that live beside the project, in {@code ../shared}. */
public final class SharedFiles {
  private SharedFiles() {}

  /** Returns a file, or skips the test if it is not there. */
  public static Path require(String name) {
    Path path = path(name);
    assumeTrue(Files.exists(path), "skipped: ../shared/" + name + " is not there");
    return path;
  }

  /** Returns a file, there or not. */
  public static Path path(String name) {
    return Path.of(System.getProperty("mobilenet4j.root", ".."))
        .resolveSibling("shared")
        .resolve(name);
  }
}
