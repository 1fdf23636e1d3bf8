package io.github.mobilenet4j.formats.torch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An object of a class that has no meaning here: what the pickle says of it is kept, and nothing of
 * the class is loaded or run.
 */
final class PickledObject {
  private final String className;
  private final List<Object> arguments;
  private Object state;
  private Map<Object, Object> entries;
  private List<Object> items;

  /**
   * @param className with its module in front
   * @param arguments what it was made with; not copied
   */
  PickledObject(String className, List<Object> arguments) {
    this.className = className;
    this.arguments = arguments;
  }

  /** Returns the name of its class or function, with its module in front. */
  String className() {
    return className;
  }

  /** Returns what it was made with. */
  List<Object> arguments() {
    return arguments;
  }

  /** Returns its attributes by name, empty if it has none. */
  Map<?, ?> attributes() {
    return switch (state) {
      case Map<?, ?> map -> map;
      // Attributes of the class and those of slots.
      case List<?> both when both.size() == 2 && both.getFirst() instanceof Map<?, ?> map -> map;
      case null, default -> Map.of();
    };
  }

  /** Sets what it is made of, besides entries and items. */
  void state(Object found) {
    state = found;
  }

  /** Returns its entries, where its class is one of dictionaries. */
  Map<Object, Object> entries() {
    return entries == null ? Map.of() : entries;
  }

  /** Returns a map to add entries to. */
  Map<Object, Object> writableEntries() {
    if (entries == null) {
      entries = new LinkedHashMap<>();
    }
    return entries;
  }

  /** Returns a list to add items to, where its class is one of lists or sets. */
  List<Object> writableItems() {
    if (items == null) {
      items = new ArrayList<>();
    }
    return items;
  }
}
