package io.github.mobilenet4j.fuzz;

import io.github.mobilenet4j.files.JsonFuzzTest;
import io.github.mobilenet4j.formats.ModelsFuzzTest;
import io.github.mobilenet4j.hub.HubListingFuzzTest;
import io.github.mobilenet4j.image.ImageReaderFuzzTest;
import io.github.mobilenet4j.training.run.RunFolderFuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** All readers of outside bytes. */
final class Targets {
  private Targets() {}

  /**
   * Returns them.
   *
   * @param folder for the files of those that read files
   */
  static List<Target> all(Path folder) throws IOException {
    return Stream.of(
            JsonFuzzTest.targets(),
            io.github.mobilenet4j.data.ReadersFuzzTest.targets(),
            io.github.mobilenet4j.weights.ReadersFuzzTest.targets(),
            ImageReaderFuzzTest.targets(folder),
            RunFolderFuzzTest.targets(Files.createDirectories(folder.resolve("run"))),
            ModelsFuzzTest.targets(folder),
            HubListingFuzzTest.targets())
        .flatMap(List::stream)
        .toList();
  }

  static Target named(String name, Path folder) throws IOException {
    return all(folder).stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no reader is called " + name));
  }
}
