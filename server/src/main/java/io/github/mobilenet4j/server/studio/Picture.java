package io.github.mobilenet4j.server.studio;

import java.nio.file.Path;

/**
 * An image of a project.
 *
 * @param className the folder that it lies in
 * @param file where it lies
 * @param size bytes of the file
 * @param time of its last change, milliseconds
 */
record Picture(String className, Path file, long size, long time) {
  /** Returns the name of the file. */
  String name() {
    return file.getFileName().toString();
  }

  /** Returns what tells it from others, in whatever class it is. */
  String key() {
    return size + " " + time + " " + name();
  }
}
