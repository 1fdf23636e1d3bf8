package io.github.mobilenet4j.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A file that is being written by a generator. What is too much for {@link #MOST} is left out. */
public final class FileBytes {
  /** How long a generated file may become. */
  public static final int MOST = 5_000_000;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public int size() {
    return out.size();
  }

  public int room() {
    return MOST - out.size();
  }

  public byte[] toArray() {
    return out.toByteArray();
  }

  public FileBytes bytes(byte... bytes) {
    out.write(bytes, 0, Math.min(bytes.length, room()));
    return this;
  }

  public FileBytes bytes(FileBytes other) {
    return bytes(other.toArray());
  }

  /** Writes bytes again and again. */
  public FileBytes repeat(int times, byte... bytes) {
    for (int i = 0; i < times && room() > 0 && bytes.length > 0; i++) {
      bytes(bytes);
    }
    return this;
  }

  public FileBytes octet(long value) {
    return bytes((byte) value);
  }

  /** Writes the low bytes of a number, the lowest first. */
  public FileBytes little(long value, int count) {
    for (int i = 0; i < count; i++) {
      octet(value >> 8 * i);
    }
    return this;
  }

  /** Writes the low bytes of a number, the highest first. */
  public FileBytes big(long value, int count) {
    for (int i = count - 1; i >= 0; i--) {
      octet(value >> 8 * i);
    }
    return this;
  }

  /** Writes characters up to U+00FF. */
  public FileBytes latin(String text) {
    return bytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public FileBytes utf8(String text) {
    return bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  public FileBytes align(int unit) {
    while (out.size() % unit != 0 && room() > 0) {
      octet(0);
    }
    return this;
  }
}
