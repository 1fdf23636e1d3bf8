package io.github.mobilenet4j.data;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.RgbImage;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Pictures, each with the class it belongs to. A picture is decoded when it is asked for, and not
 * kept.
 *
 * <p>{@link Splits#read} reads data sets from files; {@link #of} makes one from anything else.
 *
 * <p>Immutable and safe for use by many threads.
 */
public final class Dataset {
  private final List<String> classes;
  private final int[] labels;
  private final List<String> names;
  private final IntFunction<RgbImage> images;
  private final IntFunction<String> identities;

  /** What number a picture has for {@code names} and {@code images}. */
  private final int[] numbers;

  private Dataset(
      List<String> classes,
      int[] labels,
      List<String> names,
      IntFunction<RgbImage> images,
      IntFunction<String> identities,
      int[] numbers) {
    this.classes = classes;
    this.labels = labels;
    this.names = names;
    this.images = images;
    this.identities = identities;
    this.numbers = numbers;
  }

  /**
   * Returns a data set whose pictures come from a function.
   *
   * @param classes the names of the classes, by label
   * @param names what to call each picture in messages and reports, such as its path
   * @param labels the class of each picture
   * @param images decodes a picture, called by many threads; an {@link ImageException} means that
   *     it never can be, and that it may be left out
   * @throws MobileNetException if there are not as many labels as names, two classes have the same
   *     name, or a label is not the index of a class
   */
  public static Dataset of(
      List<String> classes, List<String> names, int[] labels, IntFunction<RgbImage> images) {
    return of(classes, names, labels, images, names::get);
  }

  /**
   * @param identities what {@link #identity} returns
   */
  static Dataset of(
      List<String> classes,
      List<String> names,
      int[] labels,
      IntFunction<RgbImage> images,
      IntFunction<String> identities) {
    if (labels.length != names.size()) {
      throw new MobileNetException(
          "%s labels for %s pictures, expected one each".formatted(labels.length, names.size()));
    }
    if (classes.stream().distinct().count() != classes.size()) {
      throw new MobileNetException("classes are " + classes + ", expected different names");
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes.size()) {
        throw new MobileNetException(
            "%s: label %s, expected 0 to %s"
                .formatted(names.get(i), labels[i], classes.size() - 1));
      }
    }
    return new Dataset(
        List.copyOf(classes),
        labels.clone(),
        List.copyOf(names),
        images,
        identities,
        IntStream.range(0, labels.length).toArray());
  }

  /** Returns the names of the classes, by label. */
  public List<String> classes() {
    return classes;
  }

  /** Returns the number of pictures, 0 in an empty data set. */
  public int size() {
    return labels.length;
  }

  /** Returns the class of picture {@code i}, an index into {@link #classes}. */
  public int label(int i) {
    return labels[i];
  }

  /** Returns what to call picture {@code i} in messages and reports: its path, or its number. */
  public String name(int i) {
    return names.get(numbers[i]);
  }

  /**
   * Returns what tells picture {@code i} from others, without decoding it: of a file its path
   * within the data set's folder, wherever that lies, and its size; of a data set from {@link #of}
   * its name. Two data sets that agree in this, in their labels and in their order have the same
   * pictures, as far as can be told at once.
   *
   * @throws MobileNetException if the machine cannot look at the file now
   */
  public String identity(int i) {
    return identities.apply(numbers[i]);
  }

  /**
   * Decodes picture {@code i}.
   *
   * @throws ImageException if it cannot be read
   * @throws MobileNetException if the machine cannot read it now
   */
  public RgbImage image(int i) {
    return images.apply(numbers[i]);
  }

  /** Returns how many pictures each class has, by label. */
  public int[] counts() {
    int[] counts = new int[classes.size()];
    for (int label : labels) {
      counts[label]++;
    }
    return counts;
  }

  /**
   * Returns the data set of these pictures of this one, in the order given.
   *
   * @param indices from 0 to {@link #size} − 1
   */
  public Dataset subset(int... indices) {
    return new Dataset(
        classes,
        Arrays.stream(indices).map(i -> labels[i]).toArray(),
        names,
        images,
        identities,
        Arrays.stream(indices).map(i -> numbers[i]).toArray());
  }
}
