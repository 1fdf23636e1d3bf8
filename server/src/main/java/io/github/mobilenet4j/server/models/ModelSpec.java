package io.github.mobilenet4j.server.models;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A model to be served.
 *
 * @param name letters, digits and {@code . _ -}
 * @param version likewise
 * @param file where it is read from, to see whether it has changed; empty for what has no file
 * @param reader reads it
 */
public record ModelSpec(String name, String version, Optional<Path> file, Supplier<Model> reader) {
  /** The version of what has none. */
  public static final String FIRST = "1";

  private static final String NAME = "[A-Za-z0-9._-]{1,100}";

  /**
   * Checks both names, which stand in addresses.
   *
   * @throws MobileNetException if one is something else
   */
  public ModelSpec {
    for (String text : new String[] {name, version}) {
      if (!text.matches(NAME)) {
        throw new MobileNetException(
            "'%s' is no name of a model, expected up to 100 letters, digits and . _ -"
                .formatted(MobileNetException.abridged(text)));
      }
    }
  }
}
