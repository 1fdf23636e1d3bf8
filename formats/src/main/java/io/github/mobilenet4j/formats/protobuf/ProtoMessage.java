package io.github.mobilenet4j.formats.protobuf;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A protobuf message, read by field number from the bytes of a file. Nothing is decoded before it
 * is asked for, and nested messages and bytes are views, so that no file takes more memory than its
 * own length.
 *
 * @param bytes the message
 * @param most how often a field may be repeated
 */
public record ProtoMessage(ByteBuffer bytes, int most) {
  /** No tensor of a MobileNet has so many dimensions, no attribute so many integers. */
  private static final int MOST_INTEGERS = 4096;

  /** What to do with a field of the number that is looked for. */
  private interface Field {
    void read(CodedInputStream in, int wireType) throws IOException;
  }

  private void each(int field, Field action) {
    // Of an array: then the library checks each length against its end.
    CodedInputStream in =
        CodedInputStream.newInstance(bytes.array(), bytes.arrayOffset(), bytes.limit());
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == field) {
          action.read(in, WireFormat.getTagWireType(tag));
        } else if (!in.skipField(tag)) {
          throw new IOException("a group ends that never began");
        }
      }
    } catch (IOException e) {
      throw new MobileNetException("broken protobuf: " + e.getMessage(), e);
    }
  }

  /** Returns the bytes of each field of this number. */
  private List<ByteBuffer> views(int field) {
    List<ByteBuffer> views = new ArrayList<>();
    each(
        field,
        (in, wireType) -> {
          if (wireType != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
            throw new IOException("field " + field + " is a number, expected bytes");
          }
          if (views.size() == most) {
            throw new IOException("field %s is repeated more than %s times".formatted(field, most));
          }
          int length = in.readRawVarint32();
          int from = in.getTotalBytesRead();
          in.skipRawBytes(length);
          views.add(bytes.slice(from, length));
        });
    return views;
  }

  /** Returns the messages in a repeated field. */
  public List<ProtoMessage> messages(int field) {
    return views(field).stream().map(view -> new ProtoMessage(view, most)).toList();
  }

  /** Returns the message in a field, empty if it is absent. */
  public ProtoMessage message(int field) {
    return new ProtoMessage(bytes(field), most);
  }

  /** Returns the texts in a repeated field. */
  public List<String> texts(int field) {
    return views(field).stream()
        .map(view -> StandardCharsets.UTF_8.decode(view).toString())
        .toList();
  }

  /** Returns the text in a field, empty if it is absent. */
  public String text(int field) {
    return StandardCharsets.UTF_8.decode(bytes(field)).toString();
  }

  /** Returns the bytes in a field, little-endian, empty if it is absent. */
  public ByteBuffer bytes(int field) {
    List<ByteBuffer> views = views(field);
    ByteBuffer last = views.isEmpty() ? ByteBuffer.allocate(0) : views.getLast();
    return last.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** What to do with an integer. */
  private interface Each {
    void take(long value) throws IOException;
  }

  private void eachInteger(int field, Each action) {
    each(
        field,
        (in, wireType) -> {
          if (wireType == WireFormat.WIRETYPE_VARINT) {
            action.take(in.readRawVarint64());
          } else if (wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
            int end = in.pushLimit(in.readRawVarint32());
            while (!in.isAtEnd()) {
              action.take(in.readRawVarint64());
            }
            in.popLimit(end);
          } else {
            throw new IOException("field " + field + " holds no integers");
          }
        });
  }

  /** Returns the integers in a repeated field, packed or not. */
  public List<Long> integers(int field) {
    List<Long> integers = new ArrayList<>();
    eachInteger(
        field,
        value -> {
          if (integers.size() == MOST_INTEGERS) {
            throw new IOException("more than " + MOST_INTEGERS + " integers in a field");
          }
          integers.add(value);
        });
    return integers;
  }

  /**
   * Returns the integers in a repeated field, packed or not, each as its lowest bytes,
   * little-endian.
   *
   * @param size bytes of each
   */
  public ByteBuffer integers(int field, int size) {
    long[] count = new long[1];
    eachInteger(field, _ -> count[0]++);
    long length = count[0] * size;
    if (length > Integer.MAX_VALUE) {
      throw new MobileNetException("field %s holds %s integers".formatted(field, count[0]));
    }
    ByteBuffer lowest = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
    eachInteger(
        field,
        value -> {
          switch (size) {
            case Byte.BYTES -> lowest.put((byte) value);
            case Short.BYTES -> lowest.putShort((short) value);
            case Integer.BYTES -> lowest.putInt((int) value);
            default -> lowest.putLong(value);
          }
        });
    return lowest.flip();
  }

  /** Returns the integer in a field, or what stands for it if it is absent. */
  public long integer(int field, long absent) {
    List<Long> integers = integers(field);
    return integers.isEmpty() ? absent : integers.getLast();
  }

  /** Returns the float in a field, or what stands for it if it is absent. */
  public float number(int field, float absent) {
    return Float.intBitsToFloat(bits(field, Float.floatToRawIntBits(absent)));
  }

  /** Returns the 32 bits of fixed length in a field, or what stands for them if it is absent. */
  public int bits(int field, int absent) {
    int[] bits = {absent};
    each(
        field,
        (in, wireType) -> {
          if (wireType != WireFormat.WIRETYPE_FIXED32) {
            throw new IOException("field " + field + " holds no float");
          }
          bits[0] = in.readFixed32();
        });
    return bits[0];
  }
}
