package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Records as JSON objects: a field for each component, by its name. Components are numbers,
 * booleans, strings, enums (in lower case), records, lists of these, and sealed interfaces of
 * records, whose objects have the record's name in lower case as their {@code type}. Records may be
 * of their package alone, if that is opened to this module.
 */
public final class RecordJson {
  private static final String TYPE = "type";

  private RecordJson() {}

  /** Returns a record as a value of {@link Json}. */
  public static Map<String, Object> of(Record record) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      object.put(component.getName(), json(component.getType(), get(component, record)));
    }
    return object;
  }

  private static Object get(RecordComponent component, Record record) {
    try {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns a component's value as one of {@link Json}.
   *
   * @param declared the component's type
   */
  public static Object json(Class<?> declared, Object value) {
    return switch (value) {
      case Record record when declared.isSealed() -> {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put(TYPE, lowerCase(record.getClass().getSimpleName()));
        object.putAll(of(record));
        yield object;
      }
      case Record record -> of(record);
      case List<?> list -> list.stream().map(item -> json(Object.class, item)).toList();
      case Enum<?> choice -> lowerCase(choice.name());
      default -> value;
    };
  }

  /**
   * Returns the record in an object.
   *
   * @param name what to call the object in messages
   * @throws MobileNetException if a field is missing, unknown, of another type, or refused by the
   *     record
   */
  public static <R extends Record> R read(String name, Class<R> type, Object json) {
    RecordComponent[] components = type.getRecordComponents();
    Map<String, Type> fields = new LinkedHashMap<>();
    for (RecordComponent component : components) {
      fields.put(component.getName(), component.getGenericType());
    }
    Object[] values = fields(name, fields, json).values().toArray();
    try {
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof MobileNetException refused
          ? refused.in(name)
          : new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns the values of an object's fields, in the order of their types.
   *
   * @param name what to call the object in messages
   * @param types by name of the field; {@link Map} for an object as it is
   * @throws MobileNetException if a field is missing, unknown, or of another type
   */
  public static Map<String, Object> fields(
      String name, Map<String, ? extends Type> types, Object json) {
    if (!(json instanceof Map<?, ?> object)) {
      throw wrong(name, json, "an object");
    }
    for (Object key : object.keySet()) {
      if (!types.containsKey(key) && !key.equals(TYPE)) {
        throw new MobileNetException(
            "%s has a field %s, expected only %s"
                .formatted(
                    name, MobileNetException.abridged(key), String.join(", ", types.keySet())));
      }
    }
    Map<String, Object> values = new LinkedHashMap<>();
    types.forEach((field, type) -> {
      String path = name + "." + field;
      if (!object.containsKey(field)) {
        throw new MobileNetException(path + " is missing");
      }
      values.put(field, value(path, type, object.get(field)));
    });
    return values;
  }

  private static Object value(String name, Type declared, Object json) {
    Class<?> type =
        (Class<?>) (declared instanceof ParameterizedType p ? p.getRawType() : declared);
    if (type == double.class && json instanceof Number number) {
      return number.doubleValue();
    }
    if (type == long.class && json instanceof Long) {
      return json;
    }
    if (type == int.class && json instanceof Long number && number == number.intValue()) {
      return number.intValue();
    }
    if (type == boolean.class && json instanceof Boolean
        || type.isInstance(json) && json instanceof String
        || type == Map.class && json instanceof Map) {
      return json;
    }
    if (type == List.class && json instanceof List<?> list) {
      Class<?> item = (Class<?>) ((ParameterizedType) declared).getActualTypeArguments()[0];
      Class<?> plain = item == Double.class ? double.class : item;
      return list.stream().map(v -> value(name, plain, v)).toList();
    }
    if (type.isEnum() && json instanceof String) {
      return choice(name, Arrays.asList(type.getEnumConstants()), c -> ((Enum<?>) c).name(), json);
    }
    if (type.isSealed() && json instanceof Map<?, ?> object) {
      Class<?> chosen =
          choice(
              name + "." + TYPE,
              Arrays.asList(type.getPermittedSubclasses()),
              Class::getSimpleName,
              object.get(TYPE));
      return read(name, chosen.asSubclass(Record.class), object);
    }
    if (type.isRecord() && json instanceof Map) {
      return read(name, type.asSubclass(Record.class), json);
    }
    throw wrong(name, json, type.isPrimitive() ? type.getName() : lowerCase(type.getSimpleName()));
  }

  private interface Name<T> {
    String of(T choice);
  }

  private static <T> T choice(String field, List<T> choices, Name<T> name, Object json) {
    return choices.stream()
        .filter(choice -> lowerCase(name.of(choice)).equals(json))
        .findFirst()
        .orElseThrow(() ->
            wrong(
                field,
                json,
                choices.stream()
                    .map(choice -> lowerCase(name.of(choice)))
                    .collect(Collectors.joining(" or "))));
  }

  private static String lowerCase(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private static MobileNetException wrong(String field, Object json, String expected) {
    return new MobileNetException(
        "%s is %s, expected %s".formatted(field, MobileNetException.abridged(json), expected));
  }
}
