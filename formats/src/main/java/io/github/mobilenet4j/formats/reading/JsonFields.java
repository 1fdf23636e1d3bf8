package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.Reading;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * The fields of a JSON object, by type. A field that is absent or null gives nothing; one of
 * another type throws an exception that names it.
 *
 * @param source the file, and the object's own name in it
 * @param fields values of {@link Json}
 */
public record JsonFields(String source, Map<?, ?> fields) {
  /** The labels of ImageNet take 50 kB. */
  public static final long MOST_BYTES = 1 << 22;

  /** Returns the object in a file, if there is one of that name. */
  public static Optional<JsonFields> read(Path path) {
    if (!Files.isRegularFile(path)) {
      return Optional.empty();
    }
    String source = path.toString();
    try {
      String text = new String(Reading.bytes(path, MOST_BYTES), StandardCharsets.UTF_8);
      if (Json.parse(source, text) instanceof Map<?, ?> fields) {
        return Optional.of(new JsonFields(source, fields));
      }
      throw new MobileNetException(source + ": is no object");
    } catch (IOException e) {
      throw MobileNetException.cannot("read", path, e);
    }
  }

  /** Returns what a reader makes of these fields; exceptions name the source. */
  public <T> T apply(BiFunction<JsonFields, T, T> reader, T before) {
    try {
      return reader.apply(this, before);
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }

  public Optional<String> text(String key) {
    return field(key, String.class, "a text");
  }

  public Optional<Boolean> flag(String key) {
    return field(key, Boolean.class, "true or false");
  }

  public Optional<Double> number(String key) {
    return field(key, Number.class, "a number").map(Number::doubleValue);
  }

  public Optional<Integer> integer(String key) {
    return number(key)
        .map(number -> {
          if (number != number.intValue()) {
            throw wrong(key, "a whole number");
          }
          return number.intValue();
        });
  }

  public Optional<JsonFields> object(String key) {
    return field(key, Map.class, "an object").map(map -> new JsonFields(source + ": " + key, map));
  }

  public Optional<List<String>> texts(String key) {
    return list(key, String.class, "a list of texts");
  }

  public Optional<List<Double>> numbers(String key) {
    return list(key, Number.class, "a list of numbers")
        .map(numbers -> numbers.stream().map(Number::doubleValue).toList());
  }

  private <T> Optional<List<T>> list(String key, Class<T> type, String expected) {
    Optional<? extends List<?>> list = field(key, List.class, expected).map(l -> (List<?>) l);
    if (list.isPresent() && !list.get().stream().allMatch(type::isInstance)) {
      throw wrong(key, expected);
    }
    return list.map(items -> items.stream().map(type::cast).toList());
  }

  /** Returns what a field's value stands for. */
  public <T> Optional<T> choice(String key, Map<Object, T> meanings) {
    return field(key, Object.class, "")
        .map(value -> {
          if (!meanings.containsKey(value)) {
            throw wrong(
                key,
                "one of " + meanings.keySet().stream().map(Object::toString).sorted().toList());
          }
          return meanings.get(value);
        });
  }

  private <T> Optional<T> field(String key, Class<T> type, String expected) {
    Object value = fields.get(key);
    if (value != null && !type.isInstance(value)) {
      throw wrong(key, expected);
    }
    return Optional.ofNullable(value).map(type::cast);
  }

  private MobileNetException wrong(String key, String expected) {
    return new MobileNetException(
        "%s: %s is %s, expected %s"
            .formatted(source, key, MobileNetException.abridged("" + fields.get(key)), expected));
  }
}
