package io.github.mobilenet4j.formats.tensorflow;

import io.github.mobilenet4j.weights.DataType;
import java.util.Map;

/**
 * Field numbers and codes of TensorFlow's {@code core/framework/*.proto} and {@code
 * core/protobuf/*.proto}, each behind the name of its message.
 */
final class TensorFlowSchema {
  static final int SAVED_MODEL_META_GRAPH = 2;

  static final int META_GRAPH_INFO = 1;
  static final int META_GRAPH_GRAPH = 2;
  static final int META_GRAPH_SAVER = 3;
  static final int META_GRAPH_SIGNATURE = 5;
  static final int INFO_TAG = 4;
  static final int SAVER_RESTORE = 3;
  static final int SIGNATURE_OUTPUT = 2;
  static final int TENSOR_INFO_NAME = 1;

  static final int ENTRY_KEY = 1;
  static final int ENTRY_VALUE = 2;

  static final int GRAPH_NODE = 1;
  static final int GRAPH_LIBRARY = 2;
  static final int LIBRARY_FUNCTION = 1;

  static final int FUNCTION_SIGNATURE = 1;
  static final int FUNCTION_NODE = 3;
  static final int FUNCTION_RETURN = 4;
  static final int SIGNATURE_NAME = 1;
  static final int SIGNATURE_INPUT_ARGUMENT = 2;
  static final int SIGNATURE_OUTPUT_ARGUMENT = 3;
  static final int ARGUMENT_NAME = 1;

  static final int NODE_NAME = 1;
  static final int NODE_OP = 2;
  static final int NODE_INPUT = 3;
  static final int NODE_ATTRIBUTE = 5;

  static final int ATTRIBUTE_LIST = 1;
  static final int ATTRIBUTE_TEXT = 2;
  static final int ATTRIBUTE_FLOAT = 4;
  static final int ATTRIBUTE_BOOL = 5;
  static final int ATTRIBUTE_TYPE = 6;
  static final int ATTRIBUTE_SHAPE = 7;
  static final int ATTRIBUTE_TENSOR = 8;
  static final int ATTRIBUTE_FUNCTION = 10;
  static final int LIST_INT = 3;
  static final int FUNCTION_NAME = 1;

  static final int SHAPE_DIMENSION = 2;
  static final int SHAPE_UNKNOWN = 3;
  static final int DIMENSION_SIZE = 1;

  static final int TENSOR_TYPE = 1;
  static final int TENSOR_SHAPE = 2;
  static final int TENSOR_CONTENT = 4;
  static final int TENSOR_FLOATS = 5;
  static final int TENSOR_DOUBLES = 6;
  static final int TENSOR_INTS = 7;
  static final int TENSOR_TEXTS = 8;
  static final int TENSOR_INT64S = 10;
  static final int TENSOR_BOOLS = 11;
  static final int TENSOR_HALFS = 13;
  static final int TENSOR_UINT32S = 16;
  static final int TENSOR_UINT64S = 17;

  static final int BUNDLE_SHARDS = 1;
  static final int BUNDLE_ENDIANNESS = 2;
  static final int VALUE_TYPE = 1;
  static final int VALUE_SHAPE = 2;
  static final int VALUE_SHARD = 3;
  static final int VALUE_OFFSET = 4;
  static final int VALUE_SIZE = 5;
  static final int VALUE_CHECKSUM = 6;
  static final int VALUE_SLICE = 7;

  /** The code of encoded images, and other texts. */
  static final long TEXT = 7;

  /** Types of a tensor's elements by code. */
  static final Map<Long, DataType> TYPES =
      Map.ofEntries(
          Map.entry(1L, DataType.F32),
          Map.entry(2L, DataType.F64),
          Map.entry(3L, DataType.I32),
          Map.entry(4L, DataType.U8),
          Map.entry(5L, DataType.I16),
          Map.entry(6L, DataType.I8),
          Map.entry(9L, DataType.I64),
          Map.entry(10L, DataType.BOOL),
          Map.entry(14L, DataType.BF16),
          Map.entry(17L, DataType.U16),
          Map.entry(19L, DataType.F16),
          Map.entry(22L, DataType.U32),
          Map.entry(23L, DataType.U64));

  private TensorFlowSchema() {}
}
