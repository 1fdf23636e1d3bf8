package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How one value of a {@link Tensor} is stored, little-endian; named as in safetensors. */
public enum DataType {
  /** One byte, zero is false. */
  BOOL(1),
  /** Unsigned 8 bit. */
  U8(1),
  /** Signed 8 bit. */
  I8(1),
  /** Unsigned 16 bit. */
  U16(2),
  /** Signed 16 bit. */
  I16(2),
  /** IEEE 754 binary16. */
  F16(2),
  /** The upper half of a binary32. */
  BF16(2),
  /** Unsigned 32 bit. */
  U32(4),
  /** Signed 32 bit. */
  I32(4),
  /** IEEE 754 binary32. */
  F32(4),
  /** Unsigned 64 bit. */
  U64(8),
  /** Signed 64 bit. */
  I64(8),
  /** IEEE 754 binary64. */
  F64(8);

  /** Every type. */
  static final List<DataType> ALL = List.of(values());

  private final int bytes;

  DataType(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the size of one value. */
  public int bytes() {
    return bytes;
  }

  /** Returns whether it is a type of floating-point numbers. */
  public boolean isFloat() {
    return this == F16 || this == BF16 || this == F32 || this == F64;
  }

  /** Returns the type of a name, null if there is none. */
  static @Nullable DataType named(String name) {
    return ALL.stream().filter(type -> type.name().equals(name)).findFirst().orElse(null);
  }

  /** Reads every value of a little-endian buffer, rounded to the nearest float. */
  void read(ByteBuffer from, float[] to) {
    switch (this) {
      case F32 -> from.asFloatBuffer().get(to);
      case BOOL -> each(to, i -> from.get(i) == 0 ? 0 : 1);
      case U8 -> each(to, i -> from.get(i) & 0xFF);
      case I8 -> each(to, i -> from.get(i));
      case U16 -> each(to, i -> from.getChar(2 * i));
      case I16 -> each(to, i -> from.getShort(2 * i));
      case F16 -> each(to, i -> Float.float16ToFloat(from.getShort(2 * i)));
      case BF16 -> each(to, i -> Float.intBitsToFloat(from.getShort(2 * i) << 16));
      case U32 -> each(to, i -> from.getInt(4 * i) & 0xFFFFFFFFL);
      case I32 -> each(to, i -> from.getInt(4 * i));
      case U64 -> each(to, i -> unsigned(from.getLong(8 * i)));
      case I64 -> each(to, i -> from.getLong(8 * i));
      case F64 -> each(to, i -> (float) from.getDouble(8 * i));
    }
  }

  /** Writes every value, rounded to nearest even. Only floating-point types are written. */
  void write(float[] from, ByteBuffer to) {
    switch (this) {
      case F32 -> to.asFloatBuffer().put(from);
      case F16 -> {
        for (float v : from) {
          short half = Float.floatToFloat16(v);
          if (Float.isInfinite(Float.float16ToFloat(half)) && !Float.isInfinite(v)) {
            throw new MobileNetException("value " + v + " is beyond the range of F16");
          }
          to.putShort(half);
        }
      }
      case BF16 -> {
        for (float v : from) {
          to.putShort(bfloat16(v));
        }
      }
      case F64 -> {
        for (float v : from) {
          to.putDouble(v);
        }
      }
      case BOOL, U8, I8, U16, I16, U32, I32, U64, I64 ->
          throw new MobileNetException("floats cannot be written as " + this);
    }
  }

  private interface At {
    float get(int index);
  }

  private static void each(float[] to, At from) {
    for (int i = 0; i < to.length; i++) {
      to[i] = from.get(i);
    }
  }

  private static float unsigned(long v) {
    // Halved with the lost bit kept, so that the rounding stays right.
    return v >= 0 ? v : 2 * (float) (v >>> 1 | v & 1);
  }

  /** Returns the bits of a float rounded to bfloat16: to the nearest, halfway to the even one. */
  public static short bfloat16(float v) {
    int bits = Float.floatToIntBits(v);
    return (short) (Float.isNaN(v) ? bits >>> 16 | 0x40 : bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }
}
