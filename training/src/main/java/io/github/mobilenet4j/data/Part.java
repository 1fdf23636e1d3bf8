package io.github.mobilenet4j.data;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a picture is for, and how folders and tables call it. */
enum Part {
  TRAIN("train", "training"),
  VALIDATION("validation", "val", "valid"),
  TEST("test");

  private final List<String> names;

  Part(String... names) {
    this.names = List.of(names);
  }

  /** Returns the part that is called so, in capital letters or not. */
  static Optional<Part> named(String name) {
    for (Part part : values()) {
      if (part.names.contains(name.toLowerCase(Locale.ROOT))) {
        return Optional.of(part);
      }
    }
    return Optional.empty();
  }
}
