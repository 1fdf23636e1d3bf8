package io.github.mobilenet4j.data;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What an image is for, and how folders and tables call it. */
public enum Split {
  /** To learn from. */
  TRAIN("train", "training"),
  /** To choose the best model by. */
  VALIDATION("validation", "val", "valid"),
  /** To evaluate it by in the end. */
  TEST("test");

  private final List<String> names;

  Split(String... names) {
    this.names = List.of(names);
  }

  /** Returns the split that is called so, in capital letters or not. */
  static Optional<Split> named(String name) {
    for (Split split : values()) {
      if (split.names.contains(name.toLowerCase(Locale.ROOT))) {
        return Optional.of(split);
      }
    }
    return Optional.empty();
  }
}
