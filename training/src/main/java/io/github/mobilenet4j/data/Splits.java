package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Reading;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The images to learn from, those to choose the best model by, and those to evaluate it by in the
 * end. All three have the same classes; the last two may be empty.
 */
public record Splits(Dataset train, Dataset validation, Dataset test) {
  /**
   * How pictures are set aside where the files do not say it themselves.
   *
   * @param validation the part of the pictures for validation, in [0, 1)
   * @param test the part for the test, in [0, 1)
   * @param seed which pictures these are
   */
  public record Fractions(double validation, double test, long seed) {
    /** A tenth for validation, none for a test. */
    public static final Fractions DEFAULT = new Fractions(0.1, 0, 0);

    /** All pictures are kept together, as evaluation wants them. */
    public static final Fractions NONE = new Fractions(0, 0, 0);

    /**
     * Checks the parts.
     *
     * @throws MobileNetException if one is out of its range, or nothing is left to learn from
     */
    public Fractions {
      if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
        throw new MobileNetException(
            "parts for validation and test are %s and %s, expected 0 or more, together below 1"
                .formatted(validation, test));
      }
    }
  }

  /**
   * Reads a data set. What it is, is told by what is there:
   *
   * <ul>
   *   <li>a folder with a folder of pictures for each class, or with folders {@code train}, {@code
   *       validation} (or {@code val}, {@code dev}, …) and {@code test} (or {@code testing}, {@code
   *       eval}, …) that have those; also as {@code seg_train} and {@code seg_test}. Other folders
   *       beside two of these are not read, nor a validation or a test without the folders of
   *       classes;
   *   <li>a folder with MNIST's IDX files, {@code train-images-idx3-ubyte} and so on, as they are
   *       or with {@code .gz}; the classes are "0", "1", …, {@code t10k} is the test;
   *   <li>a CSV file (RFC 4180, or with semicolons or tabs) of path and label, with or without
   *       headings. Paths are relative to its folder. A column {@code split} says train, validation
   *       or test.
   * </ul>
   *
   * <p>Classes are in the order of their names, character by character. Pictures are not read here,
   * and not looked for.
   *
   * @param fractions which pictures become validation and test where the data does not say it
   * @throws MobileNetException if it is none of these, or cannot be read, has fewer than two
   *     classes, or a class without a picture to learn from
   */
  public static Splits read(Path path, Fractions fractions) {
    return Reading.of(path, () -> readAny(path, fractions));
  }

  private static Splits readAny(Path path, Fractions fractions) {
    if (Files.isDirectory(path)) {
      Map<Split, Dataset> datasets =
          IdxFolder.is(path) ? IdxFolder.read(path) : ClassFolders.list(path).datasets();
      return complete(path, datasets, fractions);
    }
    String name = path.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".csv") || name.endsWith(".tsv")) {
      return complete(path, ImageTable.list(path, Reading.bytes(path)).datasets(), fractions);
    }
    String found =
        Files.exists(path) ? "a file that is no CSV; unpack archives first" : "not there";
    throw new MobileNetException(
        "%s: %s, expected a folder with a folder for each class, or a CSV file"
            .formatted(path, found));
  }

  /**
   * Divides a data set, each class by itself. Pictures keep their order; a class keeps at least one
   * to learn from, and as far as it has more, one in each part that is asked for.
   */
  public static Splits of(Dataset images, Fractions fractions) {
    Split[] splits = new Split[images.size()];
    for (int c = 0; c < images.classes().size(); c++) {
      int label = c;
      int[] members =
          IntStream.range(0, splits.length).filter(i -> images.label(i) == label).toArray();
      new RandomStream(fractions.seed, label).shuffle(members);
      int validation = share(fractions.validation, members.length, members.length - 1);
      int test = share(fractions.test, members.length, members.length - 1 - validation);
      for (int i = 0; i < members.length; i++) {
        splits[members[i]] =
            i < validation ? Split.VALIDATION : i < validation + test ? Split.TEST : Split.TRAIN;
      }
    }
    return new Splits(
        subset(images, splits, Split.TRAIN),
        subset(images, splits, Split.VALIDATION),
        subset(images, splits, Split.TEST));
  }

  private static int share(double fraction, int count, int most) {
    int share = (int) Math.max(Math.round(fraction * count), fraction > 0 ? 1 : 0);
    return Math.max(Math.min(share, most), 0);
  }

  private static Dataset subset(Dataset images, Split[] splits, Split split) {
    return images.subset(
        IntStream.range(0, splits.length).filter(i -> splits[i] == split).toArray());
  }

  /** Takes what is missing (empty) of validation and test from the pictures to learn from. */
  static Splits complete(Path path, Map<Split, Dataset> datasets, Fractions fractions) {
    Dataset train = datasets.get(Split.TRAIN);
    Dataset validation = datasets.get(Split.VALIDATION);
    Dataset test = datasets.get(Split.TEST);
    int[] counts = train.counts();
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] == 0 && train.size() > 0) {
        throw new MobileNetException(
            "%s: class \"%s\" has no pictures to learn from"
                .formatted(path, train.classes().get(c)));
      }
    }
    boolean validates = validation.size() > 0;
    boolean tests = test.size() > 0;
    Splits divided =
        of(
            train,
            new Fractions(
                validates ? 0 : fractions.validation, tests ? 0 : fractions.test, fractions.seed));
    return new Splits(
        divided.train, validates ? validation : divided.validation, tests ? test : divided.test);
  }

  /** Returns one of the three. */
  public Dataset get(Split split) {
    return switch (split) {
      case TRAIN -> train;
      case VALIDATION -> validation;
      case TEST -> test;
    };
  }

  /** Returns the images to evaluate a model on: test, else validation, else train. */
  public Dataset evaluation() {
    return test.size() > 0 ? test : validation.size() > 0 ? validation : train;
  }
}
