package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.formats.reading.Room;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The values that an ONNX file has in files beside it, as PyTorch writes them by default. Only
 * files in its own folder are read, or, where it is a link, beside what that leads to: a download
 * cache keeps files elsewhere.
 */
final class ExternalValues {
  private final Path model;
  private final Room room;

  private ExternalValues(Path model, Room room) {
    this.model = model;
    this.room = room;
  }

  /**
   * Returns the values beside a file.
   *
   * @param model the file
   * @param bytes how long it is
   * @param limits of the memory that all may take together
   */
  static ExternalValues beside(Path model, long bytes, ReadLimits limits) {
    return new ExternalValues(model, new Room(limits.memory(bytes) / 2, "bytes"));
  }

  /** Returns those of content that comes without a file. */
  static ExternalValues none() {
    return new ExternalValues(null, null);
  }

  /**
   * Returns the values of a tensor.
   *
   * @param title the tensor's, for messages
   * @param place what the tensor says: {@code location}, {@code offset}, {@code length}
   * @param bytes how many there must be
   * @throws MobileNetException if the place is none that is read, or does not hold as many
   */
  ByteBuffer of(String title, Map<String, String> place, long bytes) {
    String location = place.getOrDefault("location", "");
    String shown = MobileNetException.abridged(location);
    if (model == null) {
      throw new MobileNetException(
          "%s has its values in %s: read the model from its file, with that beside it"
              .formatted(title, shown));
    }
    Path file = file(title, location);
    long offset = number(title, place, "offset", 0);
    long length = number(title, place, "length", bytes);
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      if (length != bytes || offset > size - bytes) {
        throw new MobileNetException(
            "%s takes %s bytes, has %s from %s on in %s of %s bytes"
                .formatted(title, bytes, length, offset, shown, size));
      }
      room.take(bytes, title);
      return Reading.part(title + ": " + shown, channel, offset, (int) bytes);
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }

  private static long number(String title, Map<String, String> place, String key, long absent) {
    String text = place.get(key);
    try {
      long number = text == null ? absent : Long.parseLong(text);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException _) {
      // as a negative number
    }
    throw new MobileNetException(
        "%s has %s %s, expected a whole number"
            .formatted(title, key, MobileNetException.abridged(text)));
  }

  private Path file(String title, String location) {
    String shown = MobileNetException.abridged(location);
    if (!isName(location)) {
      throw new MobileNetException(
          "%s has its values in '%s', expected the name of a file beside the model"
              .formatted(title, shown));
    }
    Path beside = model.toAbsolutePath().resolveSibling(location);
    if (!Files.isRegularFile(beside)) {
      throw new MobileNetException(
          "%s has its values in %s, which is not there: it belongs beside the model"
              .formatted(title, shown));
    }
    try {
      Path file = beside.toRealPath();
      Path folder = file.getParent();
      if (folder.equals(beside.getParent().toRealPath())
          || folder.equals(model.toRealPath().getParent())) {
        return file;
      }
    } catch (IOException e) {
      throw MobileNetException.cannot("read", beside, e);
    }
    throw new MobileNetException(
        "%s has its values in %s, which leads out of the model's folder".formatted(title, shown));
  }

  /** Separators are those of any platform: the same file is refused on all. */
  private static boolean isName(String location) {
    try {
      return !location.isBlank()
          && location.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')
          && !location.equals(".")
          && !location.equals("..")
          && Path.of(location).getNameCount() == 1;
    } catch (InvalidPathException _) {
      return false;
    }
  }
}
