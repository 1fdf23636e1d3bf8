package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import java.nio.file.Files;
import java.nio.file.Path;
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
    boolean write = Boolean.getBoolean("format.write");
    Formatter formatter = new Formatter();
    List<Path> unformatted = new ArrayList<>();
    for (Path file : SourceFiles.all()) {
      String found = Files.readString(file);
      String expected = formatter.formatSourceAndFixImports(found);
      if (!found.equals(expected) && write) {
        Files.writeString(file, expected);
      } else if (!found.equals(expected)) {
        unformatted.add(SourceFiles.ROOT.relativize(file));
      }
    }
    assertThat(unformatted).as("not formatted; to format them: %s", REMEDY).isEmpty();
  }
}
