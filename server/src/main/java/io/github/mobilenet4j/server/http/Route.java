package io.github.mobilenet4j.server.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An address and what answers there.
 *
 * @param method such as {@code GET}, which answers {@code HEAD} too
 * @param path with names in braces for segments that may be anything, {@code /v2/models/{model}};
 *     {@code {name...}} at its end stands for all that is left, also nothing
 * @param access who may call
 * @param endpoint answers
 */
public record Route(String method, String path, Access access, Endpoint endpoint) {
  private static final String REST = "...}";

  /** Returns the values of the names in the path, if a path is of this form. */
  Optional<Map<String, String>> match(List<String> segments) {
    List<String> own = segments(path);
    boolean rest = !own.isEmpty() && own.getLast().endsWith(REST);
    int fixed = rest ? own.size() - 1 : own.size();
    if (rest ? segments.size() < fixed : segments.size() != fixed) {
      return Optional.empty();
    }
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < fixed; i++) {
      String segment = own.get(i);
      if (segment.startsWith("{")) {
        values.put(segment.substring(1, segment.length() - 1), segments.get(i));
      } else if (!segment.equals(segments.get(i))) {
        return Optional.empty();
      }
    }
    if (rest) {
      values.put(
          own.getLast().substring(1, own.getLast().length() - REST.length()),
          String.join("/", segments.subList(fixed, segments.size())));
    }
    return Optional.of(values);
  }

  /** Returns the parts of a path between slashes; one slash at its end does not count. */
  static List<String> segments(String path) {
    String inner = path.startsWith("/") ? path.substring(1) : path;
    if (inner.endsWith("/")) {
      inner = inner.substring(0, inner.length() - 1);
    }
    return inner.isEmpty() ? List.of() : List.of(inner.split("/", -1));
  }
}
