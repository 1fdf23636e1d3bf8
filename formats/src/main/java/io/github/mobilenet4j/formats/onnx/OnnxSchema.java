package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.weights.DataType;
import java.util.Map;

/**
 * Field numbers and codes of the ONNX specification's {@code onnx/onnx.proto}, each behind the name
 * of its message.
 */
final class OnnxSchema {
  static final int MODEL_IR_VERSION = 1;
  static final int MODEL_PRODUCER_NAME = 2;
  static final int MODEL_PRODUCER_VERSION = 3;
  static final int MODEL_GRAPH = 7;
  static final int MODEL_OPSET_IMPORT = 8;
  static final int MODEL_METADATA = 14;

  static final int OPSET_DOMAIN = 1;
  static final int OPSET_VERSION = 2;

  static final int ENTRY_KEY = 1;
  static final int ENTRY_VALUE = 2;

  static final int GRAPH_NODE = 1;
  static final int GRAPH_NAME = 2;
  static final int GRAPH_INITIALIZER = 5;
  static final int GRAPH_INPUT = 11;
  static final int GRAPH_OUTPUT = 12;

  static final int NODE_INPUT = 1;
  static final int NODE_OUTPUT = 2;
  static final int NODE_NAME = 3;
  static final int NODE_OP_TYPE = 4;
  static final int NODE_ATTRIBUTE = 5;
  static final int NODE_DOMAIN = 7;

  static final int ATTRIBUTE_NAME = 1;
  static final int ATTRIBUTE_FLOAT = 2;
  static final int ATTRIBUTE_INT = 3;
  static final int ATTRIBUTE_STRING = 4;
  static final int ATTRIBUTE_TENSOR = 5;
  static final int ATTRIBUTE_INTS = 8;
  static final int ATTRIBUTE_TYPE = 20;

  static final int VALUE_NAME = 1;
  static final int VALUE_TYPE = 2;
  static final int TYPE_TENSOR = 1;
  static final int TENSOR_TYPE_ELEMENT = 1;
  static final int TENSOR_TYPE_SHAPE = 2;
  static final int SHAPE_DIMENSION = 1;
  static final int DIMENSION_VALUE = 1;
  static final int DIMENSION_NAME = 2;

  static final int TENSOR_DIMENSIONS = 1;
  static final int TENSOR_DATA_TYPE = 2;
  static final int TENSOR_FLOATS = 4;
  static final int TENSOR_INT32S = 5;
  static final int TENSOR_INT64S = 7;
  static final int TENSOR_NAME = 8;
  static final int TENSOR_RAW = 9;
  static final int TENSOR_DOUBLES = 10;
  static final int TENSOR_UINT64S = 11;
  static final int TENSOR_EXTERNAL = 13;
  static final int TENSOR_LOCATION = 14;

  /** The code of float32. */
  static final long FLOAT = 1;

  /** Types of a tensor's elements by code. */
  static final Map<Long, DataType> TYPES =
      Map.ofEntries(
          Map.entry(FLOAT, DataType.F32),
          Map.entry(2L, DataType.U8),
          Map.entry(3L, DataType.I8),
          Map.entry(4L, DataType.U16),
          Map.entry(5L, DataType.I16),
          Map.entry(6L, DataType.I32),
          Map.entry(7L, DataType.I64),
          Map.entry(9L, DataType.BOOL),
          Map.entry(10L, DataType.F16),
          Map.entry(11L, DataType.F64),
          Map.entry(12L, DataType.U32),
          Map.entry(13L, DataType.U64),
          Map.entry(16L, DataType.BF16));

  // What an attribute holds.
  static final int HOLDS_FLOAT = 1;
  static final int HOLDS_INT = 2;
  static final int HOLDS_INTS = 7;

  private OnnxSchema() {}
}
