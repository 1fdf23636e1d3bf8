package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.reading.ZipArchive;
import io.github.mobilenet4j.image.Labels;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * The labels in the zip archive that TensorFlow's metadata tools append to a TFLite file: the first
 * text file with one line a class.
 */
final class AppendedLabels {
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END_BYTES = 22;

  /** Where the directory says where its first entry begins. */
  private static final int FIRST_ENTRY = 42;

  private static final int MOST_COMMENT = 65535;
  private static final int MOST_ENTRIES = 16;
  private static final int MOST_BYTES = 1 << 20;

  /** Of an entry that holds no labels: to skip it is to decompress it. */
  private static final int MOST_SKIPPED = 1 << 24;

  private AppendedLabels() {}

  /**
   * Returns the labels, if there are any for so many classes.
   *
   * @throws MobileNetException if the archive is broken
   */
  static Optional<Labels> find(byte[] content, int classes) {
    int start = start(ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN));
    if (start < 0) {
      return Optional.empty();
    }
    try (ZipInputStream zip =
        new ZipInputStream(new ByteArrayInputStream(content, start, content.length - start))) {
      ZipEntry entry = zip.getNextEntry();
      for (int i = 0; entry != null && i < MOST_ENTRIES; i++, entry = zip.getNextEntry()) {
        if (!entry.getName().endsWith(".txt")) {
          if (zip.skip(MOST_SKIPPED) == MOST_SKIPPED) {
            return Optional.empty();
          }
          continue;
        }
        byte[] bytes = zip.readNBytes(MOST_BYTES);
        if (bytes.length == MOST_BYTES) {
          throw new IOException("more than " + MOST_BYTES + " bytes in " + entry.getName());
        }
        List<String> lines =
            new String(bytes, StandardCharsets.UTF_8).lines().limit(classes + 1L).toList();
        if (lines.size() == classes) {
          return Optional.of(new Labels(lines.stream().map(String::strip).toList()));
        }
      }
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      throw new MobileNetException(
          "the zip archive with the labels is broken: " + e.getMessage(), e);
    }
  }

  /** Writes the archive; what breaks lines in a label becomes a space. */
  static void append(OutputStream out, Labels labels) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out);
    ZipEntry entry = new ZipEntry("labels.txt");
    entry.setTimeLocal(ZipArchive.DATE);
    zip.putNextEntry(entry);
    for (String name : labels.names()) {
      zip.write((name.replaceAll("\\R", " ") + "\n").getBytes(StandardCharsets.UTF_8));
    }
    zip.closeEntry();
    zip.finish();
  }

  /** Returns where the archive begins, −1 if there is none. */
  private static int start(ByteBuffer content) {
    int last = content.limit() - END_BYTES;
    for (int end = last; end >= Math.max(0, last - MOST_COMMENT); end--) {
      if (content.getInt(end) == END_SIGNATURE) {
        // Places in an archive count from its own first byte or from the file's.
        long directory = end - (content.getInt(end + 12) & 0xFFFFFFFFL);
        long shift = directory - (content.getInt(end + 16) & 0xFFFFFFFFL);
        if (directory < 0 || directory > last - FIRST_ENTRY) {
          return -1;
        }
        long start = shift + (content.getInt((int) directory + FIRST_ENTRY) & 0xFFFFFFFFL);
        return start >= 0 && start < end ? (int) start : -1;
      }
    }
    return -1;
  }
}
