package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;

/** A file format that may hold a MobileNet V1. */
interface ModelFormat {
  /** How many of a file's first bytes decide its format. */
  int HEAD = 16;

  /** Returns what the format is called, for messages. */
  String title();

  /**
   * Returns whether a file is meant to be of this format, broken or not.
   *
   * @param head its first {@link #HEAD} bytes, or all if it is shorter
   */
  boolean recognises(byte[] head, Path path);

  /**
   * Returns the model in a file.
   *
   * @throws io.github.mobilenet4j.MobileNetException naming the file and what is wrong in it
   */
  Model read(Path path);
}
