package io.github.mobilenet4j.server.protocol;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Writes the protocol's messages of gRPC, behind the 5 bytes that a frame begins with. */
public final class GrpcWriter {
  /** Bytes that are left free at the beginning. */
  public static final int HEADER = 5;

  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private GrpcWriter() {}

  private static ByteBuffer frame(Fields fields) {
    return ByteBuffer.wrap(bytes(HEADER, fields));
  }

  private static byte[] bytes(int before, Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[before]);
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Returns the answer whether something is live, or ready. */
  public static ByteBuffer flag(boolean value) {
    return frame(out -> out.writeBool(1, value));
  }

  /** Returns what the server is. */
  public static ByteBuffer server(ServerMetadata server) {
    return frame(out -> {
      out.writeString(1, server.name());
      out.writeString(2, server.version());
      for (String extension : server.extensions()) {
        out.writeString(3, extension);
      }
    });
  }

  /** Returns what a model is. */
  public static ByteBuffer model(ModelMetadata model) {
    return frame(out -> {
      out.writeString(1, model.name());
      for (String version : model.versions()) {
        out.writeString(2, version);
      }
      out.writeString(3, model.platform());
      for (TensorMetadata input : model.inputs()) {
        message(out, 4, inner -> tensor(inner, input.name(), input.datatype(), input.shape()));
      }
      for (TensorMetadata output : model.outputs()) {
        message(out, 5, inner -> tensor(inner, output.name(), output.datatype(), output.shape()));
      }
      for (var property : model.properties().entrySet()) {
        message(
            out,
            6,
            inner -> {
              inner.writeString(1, property.getKey());
              inner.writeString(2, property.getValue());
            });
      }
    });
  }

  private static void tensor(CodedOutputStream out, String name, String datatype, List<Long> shape)
      throws IOException {
    out.writeString(1, name);
    out.writeString(2, datatype);
    message(
        out,
        3,
        inner -> {
          for (long side : shape) {
            inner.writeInt64NoTag(side);
          }
        });
  }

  /** Returns an answer to a request for inference, its tensors raw. */
  public static ByteBuffer infer(InferResponse response) {
    return frame(out -> {
      out.writeString(1, response.model());
      out.writeString(2, response.version());
      if (response.id().isPresent()) {
        out.writeString(3, response.id().get());
      }
      for (Tensor output : response.outputs()) {
        message(out, 5, inner -> tensor(inner, output.name(), output.datatype(), output.shape()));
      }
      for (Tensor output : response.outputs()) {
        ByteBuffer raw = ByteBuffer.allocate(RawTensor.size(output.data()));
        RawTensor.write(output.data(), raw);
        out.writeByteArray(6, raw.array());
      }
    });
  }

  private static void message(CodedOutputStream out, int number, Fields fields) throws IOException {
    byte[] bytes = bytes(0, fields);
    out.writeTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(bytes.length);
    out.writeRawBytes(bytes);
  }
}
