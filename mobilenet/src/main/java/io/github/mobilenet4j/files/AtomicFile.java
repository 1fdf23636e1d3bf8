package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.regex.Pattern;

/** Writes files so that a reader sees the old content or the new, whole, whatever happens. */
public final class AtomicFile {
  private static final String UNFINISHED = ".part";
  private static final Pattern IS_UNFINISHED =
      Pattern.compile("\\..+\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.part");

  private AtomicFile() {}

  /** Writes a file's content. */
  public interface Content {
    void writeTo(WritableByteChannel out) throws IOException;
  }

  /**
   * Writes a text in UTF-8.
   *
   * @throws MobileNetException if it cannot be written; what was there before is still there
   */
  public static void writeText(Path path, String text) {
    write(path, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Writes a buffer's remaining bytes.
   *
   * @throws MobileNetException if they cannot be written; what was there before is still there
   */
  public static void write(Path path, ByteBuffer bytes) {
    write(
        path,
        out -> {
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        });
  }

  /**
   * Returns whether a file is one that {@link #write} had not finished when its process was ended.
   */
  public static boolean isUnfinished(Path path) {
    return IS_UNFINISHED.matcher(path.getFileName().toString()).matches();
  }

  /**
   * Writes beside the file, waits until the bytes are on the disk, then renames.
   *
   * @throws MobileNetException if it cannot be written; what was there before is still there
   */
  public static void write(Path path, Content content) {
    Path target = path.toAbsolutePath();
    Path beside =
        target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + UNFINISHED);
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
