package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.Mutations;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.weights.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

class TfliteFuzzTest {
  @Test
  void smallFiles() {
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
            TinyTflite.withArchive(quantised, "labels.txt", "a\nb\nc"));
    Mutations.fuzz(seeds, bytes -> TfliteFormat.read("fuzz", bytes));
  }

  @Test
  void realFile() throws IOException {
    byte[] seed = Files.readAllBytes(SharedFiles.require("data/weights/vww_96_int8.tflite"));
    Mutations.fuzz(List.of(seed), bytes -> TfliteFormat.read("fuzz", bytes));
  }
}
