package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.ImageGrammars;
import io.github.mobilenet4j.fuzz.TableGrammars;
import io.github.mobilenet4j.fuzz.Target;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

public class ImageReaderFuzzTest {
  private static final ImageReader READER = new ImageReader();

  /**
   * Returns the readers of images and labels.
   *
   * @param folder for the file with the labels
   */
  public static List<Target> targets(Path folder) {
    Path labels = folder.resolve("labels.txt");
    return List.of(
        new Target(
            "labels",
            List.of("cat\ndog\r\n\nÜbung\n".getBytes(StandardCharsets.UTF_8)),
            choices -> TableGrammars.csv(choices, "cat", "", "Übung"),
            bytes -> {
              Files.write(labels, bytes);
              Labels.read(labels);
            }),
        pictures(".jpg", ImageGrammars::jpeg),
        pictures(".png", ImageGrammars::png),
        pictures(".gif", ImageGrammars::gif),
        pictures(".bmp", ImageGrammars::bmp),
        pictures(".webp", ImageGrammars::webp),
        // Without this, the checksums would keep most mutations away from the decoder.
        new Target(
            "png-with-right-checksums",
            seeds(".png"),
            bytes -> {
              Pictures.mendChecksums(bytes);
              READER.read("fuzz", bytes);
            }),
        new Target(
            "exif",
            List.of(Arrays.copyOfRange(Pictures.bytes("orientation-6.jpg"), 24, 100)),
            ImageGrammars::exif,
            bytes -> {
              // A damaged comment is no reason to refuse a picture: it is then read as it is
              // stored.
              if (Orientation.of(bytes) == Orientation.UPRIGHT) {
                throw new MobileNetException("no orientation");
              }
            }));
  }

  private static Target pictures(String ending, Target.Grammar grammar) {
    return new Target(
        ending.substring(1), seeds(ending), grammar, bytes -> READER.read("fuzz", bytes));
  }

  private static List<byte[]> seeds(String ending) {
    return Pictures.table("expected.csv").stream()
        .map(row -> row[0])
        .filter(name -> name.endsWith(ending))
        .map(Pictures::bytes)
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> readers(@TempDir Path folder) {
    return Fuzzer.tests(targets(folder));
  }
}
