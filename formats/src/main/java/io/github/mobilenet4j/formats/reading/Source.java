package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.FileKind;
import io.github.mobilenet4j.files.Reading;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** What a model is read from: a file, or its content. */
public final class Source {
  private final String name;
  private final Optional<Path> path;
  private final byte[] content;
  private final byte[] first;

  private Source(String name, Optional<Path> path, byte[] content, byte[] first) {
    this.name = name;
    this.path = path;
    this.content = content;
    this.first = first;
  }

  /**
   * Returns a file, whose first bytes are read.
   *
   * @throws MobileNetException if it cannot be
   */
  public static Source of(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      return new Source(
          path.toString(), Optional.of(path), new byte[0], in.readNBytes(FileKind.BYTES));
    } catch (IOException e) {
      throw MobileNetException.cannot("read", path, e);
    }
  }

  /**
   * Returns the content of a file.
   *
   * @param name where it comes from, for messages
   * @param content not modified, and not to be
   */
  public static Source of(String name, byte[] content) {
    return new Source(
        name,
        Optional.empty(),
        content,
        Arrays.copyOf(content, Math.min(content.length, FileKind.BYTES)));
  }

  /** Returns what messages call it; it may have a file's ending. */
  public String name() {
    return name;
  }

  /** Returns the file, if it is one: others may belong to it. */
  public Optional<Path> path() {
    return path;
  }

  /** Returns the first bytes, so many as tell what it is, or all if there are fewer. */
  public byte[] first() {
    return first;
  }

  /**
   * Returns all bytes; not to be modified.
   *
   * @throws MobileNetException if they cannot be read
   */
  public byte[] bytes() {
    return path.map(Reading::bytes).orElse(content);
  }
}
