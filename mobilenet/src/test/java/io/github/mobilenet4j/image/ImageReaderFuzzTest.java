package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.Mutations;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReaderFuzzTest {
  // A lossless WebP of one colour takes a few bytes at any size, so that a small file may rightly
  // demand all that the limit allows: 10 bytes a pixel.
  private static final ImageReader READER = new ImageReader(16_000_000);

  @ParameterizedTest
  @ValueSource(strings = {".jpg", ".png", ".gif", ".bmp", ".webp"})
  void pictures(String ending) {
    Mutations.fuzz(seeds(ending), bytes -> READER.read("fuzz", bytes));
  }

  /** Without this, the checksums would keep most mutations away from the decoder. */
  @Test
  void pngWithRightChecksums() {
    Mutations.fuzz(
        seeds(".png"),
        bytes -> {
          Pictures.mendChecksums(bytes);
          READER.read("fuzz", bytes);
        });
  }

  @Test
  void exif() {
    byte[] jpeg = Pictures.bytes("orientation-6.jpg");
    byte[] exif = Arrays.copyOfRange(jpeg, 24, 100);
    Mutations.fuzz(
        List.of(exif),
        bytes -> {
          // A damaged comment is no reason to refuse a picture: it is then read as it is stored.
          if (Orientation.of(bytes) == Orientation.UPRIGHT) {
            throw new MobileNetException("no orientation");
          }
        });
  }

  private static List<byte[]> seeds(String ending) {
    return Pictures.table("expected.csv").stream()
        .map(row -> row[0])
        .filter(name -> name.endsWith(ending))
        .map(Pictures::bytes)
        .toList();
  }
}
