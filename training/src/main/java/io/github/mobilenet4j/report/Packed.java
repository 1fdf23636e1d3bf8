package io.github.mobilenet4j.report;

import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/**
 * Many numbers in little room: {@code scale · (q − zero)} of each integer q.
 *
 * @param type of q, little endian: u8, u16, or f32 for floats as they are
 * @param scale what one step of q stands for
 * @param zero the q that stands for 0, perhaps between two
 * @param data in base64
 */
record Packed(String type, double scale, double zero, String data) {
  /** No numbers. */
  static final Packed NONE = new Packed("u8", 1, 0, "");

  private static final int MOST_16 = 0xffff;

  /** Returns floats, every bit. */
  static Packed floats(float[] values) {
    ByteBuffer bytes = buffer(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return new Packed("f32", 1, 0, base64(bytes));
  }

  /** Returns bytes that stand for 0 to 255. */
  static Packed bytes(byte[] values) {
    return new Packed("u8", 1, 0, base64(ByteBuffer.wrap(values)));
  }

  /** Returns numbers in 65,536 steps from the least of them, and 0, to the greatest. */
  static Packed steps(float[] values) {
    float least = 0;
    float most = 0;
    for (float value : values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    double scale = most > least ? ((double) most - least) / MOST_16 : 1;
    double zero = -least / scale;
    ByteBuffer bytes = buffer(values.length * Short.BYTES);
    for (float value : values) {
      bytes.putShort((short) Math.clamp(Math.round(value / scale + zero), 0, MOST_16));
    }
    return new Packed("u16", scale, zero, base64(bytes.flip()));
  }

  /** Returns the integers of numbers that integers of 8 bits stand for. */
  static Packed integers(float[] values, Quantization quantization, DataType type) {
    int least = type == DataType.I8 ? Byte.MIN_VALUE : 0;
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (quantization.quantized(values[i], type) - least);
    }
    return new Packed(
        "u8",
        quantization.scale(),
        quantization.zeroPoint() - least,
        base64(ByteBuffer.wrap(bytes)));
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static String base64(ByteBuffer bytes) {
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
