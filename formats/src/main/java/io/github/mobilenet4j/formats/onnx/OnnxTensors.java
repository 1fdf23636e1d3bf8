package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.protobuf.ProtoMessage;
import io.github.mobilenet4j.formats.reading.Sizes;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the tensors of an ONNX file, wherever their values stand.
 *
 * @param limits of axes
 */
record OnnxTensors(ReadLimits limits, ExternalValues external) {
  private static final int BESIDE = 1;

  /** Returns a tensor; values that are not raw stand in a field of their type, or in a file. */
  Tensor read(ProtoMessage tensor) {
    String title = "tensor " + MobileNetException.abridged(tensor.text(OnnxSchema.TENSOR_NAME));
    long code = tensor.integer(OnnxSchema.TENSOR_DATA_TYPE, 0);
    DataType type = OnnxSchema.TYPES.get(code);
    if (type == null) {
      throw new MobileNetException("%s has type code %s".formatted(title, code));
    }
    List<Integer> shape = Sizes.shape(title, tensor.integers(OnnxSchema.TENSOR_DIMENSIONS), limits);
    try {
      return new Tensor(type, shape, values(title, tensor, type, shape));
    } catch (MobileNetException e) {
      throw e.in(title);
    }
  }

  private ByteBuffer values(String title, ProtoMessage tensor, DataType type, List<Integer> shape) {
    if (tensor.integer(OnnxSchema.TENSOR_LOCATION, 0) == BESIDE) {
      Map<String, String> place = new HashMap<>();
      tensor
          .messages(OnnxSchema.TENSOR_EXTERNAL)
          .forEach(entry ->
              place.put(entry.text(OnnxSchema.ENTRY_KEY), entry.text(OnnxSchema.ENTRY_VALUE)));
      return external.of(title, place, Sizes.bytes(title, type, shape));
    }
    ByteBuffer raw = tensor.bytes(OnnxSchema.TENSOR_RAW);
    if (raw.limit() > 0) {
      return raw;
    }
    return switch (type) {
      case F32 -> tensor.bytes(OnnxSchema.TENSOR_FLOATS);
      case F64 -> tensor.bytes(OnnxSchema.TENSOR_DOUBLES);
      case I64 -> tensor.integers(OnnxSchema.TENSOR_INT64S, type.bytes());
      case U32, U64 -> tensor.integers(OnnxSchema.TENSOR_UINT64S, type.bytes());
      case BOOL, U8, I8, U16, I16, I32, F16, BF16 ->
          tensor.integers(OnnxSchema.TENSOR_INT32S, type.bytes());
    };
  }
}
