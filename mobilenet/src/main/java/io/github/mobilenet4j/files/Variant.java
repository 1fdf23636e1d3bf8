package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A name and what differs from its defaults, written {@code rmsprop,momentum=0.8}: how people say
 * optimizers, schedules and augmentations.
 *
 * @param name of the defaults
 * @param settings as text, by name, in their order
 */
public record Variant(String name, Map<String, String> settings) {
  /**
   * Returns what a text says.
   *
   * @throws MobileNetException if a setting has no value
   */
  public static Variant of(String text) {
    String[] parts = text.split(",", -1);
    Map<String, String> settings = new LinkedHashMap<>();
    for (String part : Arrays.asList(parts).subList(1, parts.length)) {
      String[] pair = part.split("=", -1);
      if (pair.length != 2) {
        throw new MobileNetException(
            "'%s' is no setting of %s, expected NAME=VALUE".formatted(part, parts[0]));
      }
      settings.put(pair[0].strip(), pair[1].strip());
    }
    return new Variant(parts[0].strip(), settings);
  }

  /**
   * Returns what has this variant's name.
   *
   * @throws MobileNetException if nothing has
   */
  public <T> T choose(Map<String, ? extends T> choices) {
    T chosen = choices.get(name);
    if (chosen == null) {
      throw new MobileNetException(
          "'%s' is none of %s".formatted(name, String.join(", ", new TreeSet<>(choices.keySet()))));
    }
    return chosen;
  }

  /**
   * Returns values with the settings in place of defaults, for {@link RecordJson#fields}.
   *
   * @throws MobileNetException if there is no such setting
   */
  public Map<String, Object> over(Map<String, Object> defaults) {
    Map<String, Object> values = new LinkedHashMap<>(defaults);
    settings.forEach((setting, value) -> {
      if (!defaults.containsKey(setting)) {
        String all = defaults.isEmpty() ? "none" : String.join("=, ", defaults.keySet()) + "=";
        throw new MobileNetException(
            "'%s=%s' is no setting of %s, which has %s".formatted(setting, value, name, all));
      }
      values.put(setting, value(value));
    });
    return values;
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

  @Override
  public String toString() {
    return name
        + settings.entrySet().stream()
            .map(setting -> "," + setting.getKey() + "=" + setting.getValue())
            .collect(Collectors.joining());
  }
}
