package io.github.mobilenet4j.formats.reading;

import java.nio.ByteBuffer;
import java.time.LocalDateTime;

/** What the zip archives of several formats share. */
public final class ZipArchive {
  /** The date of what is written: the same model gives the same bytes. */
  public static final LocalDateTime DATE = LocalDateTime.of(1980, 1, 1, 0, 0);

  private static final int SIGNATURE = 0x504b0304;

  private ZipArchive() {}

  /** Returns whether a file that begins so is a zip archive. */
  public static boolean recognises(byte[] first) {
    return first.length > 4 && ByteBuffer.wrap(first).getInt() == SIGNATURE;
  }
}
