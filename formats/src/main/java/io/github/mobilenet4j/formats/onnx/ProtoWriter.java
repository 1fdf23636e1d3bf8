package io.github.mobilenet4j.formats.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** One protobuf message, written field by field. */
final class ProtoWriter {
  private final ByteString.Output bytes = ByteString.newOutput();
  private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

  private interface Write {
    void run() throws IOException;
  }

  private ProtoWriter append(Write write) {
    try {
      write.run();
    } catch (IOException e) {
      throw new UncheckedIOException("a buffer in memory refused bytes", e);
    }
    return this;
  }

  ProtoWriter add(int field, long value) {
    return append(() -> out.writeInt64(field, value));
  }

  ProtoWriter add(int field, float value) {
    return append(() -> out.writeFloat(field, value));
  }

  ProtoWriter add(int field, String value) {
    return append(() -> out.writeString(field, value));
  }

  ProtoWriter add(int field, ByteString value) {
    return append(() -> out.writeBytes(field, value));
  }

  ProtoWriter add(int field, ProtoWriter value) {
    return add(field, value.toBytes());
  }

  ByteString toBytes() {
    append(out::flush);
    return bytes.toByteString();
  }
}
