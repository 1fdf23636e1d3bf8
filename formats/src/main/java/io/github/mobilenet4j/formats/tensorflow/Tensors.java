package io.github.mobilenet4j.formats.tensorflow;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.protobuf.ProtoMessage;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.formats.reading.Sizes;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Reads the tensors that stand in a graph.
 *
 * @param limits of axes
 * @param room for the values of those that say one value for many
 */
record Tensors(ReadLimits limits, Room room) {
  /**
   * Returns a tensor; one value, or the last of some, stands for all that are left, and none for
   * zeros.
   *
   * @param title for messages
   * @param tensor a TensorProto
   */
  Tensor read(String title, ProtoMessage tensor) {
    DataType type = type(title, tensor.integer(TensorFlowSchema.TENSOR_TYPE, 0));
    List<Integer> shape = shape(title, tensor.message(TensorFlowSchema.TENSOR_SHAPE));
    long bytes = Sizes.bytes(title, type, shape);
    ByteBuffer content = tensor.bytes(TensorFlowSchema.TENSOR_CONTENT);
    ByteBuffer some = content.limit() > 0 ? content : values(tensor, type);
    if (some.limit() < bytes && some.limit() % type.bytes() == 0) {
      room.take(bytes, title);
      ByteBuffer all = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
      all.put(some.duplicate());
      if (some.limit() > 0) {
        ByteBuffer last = some.slice(some.limit() - type.bytes(), type.bytes());
        while (all.hasRemaining()) {
          all.put(last.duplicate());
        }
      }
      some = all.clear();
    }
    try {
      return new Tensor(type, shape, some);
    } catch (MobileNetException e) {
      throw e.in(title);
    }
  }

  /** Returns a type by its code. */
  static DataType type(String title, long code) {
    DataType type = TensorFlowSchema.TYPES.get(code);
    if (type == null) {
      throw new MobileNetException("%s has values of type code %s".formatted(title, code));
    }
    return type;
  }

  /** Returns the sizes of a TensorShapeProto. */
  List<Integer> shape(String title, ProtoMessage shape) {
    List<Long> dimensions =
        shape.messages(TensorFlowSchema.SHAPE_DIMENSION).stream()
            .map(dimension -> dimension.integer(TensorFlowSchema.DIMENSION_SIZE, 0))
            .toList();
    return Sizes.shape(title, dimensions, limits);
  }

  private static ByteBuffer values(ProtoMessage tensor, DataType type) {
    return switch (type) {
      case F32 -> tensor.bytes(TensorFlowSchema.TENSOR_FLOATS);
      case F64 -> tensor.bytes(TensorFlowSchema.TENSOR_DOUBLES);
      case I64 -> tensor.integers(TensorFlowSchema.TENSOR_INT64S, type.bytes());
      case U32 -> tensor.integers(TensorFlowSchema.TENSOR_UINT32S, type.bytes());
      case U64 -> tensor.integers(TensorFlowSchema.TENSOR_UINT64S, type.bytes());
      case BOOL -> tensor.integers(TensorFlowSchema.TENSOR_BOOLS, type.bytes());
      case F16, BF16 -> tensor.integers(TensorFlowSchema.TENSOR_HALFS, type.bytes());
      case U8, I8, U16, I16, I32 -> tensor.integers(TensorFlowSchema.TENSOR_INTS, type.bytes());
    };
  }
}
