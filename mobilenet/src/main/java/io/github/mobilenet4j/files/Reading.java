package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** What all that reads has in common: an end of every file, and of memory. */
public final class Reading {
  /** The longest array of this JVM. */
  private static final int LONGEST = Integer.MAX_VALUE - 8;

  private Reading() {}

  /** A file that has more bytes than are read. */
  public static final class TooLong extends IOException {
    private static final long serialVersionUID = 1L;

    private TooLong(long most) {
      super("has more than the " + most + " bytes that are read");
    }
  }

  /**
   * Returns what a reader returns.
   *
   * @param name what is read, for messages
   * @throws MobileNetException what the reader throws, and in place of an {@link OutOfMemoryError}
   *     or {@link StackOverflowError}, which thus never leave a reader
   */
  public static <T> T of(Object name, Supplier<T> reader) {
    try {
      return reader.get();
    } catch (OutOfMemoryError e) {
      throw outOfMemory(name, e);
    } catch (StackOverflowError e) {
      throw new MobileNetException(name + ": is nested too deeply", e);
    }
  }

  /** Returns the exception for what does not fit into memory. */
  public static MobileNetException outOfMemory(Object name, OutOfMemoryError cause) {
    return new MobileNetException(name + ": does not fit into the Java heap (see -Xmx)", cause);
  }

  /**
   * Returns a part of a file, of which the caller has seen that it is there.
   *
   * @param name what the file is called in messages
   * @throws MobileNetException if it is there no more
   * @throws IOException if it cannot be read
   */
  public static ByteBuffer part(String name, FileChannel file, long offset, int bytes)
      throws IOException {
    ByteBuffer part = ByteBuffer.allocate(bytes);
    while (part.hasRemaining()) {
      if (file.read(part, offset + part.position()) < 0) {
        throw new MobileNetException(name + " has become shorter");
      }
    }
    return part.flip();
  }

  /**
   * Returns the bytes of a file, or of a device, to its end.
   *
   * @throws MobileNetException if it cannot be read, or has more bytes than any array
   * @throws OutOfMemoryError if they do not fit into the heap
   */
  public static byte[] bytes(Path file) {
    try {
      return bytes(file, LONGEST);
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }

  /**
   * Returns the bytes of a file, or of a device, to its end.
   *
   * @throws TooLong if it has more than {@code most} bytes, or more than any array
   * @throws IOException if it cannot be read
   * @throws OutOfMemoryError if they do not fit into the heap
   */
  public static byte[] bytes(Path file, long most) throws IOException {
    int end = (int) Math.min(most, LONGEST);
    if (Files.size(file) > end) {
      throw new TooLong(end);
    }
    try (InputStream in = Files.newInputStream(file)) {
      // A device has no size, and a file may grow.
      byte[] bytes = in.readNBytes(end);
      if (bytes.length == end && in.read() >= 0) {
        throw new TooLong(end);
      }
      return bytes;
    }
  }
}
