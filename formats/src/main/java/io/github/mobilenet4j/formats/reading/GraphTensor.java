package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.List;

/**
 * A tensor of a graph as its file holds it: constant where {@code data} is not empty. Integers q
 * stand for {@code scale · (q − zero point)}.
 *
 * @param title what the file calls it, for messages
 * @param data the constant's bytes
 * @param scales empty where it is not quantised; one, or one for each index of an axis
 * @param zeroPoints as many as scales, or none
 * @param axis the axis that scales belong to
 */
public record GraphTensor(
    String title,
    DataType type,
    List<Integer> shape,
    ByteBuffer data,
    FloatBuffer scales,
    LongBuffer zeroPoints,
    int axis) {
  /** Returns a tensor that is not quantised. */
  public static GraphTensor of(String title, Tensor tensor) {
    return new GraphTensor(
        title,
        tensor.type(),
        tensor.shape(),
        tensor.data(),
        FloatBuffer.allocate(0),
        LongBuffer.allocate(0),
        0);
  }

  /** Returns whether its values are in the file. */
  public boolean isConstant() {
    return data.limit() > 0;
  }

  /** Returns the zero point of an index of the axis. */
  public long zeroPoint(int channel) {
    return zeroPoints.limit() == 0 ? 0 : zeroPoints.get(zeroPoints.limit() == 1 ? 0 : channel);
  }

  /**
   * Returns the numbers that a constant's values stand for, in a new array.
   *
   * @throws MobileNetException if it does not have as many values as its shape, or as many scales
   *     as the axis is long
   */
  public float[] floats() {
    Tensor tensor = tensor();
    if (type.isFloat()) {
      return tensor.floats();
    }
    int scaleCount = scales.limit();
    int zeroCount = zeroPoints.limit();
    boolean perChannel = scaleCount > 1;
    int channels = perChannel && axis >= 0 && axis < shape.size() ? shape.get(axis) : 1;
    if (scaleCount != channels || zeroCount > 1 && zeroCount != channels) {
      throw new MobileNetException(
          "%s %s has %s scales and %s zero points on axis %s"
              .formatted(title, shape, scaleCount, zeroCount, axis));
    }
    int inner =
        perChannel
            ? shape.subList(axis + 1, shape.size()).stream().reduce(1, (a, b) -> a * b)
            : tensor.size();
    float[] values = new float[tensor.size()];
    for (int at = 0, channel = 0; at < values.length; channel = (channel + 1) % channels) {
      double scale = scales.get(channel);
      long zero = zeroPoint(channel);
      for (int end = at + inner; at < end; at++) {
        values[at] = (float) (scale * (stored(at) - zero));
      }
    }
    return values;
  }

  /** Returns whether it is of 8 bits, with one scale for all. */
  public boolean isQuantized() {
    return (type == DataType.U8 || type == DataType.I8) && scales.limit() == 1;
  }

  /**
   * Returns whether the integers of two tensors of 8 bits stand for the same numbers.
   *
   * @param other null for none
   */
  public boolean isCodedAs(GraphTensor other) {
    return other != null
        && isQuantized()
        && other.isQuantized()
        && type == other.type
        && scales.get(0) == other.scales.get(0)
        && zeroPoint(0) == other.zeroPoint(0);
  }

  /** Returns whether all channels have the same zero point. */
  public boolean hasCommonZeroPoint() {
    for (int i = 0; i < zeroPoints.limit(); i++) {
      if (zeroPoints.get(i) != zeroPoint(0)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns what its integers stand for.
   *
   * @throws MobileNetException if it has not one scale, or one that is none
   */
  public Quantization quantization() {
    if (!isQuantized()) {
      throw new MobileNetException(
          "%s is %s with %s scales, expected 8 bits and one scale"
              .formatted(title, type, scales.limit()));
    }
    return new Quantization(
        scales.get(0), Math.clamp(zeroPoint(0), Short.MIN_VALUE, Short.MAX_VALUE));
  }

  /** Returns its scales. */
  public float[] scaleArray() {
    float[] array = new float[scales.limit()];
    scales.get(0, array);
    return array;
  }

  /**
   * Returns the zero point of all channels.
   *
   * @throws MobileNetException if they have different ones
   */
  public int commonZeroPoint() {
    if (!hasCommonZeroPoint()) {
      throw new MobileNetException(title + " has different zero points");
    }
    return Math.clamp(zeroPoint(0), Short.MIN_VALUE, Short.MAX_VALUE);
  }

  /**
   * Returns a constant's integers as they are stored.
   *
   * @throws MobileNetException if it does not have as many values as its shape, or no integers
   */
  public float[] integers() {
    float[] values = new float[tensor().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = stored(i);
    }
    return values;
  }

  private Tensor tensor() {
    try {
      return new Tensor(type, shape, data);
    } catch (MobileNetException e) {
      throw e.in(title);
    }
  }

  private int stored(int index) {
    return switch (type) {
      case I32 -> data.getInt(index * Integer.BYTES);
      case U8 -> data.get(index) & 0xFF;
      case I8 -> data.get(index);
      default -> throw new MobileNetException("%s is of type %s".formatted(title, type));
    };
  }
}
