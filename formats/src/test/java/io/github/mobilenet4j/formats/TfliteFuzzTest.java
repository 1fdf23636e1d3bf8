package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.Mutations;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.weights.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TfliteFuzzTest {
  @TempDir Path folder;

  @Test
  void smallFiles() throws IOException {
    byte[] quantised =
        TfliteGraphTest.file(file -> {
          file.type = DataType.I8;
          file.dense = true;
          file.explicitPads = true;
        });
    List<byte[]> seeds =
        List.of(
            TfliteGraphTest.file(file -> {}),
            TfliteGraphTest.file(file -> file.type = DataType.F16),
            TfliteGraphTest.file(file -> file.type = DataType.U8),
            TinyTflite.withArchive(quantised, "labels.txt", "a\nb\nc"),
            exported());
    Mutations.fuzz(seeds, bytes -> TfliteFormat.read("fuzz", bytes));
  }

  private byte[] exported() throws IOException {
    Path path = folder.resolve("exported.tflite");
    new TfliteExport().write(path, ExportTest.small());
    return Files.readAllBytes(path);
  }

  @Test
  void realFile() throws IOException {
    byte[] seed = Files.readAllBytes(SharedFiles.require("data/weights/vww_96_int8.tflite"));
    Mutations.fuzz(List.of(seed), bytes -> TfliteFormat.read("fuzz", bytes));
  }
}
