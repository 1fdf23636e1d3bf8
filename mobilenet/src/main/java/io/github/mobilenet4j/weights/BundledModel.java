package io.github.mobilenet4j.weights;

import java.io.IOException;
import java.io.InputStream;

/**
 * A model file in a jar, which {@link java.util.ServiceLoader} finds: {@link ModelFile#bundled}
 * reads it. The artifact {@code mobilenet4j-model} has one.
 */
public interface BundledModel {
  /** Returns the file's name, for messages. */
  String name();

  /**
   * Opens the file.
   *
   * @throws IOException if it cannot be read
   */
  InputStream open() throws IOException;
}
