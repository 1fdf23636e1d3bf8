package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.Mutations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KerasFuzzTest {
  @TempDir Path folder;

  @Test
  void files() throws IOException {
    List<byte[]> seeds =
        List.of(
            Files.readAllBytes(Fixtures.path("keras", "whole.h5")),
            Files.readAllBytes(Fixtures.path("keras", "applications.h5")),
            Files.readAllBytes(Fixtures.path("keras", "applications.weights.h5")),
            Files.readAllBytes(Fixtures.path("keras", "transfer.h5")),
            exported());
    Mutations.fuzz(seeds, bytes -> KerasFormat.read("fuzz", bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sequential.keras", "transfer.keras"})
  void configuration(String archive) throws IOException {
    byte[] weights = entry(archive, "model.weights.h5");
    Mutations.fuzz(
        List.of(entry(archive, "config.json")),
        bytes ->
            KerasFormat.archive("fuzz", new String(bytes, StandardCharsets.ISO_8859_1), weights));
  }

  private byte[] exported() throws IOException {
    Path path = folder.resolve("exported.h5");
    new KerasExport().write(path, ExportTest.small());
    return Files.readAllBytes(path);
  }

  private static byte[] entry(String archive, String name) throws IOException {
    try (ZipFile zip = new ZipFile(Fixtures.path("keras", archive).toFile())) {
      return zip.getInputStream(zip.getEntry(name)).readAllBytes();
    }
  }
}
