package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Writes files so that a reader sees the old content or the new, whole, whatever happens. */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes a file's content. */
  public interface Content {
    void writeTo(WritableByteChannel out) throws IOException;
  }

  /**
   * Writes beside the file, waits until the bytes are on the disk, then renames.
   *
   * @throws MobileNetException if it cannot be written; what was there before is still there
   */
  public static void write(Path path, Content content) {
    Path target = path.toAbsolutePath();
    Path beside =
        target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
    try {
      try {
        try (FileChannel out =
            FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          content.writeTo(out);
          out.force(true);
        }
        Files.move(
            beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      throw MobileNetException.cannot("write", path, e);
    }
  }
}
