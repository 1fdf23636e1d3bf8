package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The names of the classes, by index.
 *
 * @param names one a class
 */
public record Labels(List<String> names) {
  /** Copies the list. */
  public Labels {
    names = List.copyOf(names);
  }

  /** Returns "class 0", "class 1", …, for weights that came without names. */
  public static Labels numbered(int classes) {
    return new Labels(IntStream.range(0, classes).mapToObj(i -> "class " + i).toList());
  }

  /**
   * Returns the name of a class.
   *
   * @throws MobileNetException if there is no such class
   */
  public String name(int index) {
    if (index < 0 || index >= names.size()) {
      throw new MobileNetException("no class " + index + ", there are " + names.size());
    }
    return names.get(index);
  }
}
