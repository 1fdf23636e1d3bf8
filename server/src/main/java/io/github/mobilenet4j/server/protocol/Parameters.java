package io.github.mobilenet4j.server.protocol;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Parameters of a request or a tensor.
 *
 * @param values each a {@link Boolean}, {@link Long}, {@link Double} or {@link String}
 */
public record Parameters(Map<String, Object> values) {
  /** No parameters. */
  public static final Parameters NONE = new Parameters(Map.of());

  /** So many are read of each object. */
  static final int MOST = 64;

  /** Copies the map. */
  public Parameters {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * Returns a whole number, if it is there.
   *
   * @throws Refusal if it is something else
   */
  public OptionalLong number(String name) {
    return switch (values.get(name)) {
      case null -> OptionalLong.empty();
      case Long number -> OptionalLong.of(number);
      case Object other -> throw wrong(name, other, "a whole number");
    };
  }

  /**
   * Returns a flag, if it is there.
   *
   * @throws Refusal if it is something else
   */
  public Optional<Boolean> flag(String name) {
    return switch (values.get(name)) {
      case null -> Optional.empty();
      case Boolean flag -> Optional.of(flag);
      case Object other -> throw wrong(name, other, "true or false");
    };
  }

  private static Refusal wrong(String name, Object found, String expected) {
    return Refusal.bad(
        "parameter %s is %s, expected %s".formatted(name, Refusal.abridged(found), expected));
  }
}
