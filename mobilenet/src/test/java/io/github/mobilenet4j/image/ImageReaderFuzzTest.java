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
            Stream.of(
                    "cat\ndog\r\n\nÜbung\n",
                    "0 cat\n1: dog\n2\tÜbung\n",
                    "id,name\n1,cat\n2,dog\n",
                    "{\"id2label\":{\"0\":\"cat\",\"1\":\"dog\"}}",
                    "[{\"id\":1,\"name\":\"cat\"},{\"id\":2,\"name\":\"dog\"}]")
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList(),
            choices ->
                TableGrammars.csv(
                    choices, "cat", "", "Übung", "id", "name", "0", "1", "0 cat", "{\"0\":", "}"),
            bytes -> {
              Files.write(labels, bytes);
              Labels.read(labels);
            }),
        images(".jpg", ImageGrammars::jpeg),
        images(".png", ImageGrammars::png),
        images(".gif", ImageGrammars::gif),
        images(".bmp", ImageGrammars::bmp),
        images(".webp", ImageGrammars::webp),
        images(".tif", ImageGrammars::tiff),
        // Without this, the checksums would keep most mutations away from the decoder.
        new Target(
            "png-with-right-checksums",
            seeds(".png"),
            bytes -> {
              TestImages.mendChecksums(bytes);
              READER.read("fuzz", bytes);
            }),
        new Target(
            "exif",
            List.of(Arrays.copyOfRange(TestImages.bytes("orientation-6.jpg"), 24, 100)),
            ImageGrammars::exif,
            bytes -> {
              // A damaged comment is no reason to refuse a picture: it is then read as it is
              // stored.
              if (Orientation.of(bytes) == Orientation.UPRIGHT) {
                throw new MobileNetException("no orientation");
              }
            }));
  }

  private static Target images(String ending, Target.Grammar grammar) {
    return new Target(
        ending.substring(1), seeds(ending), grammar, bytes -> READER.read("fuzz", bytes));
  }

  private static List<byte[]> seeds(String ending) {
    return Stream.of("expected.csv", "more.csv")
        .flatMap(table -> TestImages.table(table).stream())
        .map(row -> row[0])
        .filter(name -> name.endsWith(ending))
        .map(TestImages::bytes)
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> readers(@TempDir Path folder) {
    return Fuzzer.tests(targets(folder));
  }
}
