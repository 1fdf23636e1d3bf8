package io.github.mobilenet4j.server.studio;

import java.util.List;

/**
 * What a project has.
 *
 * @param classes in the order of a training: by name, character by character
 * @param pictures of each class in the order of their names
 */
record Contents(List<String> classes, List<Picture> pictures) {
  static final Contents NONE = new Contents(List.of(), List.of());

  Contents {
    classes = List.copyOf(classes);
    pictures = List.copyOf(pictures);
  }

  /** Returns the images of a class. */
  List<Picture> of(String className) {
    return pictures.stream().filter(picture -> picture.className().equals(className)).toList();
  }

  /** Returns the classes that have images, which are those that a training sees. */
  List<String> used() {
    return classes.stream()
        .filter(name -> pictures.stream().anyMatch(picture -> picture.className().equals(name)))
        .toList();
  }
}
