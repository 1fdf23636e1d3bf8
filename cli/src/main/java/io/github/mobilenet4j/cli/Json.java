package io.github.mobilenet4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;

/** One JSON object a line. */
final class Json {
  /** What a command writes between the braces. */
  @FunctionalInterface
  interface Fields {
    void write(JsonGenerator json);
  }

  /** What a command writes of each object of an array. */
  @FunctionalInterface
  interface FieldsOf<T> {
    void write(JsonGenerator json, T value);
  }

  private static final JsonFactory FACTORY =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private Json() {}

  /** Prints one object and ends the line. */
  static void print(PrintWriter out, Fields fields) {
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    }
    out.println();
    out.flush();
  }

  /** Writes a file's path, and its address where the path's text does not lead back to it. */
  static void path(JsonGenerator json, Path path) {
    json.writeStringProperty("path", path.toString());
    if (!ImageFiles.hasText(path)) {
      json.writeStringProperty("uri", path.toUri().toString());
    }
  }

  /** Writes a property that is an array of objects. */
  static <T> void objects(JsonGenerator json, String name, Iterable<T> values, FieldsOf<T> fields) {
    json.writeArrayPropertyStart(name);
    for (T value : values) {
      json.writeStartObject();
      fields.write(json, value);
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
