package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.files.RecordJson;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.TypeConversionException;

/** A name and what differs from its defaults, written {@code rmsprop,momentum=0.8}. */
final class Variant {
  private Variant() {}

  /**
   * Returns the record that a text describes.
   *
   * @param defaults the record of each name
   * @throws TypeConversionException if there is no such name or component
   * @throws io.github.mobilenet4j.MobileNetException if the record refuses a value
   */
  static <R> R of(String text, Map<String, ? extends R> defaults) {
    String[] parts = text.split(",", -1);
    R chosen = defaults.get(parts[0].strip());
    if (chosen == null) {
      throw new TypeConversionException(
          "'%s' is none of %s".formatted(parts[0], String.join(", ", defaults.keySet())));
    }
    Map<String, Object> components = new LinkedHashMap<>(RecordJson.of((Record) chosen));
    for (int i = 1; i < parts.length; i++) {
      String[] pair = parts[i].split("=", -1);
      String name = pair[0].strip();
      if (pair.length != 2 || !components.containsKey(name)) {
        throw new TypeConversionException(
            "'%s' is no setting of %s, which has %s"
                .formatted(
                    parts[i],
                    parts[0],
                    components.isEmpty() ? "none" : String.join("=, ", components.keySet()) + "="));
      }
      components.put(name, value(pair[1].strip()));
    }
    @SuppressWarnings("unchecked")
    R changed = (R) RecordJson.read(parts[0], ((Record) chosen).getClass(), components);
    return changed;
  }

  private static Object value(String text) {
    if (text.equals("true") || text.equals("false")) {
      return Boolean.valueOf(text);
    }
    try {
      return Double.valueOf(text);
    } catch (NumberFormatException _) {
      return text;
    }
  }
}
