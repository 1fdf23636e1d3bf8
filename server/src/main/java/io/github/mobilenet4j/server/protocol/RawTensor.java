package io.github.mobilenet4j.server.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Tensors as bytes: little-endian values, and elements behind their length. */
final class RawTensor {
  private RawTensor() {}

  /**
   * Returns the values in bytes.
   *
   * @param name the tensor's, for messages
   * @throws Refusal if the datatype is not known or the bytes do not come out even
   */
  static TensorData read(String name, String datatype, ByteBuffer bytes) {
    return switch (datatype) {
      case Tensor.FP32 -> {
        if (bytes.remaining() % Float.BYTES != 0) {
          throw Refusal.bad(
              "tensor %s has %s bytes, expected a multiple of 4"
                  .formatted(Refusal.abridged(name), bytes.remaining()));
        }
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        yield new TensorData.Floats(values);
      }
      case Tensor.BYTES -> new TensorData.Elements(elements(name, bytes));
      default -> throw unknown(name, datatype);
    };
  }

  static Refusal unknown(String name, String datatype) {
    return Refusal.bad(
        "tensor %s has the datatype %s, expected FP32, or BYTES of encoded images"
            .formatted(Refusal.abridged(name), Refusal.abridged(datatype)));
  }

  private static List<byte[]> elements(String name, ByteBuffer bytes) {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> elements = new ArrayList<>();
    while (bytes.hasRemaining()) {
      int length = bytes.remaining() < Integer.BYTES ? -1 : bytes.getInt();
      if (length < 0 || length > bytes.remaining()) {
        throw Refusal.bad(
            "element %s of tensor %s is cut short"
                .formatted(elements.size(), Refusal.abridged(name)));
      }
      byte[] element = new byte[length];
      bytes.get(element);
      elements.add(element);
    }
    return elements;
  }

  /** Returns how many bytes values take. */
  static int size(TensorData data) {
    return switch (data) {
      case TensorData.Floats floats -> Float.BYTES * floats.count();
      case TensorData.Elements elements ->
          elements.elements().stream().mapToInt(element -> Integer.BYTES + element.length).sum();
    };
  }

  /** Writes values. */
  static void write(TensorData data, ByteBuffer to) {
    to.order(ByteOrder.LITTLE_ENDIAN);
    switch (data) {
      case TensorData.Floats floats -> {
        to.asFloatBuffer().put(floats.values());
        to.position(to.position() + size(data));
      }
      case TensorData.Elements elements ->
          elements.elements().forEach(element -> to.putInt(element.length).put(element));
    }
  }
}
