package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.files.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What a command says to machines: fields in order. */
final class JsonObject extends LinkedHashMap<String, Object> {
  private static final long serialVersionUID = 1L;

  /** Begins with a file's path, and its address where the path's text does not lead back to it. */
  static JsonObject of(Path path) {
    JsonObject object = new JsonObject().with("path", path.toString());
    return ImageFiles.hasText(path) ? object : object.with("uri", path.toUri().toString());
  }

  /** Adds a field. A number that is not finite, which JSON has no word for, becomes null. */
  JsonObject with(String name, Object value) {
    put(name, value instanceof Double number && !Double.isFinite(number) ? null : value);
    return this;
  }

  /** Adds a list with an object for each value. */
  <T> JsonObject with(String name, List<T> values, Function<T, Map<String, Object>> object) {
    return with(name, values.stream().map(object).toList());
  }

  /** Prints it on a line of its own. */
  void print(PrintWriter out) {
    out.println(Json.text(this));
    out.flush();
  }
}
