package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Writes files so that a reader sees the old content or the new, whole, whatever happens. What is
 * replaced keeps its permissions, a link leads where it led before, and what is no file, such as a
 * device or a pipe, is written to as it is.
 */
public final class AtomicFile {
  /** The same length for every file: a long name has no room for more. */
  private static final String UNFINISHED = ".mobilenet4j.%s.part";

  private static final Pattern IS_UNFINISHED =
      Pattern.compile("\\.mobilenet4j\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.part");

  /** What nobody has written to for so long, nobody is writing. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  /** As Linux has it. */
  private static final int MOST_LINKS = 40;

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
   * Returns whether a file is one that {@link #write} had not finished when its process was killed,
   * or is writing now.
   */
  public static boolean isUnfinished(Path path) {
    return IS_UNFINISHED.matcher(path.getFileName().toString()).matches();
  }

  /**
   * Writes beside the file, waits until the bytes are on the disk, then renames. A JVM that is
   * asked to end meanwhile ends after that. What a killed process left in the folder is removed.
   *
   * @throws MobileNetException if it cannot be written; what was there before is still there
   */
  public static void write(Path path, Content content) {
    try {
      if (Files.exists(path) && !Files.isRegularFile(path)) {
        try (FileChannel out = FileChannel.open(path, StandardOpenOption.WRITE)) {
          content.writeTo(out);
        }
        return;
      }
      try (ShutdownDelay _ = new ShutdownDelay(() -> {})) {
        replace(followed(path.toAbsolutePath()), content);
      }
    } catch (IOException e) {
      throw MobileNetException.cannot("write", path, e);
    }
  }

  /** Returns where links lead to, which need not be there. */
  private static Path followed(Path path) throws IOException {
    Path target = path;
    for (int links = 0; Files.isSymbolicLink(target); links++) {
      if (links == MOST_LINKS) {
        throw new FileSystemLoopException(path.toString());
      }
      target = target.resolveSibling(Files.readSymbolicLink(target));
    }
    return target;
  }

  private static void replace(Path target, Content content) throws IOException {
    Path folder = target.getParent();
    removeAbandoned(folder);
    Path beside = folder.resolve(String.format(Locale.ROOT, UNFINISHED, UUID.randomUUID()));
    try {
      try (FileChannel out =
          FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        copyPermissions(target, beside);
        content.writeTo(out);
        out.force(true);
      }
      Files.move(
          beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
    force(folder);
  }

  private static void copyPermissions(Path from, Path to) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(from, PosixFileAttributeView.class);
    if (view != null && Files.exists(from)) {
      Files.setPosixFilePermissions(to, view.readAttributes().permissions());
    }
  }

  /** Has the file system keep the new name, should the power fail. */
  private static void force(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException _) {
      // Not every system can. The file is there all the same.
    }
  }

  private static void removeAbandoned(Path folder) {
    Instant then = Instant.now().minus(ABANDONED);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, AtomicFile::isUnfinished)) {
      for (Path file : files) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(then)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException | DirectoryIteratorException _) {
      // What lies about is no reason not to write.
    }
  }
}
