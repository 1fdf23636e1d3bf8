package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.image.Labels;
import java.util.List;
import java.util.Locale;

/** What two names of one class have in common. */
final class Names {
  private Names() {}

  /** Returns the names without their spelling and what follows a comma. */
  static List<String> spoken(Labels labels) {
    return labels.names().stream().map(label -> withoutSpelling(label.split(",", 2)[0])).toList();
  }

  static String withoutSpelling(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", " ");
  }
}
