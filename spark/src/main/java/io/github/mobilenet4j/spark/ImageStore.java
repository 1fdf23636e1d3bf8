package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;

/** Encoded images of a worker in one file on its disk, which the system's cache keeps at hand. */
final class ImageStore implements AutoCloseable {
  private final FileChannel file;

  /** Where each image begins, and where the last ends. */
  private final long[] begins;

  private ImageStore(FileChannel file, long[] begins) {
    this.file = file;
    this.begins = begins;
  }

  /**
   * Writes images.
   *
   * @param path a file that is written
   */
  static ImageStore write(Path path, Iterator<byte[]> images) {
    long[] begins = new long[1024];
    int count = 0;
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 16)) {
        while (images.hasNext()) {
          byte[] image = images.next();
          out.write(image);
          if (++count == begins.length) {
            begins = Arrays.copyOf(begins, 2 * count);
          }
          begins[count] = begins[count - 1] + image.length;
        }
      }
      return new ImageStore(FileChannel.open(path), Arrays.copyOf(begins, count + 1));
    } catch (IOException e) {
      throw MobileNetException.cannot("write", path, e);
    }
  }

  int size() {
    return begins.length - 1;
  }

  /** Returns the bytes of an image; from any thread. */
  byte[] read(int image) {
    byte[] bytes = new byte[Math.toIntExact(begins[image + 1] - begins[image])];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try {
      while (buffer.hasRemaining()) {
        if (file.read(buffer, begins[image] + buffer.position()) < 0) {
          throw new IOException("became shorter");
        }
      }
      return bytes;
    } catch (IOException e) {
      throw new MobileNetException("cannot read the images on this disk: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
