package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.image.RgbImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * A folder with MNIST's files: {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte} and
 * the same with {@code t10k}, which is the test; each also with {@code .gz}, or with a dot before
 * {@code idx}. The pictures are grey, and stay in memory.
 */
final class IdxFolder {
  private static final String TRAIN = "train";
  private static final String TEST = "t10k";
  private static final List<String> SEPARATORS = List.of("-idx", ".idx");
  private static final int MAX_PIXELS = 100_000_000;

  private IdxFolder() {}

  /** Tells whether the folder has pictures in IDX files. */
  static boolean is(Path folder) {
    return find(folder, TRAIN + "-images", 3).isPresent()
        || find(folder, TEST + "-images", 3).isPresent();
  }

  static Map<Split, Dataset> read(Path folder) {
    Optional<Images> train = Images.read(folder, TRAIN);
    Optional<Images> test = Images.read(folder, TEST);
    int last =
        Stream.of(train, test)
            .flatMap(Optional::stream)
            .flatMapToInt(Images::classes)
            .max()
            .orElse(0);
    List<String> classes = IntStream.rangeClosed(0, last).mapToObj(Integer::toString).toList();
    Dataset none = Dataset.of(classes, List.of(), new int[0], _ -> null);
    return Map.of(
        Split.TRAIN,
        train.map(images -> images.dataset(classes)).orElse(none),
        Split.VALIDATION,
        none,
        Split.TEST,
        test.map(images -> images.dataset(classes)).orElse(none));
  }

  /** Pictures and labels that belong together. */
  @SuppressWarnings("ArrayRecordComponent")
  record Images(String name, int height, int width, byte[] pixels, byte[] labels) {
    static Optional<Images> read(Path folder, String name) {
      return find(folder, name + "-images", 3)
          .map(images -> {
            Path labels =
                find(folder, name + "-labels", 1)
                    .orElseThrow(() ->
                        new MobileNetException(
                            "%s: no file %s-labels-idx1-ubyte".formatted(folder, name)));
            return of(images, Reading.bytes(images), labels, Reading.bytes(labels));
          });
    }

    static Images of(Path imageFile, byte[] imageBytes, Path labelFile, byte[] labelBytes) {
      Idx images = Idx.read(imageFile.toString(), imageBytes, 3);
      Idx labels = Idx.read(labelFile.toString(), labelBytes, 1);
      int[] sizes = images.sizes();
      long area = (long) sizes[1] * sizes[2];
      if (area < 1 || area > MAX_PIXELS) {
        throw new MobileNetException(
            "%s: pictures of %s×%s pixels, expected 1 to %s"
                .formatted(imageFile, sizes[2], sizes[1], MAX_PIXELS));
      }
      if (labels.values().length != sizes[0]) {
        throw new MobileNetException(
            "%s: %s labels for the %s pictures of %s"
                .formatted(labelFile, labels.values().length, sizes[0], imageFile.getFileName()));
      }
      return new Images(imageFile.toString(), sizes[1], sizes[2], images.values(), labels.values());
    }

    IntStream classes() {
      return IntStream.range(0, labels.length).map(i -> labels[i] & 0xff);
    }

    Dataset dataset(List<String> classes) {
      return Dataset.of(
          classes,
          IntStream.range(0, labels.length).mapToObj(i -> name + "#" + i).toList(),
          classes().toArray(),
          this::image,
          this::identity);
    }

    private String identity(int i) {
      CRC32 sum = new CRC32();
      sum.update(pixels, i * height * width, height * width);
      return "%sx%s %08x".formatted(width, height, sum.getValue());
    }

    RgbImage image(int i) {
      int area = height * width;
      byte[] rgb = new byte[area * 3];
      for (int p = 0; p < area; p++) {
        Arrays.fill(rgb, 3 * p, 3 * p + 3, pixels[i * area + p]);
      }
      return new RgbImage(height, width, rgb);
    }
  }

  private static Optional<Path> find(Path folder, String name, int dimensions) {
    return SEPARATORS.stream()
        .map(separator -> name + separator + dimensions + "-ubyte")
        .flatMap(file -> Stream.of(file, file + ".gz"))
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst();
  }
}
