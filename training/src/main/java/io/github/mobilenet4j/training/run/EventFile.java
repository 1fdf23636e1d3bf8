package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;

/**
 * A file of scalars that TensorBoard shows, appended to while a network is trained.
 *
 * <p>It is a sequence of TFRecords ({@code tensorflow/core/lib/io/record_writer.h}): length (8
 * bytes, little-endian), masked CRC-32C of the length, data, masked CRC-32C of the data. The data
 * is an {@code Event} ({@code tensorflow/core/util/event.proto}) in protobuf's encoding, of which
 * this writes the few fields that scalars need.
 */
final class EventFile implements AutoCloseable {
  // Field numbers of Event, SessionLog, Summary and Summary.Value.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int STATUS = 1;
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;

  /** {@code SessionLog.START}: what was logged from this step on, by an earlier run, is void. */
  private static final int START = 1;

  private static final int MASK_DELTA = 0xa282ead8;

  private final Path path;
  private final FileChannel file;

  /**
   * Begins a new file.
   *
   * @param folder where; TensorBoard finds the file by the {@code tfevents} in its name
   * @param seconds since 1970; the name has them, or the first later second that is free
   * @param step the first step that will be logged
   * @throws MobileNetException if it cannot be written
   */
  EventFile(Path folder, double seconds, long step) {
    path =
        LongStream.iterate((long) seconds, s -> s + 1)
            .mapToObj(s -> String.format(Locale.ROOT, "events.out.tfevents.%010d.mobilenet4j", s))
            .map(folder::resolve)
            .filter(Files::notExists)
            .findFirst()
            .orElseThrow();
    try {
      file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw MobileNetException.cannot("write", path, e);
    }
    append(new Message().real(WALL_TIME, seconds).text(FILE_VERSION, "brain.Event:2"));
    append(
        new Message()
            .real(WALL_TIME, seconds)
            .integer(STEP, step)
            .message(SESSION_LOG, new Message().integer(STATUS, START)));
  }

  /**
   * Appends a value of a curve.
   *
   * @param seconds since 1970
   * @param tag the curve's name
   * @throws MobileNetException if it cannot be written
   */
  void scalar(double seconds, long step, String tag, double value) {
    append(
        new Message()
            .real(WALL_TIME, seconds)
            .integer(STEP, step)
            .message(
                SUMMARY,
                new Message()
                    .message(
                        VALUE, new Message().text(TAG, tag).single(SIMPLE_VALUE, (float) value))));
  }

  private void append(Message event) {
    byte[] data = event.bytes.toByteArray();
    ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedChecksum(record.array(), Long.BYTES));
    record.put(data);
    record.putInt(maskedChecksum(data, data.length));
    record.flip();
    try {
      while (record.hasRemaining()) {
        file.write(record);
      }
    } catch (IOException e) {
      throw MobileNetException.cannot("write", path, e);
    }
  }

  private static int maskedChecksum(byte[] bytes, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, length);
    return Integer.rotateRight((int) checksum.getValue(), 15) + MASK_DELTA;
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw MobileNetException.cannot("write", path, e);
    }
  }

  /** A protobuf message: each field is a tag, made of its number and wire type, and its value. */
  private static final class Message {
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED_32 = 5;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Message integer(int field, long value) {
      tag(field, VARINT);
      varint(value);
      return this;
    }

    Message real(int field, double value) {
      tag(field, FIXED_64);
      fixed(Double.doubleToLongBits(value), Double.BYTES);
      return this;
    }

    Message single(int field, float value) {
      tag(field, FIXED_32);
      fixed(Float.floatToIntBits(value), Float.BYTES);
      return this;
    }

    Message text(int field, String value) {
      return delimited(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return delimited(field, value.bytes.toByteArray());
    }

    private Message delimited(int field, byte[] value) {
      tag(field, LENGTH_DELIMITED);
      varint(value.length);
      bytes.writeBytes(value);
      return this;
    }

    private void tag(int field, int wireType) {
      varint(field << 3 | wireType);
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        bytes.write((int) (rest & 0x7F | 0x80));
        rest >>>= 7;
      }
      bytes.write((int) rest);
    }

    private void fixed(long value, int size) {
      for (int i = 0; i < size; i++) {
        bytes.write((int) (value >>> 8 * i));
      }
    }
  }
}
