package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Every Java file of the project is formatted by google-java-format.
 *
 * <p>A test and not a Maven plugin: the formatter reads Java 25 only on Java 25, and Maven itself
 * may run on an older one.
 */
class FormatTest {
  private static final String REMEDY =
      "./mvnw -q test -pl cli -am -Dtest=FormatTest -Dsurefire.failIfNoSpecifiedTests=false"
          + " -Dformat.write=true";

  @Test
  void everyFileIsFormatted() throws Exception {
    Path root = Path.of(System.getProperty("mobilenet4j.root"));
    boolean write = Boolean.getBoolean("format.write");
    Formatter formatter = new Formatter();
    List<Path> unformatted = new ArrayList<>();
    for (Path file : javaFiles(root)) {
      String found = Files.readString(file);
      String expected = formatter.formatSourceAndFixImports(found);
      if (!found.equals(expected) && write) {
        Files.writeString(file, expected);
      } else if (!found.equals(expected)) {
        unformatted.add(root.relativize(file));
      }
    }
    assertThat(unformatted).as("not formatted; to format them: %s", REMEDY).isEmpty();
  }

  private static List<Path> javaFiles(Path root) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            String name = directory.getFileName().toString();
            boolean skipped = name.equals("target") || name.startsWith(".");
            return skipped && !directory.equals(root)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    assertThat(files).as("Java files below %s", root).isNotEmpty();
    return files;
  }
}
