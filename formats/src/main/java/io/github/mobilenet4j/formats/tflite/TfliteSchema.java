package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.weights.DataType;
import java.util.Arrays;

/**
 * Field numbers and codes of TensorFlow Lite's public schema ({@code
 * tensorflow/lite/schema/schema.fbs}), version 3, each behind the name of its table.
 */
final class TfliteSchema {
  /** The operators that may occur in a MobileNet V1, with their codes. */
  enum Op {
    ADD(0, 0, true),
    AVERAGE_POOL_2D(1, 5),
    CONV_2D(3, 1),
    DEPTHWISE_CONV_2D(4, 2),
    DEQUANTIZE(6),
    FULLY_CONNECTED(9, 8),
    LOGISTIC(14),
    MUL(18, 0, true),
    RESHAPE(22, 17),
    SOFTMAX(25, 9),
    PAD(34, 22),
    MEAN(40, 27),
    SUB(41),
    DIV(42),
    SQUEEZE(43),
    LOG_SOFTMAX(50),
    CAST(53),
    SHAPE(77),
    QUANTIZE(114),
    OTHER(-1);

    final int code;

    /** Which table of options belongs to it, where it is written. */
    final int options;

    /** Whether its two inputs may be exchanged. */
    final boolean commutes;

    Op(int code) {
      this(code, 0);
    }

    Op(int code, int options) {
      this(code, options, false);
    }

    Op(int code, int options, boolean commutes) {
      this.code = code;
      this.options = options;
      this.commutes = commutes;
    }

    static Op of(int code) {
      return Arrays.stream(values()).filter(op -> op.code == code).findFirst().orElse(OTHER);
    }
  }

  static final int VERSION = 3;

  /** Stands at byte 4. */
  static final String IDENTIFIER = "TFL3";

  static final int MODEL_VERSION = 0;
  static final int MODEL_OPERATOR_CODES = 1;
  static final int MODEL_SUBGRAPHS = 2;
  static final int MODEL_DESCRIPTION = 3;
  static final int MODEL_BUFFERS = 4;
  static final int MODEL_METADATA = 6;

  static final int METADATA_NAME = 0;
  static final int METADATA_BUFFER = 1;

  static final int BUFFER_DATA = 0;

  /** A byte. Since there are more than 127 operators, {@link #CODE_BUILTIN} stands beside it. */
  static final int CODE_DEPRECATED = 0;

  static final int CODE_CUSTOM = 1;
  static final int CODE_VERSION = 2;
  static final int CODE_BUILTIN = 3;

  static final int GRAPH_TENSORS = 0;
  static final int GRAPH_INPUTS = 1;
  static final int GRAPH_OUTPUTS = 2;
  static final int GRAPH_OPERATORS = 3;
  static final int GRAPH_NAME = 4;

  static final int OPERATOR_CODE = 0;
  static final int OPERATOR_INPUTS = 1;
  static final int OPERATOR_OUTPUTS = 2;
  static final int OPERATOR_OPTIONS_TYPE = 3;
  static final int OPERATOR_OPTIONS = 4;

  static final int TENSOR_SHAPE = 0;
  static final int TENSOR_TYPE = 1;
  static final int TENSOR_BUFFER = 2;
  static final int TENSOR_NAME = 3;
  static final int TENSOR_QUANTIZATION = 4;
  static final int TENSOR_SHAPE_SIGNATURE = 7;

  static final int QUANTIZATION_SCALE = 2;
  static final int QUANTIZATION_ZERO_POINT = 3;
  static final int QUANTIZATION_AXIS = 6;

  // Options of convolutions and pooling; of strides and dilations that of rows follows.
  static final int PADDING = 0;
  static final int STRIDE = 1;
  static final int CONV_ACTIVATION = 3;
  static final int CONV_DILATION = 4;
  static final int DEPTHWISE_MULTIPLIER = 3;
  static final int DEPTHWISE_ACTIVATION = 4;
  static final int DEPTHWISE_DILATION = 5;
  static final int POOL_WIDTH = 3;
  static final int POOL_HEIGHT = 4;
  static final int DENSE_ACTIVATION = 0;
  static final int ARITHMETIC_ACTIVATION = 0;
  static final int MEAN_KEEPS_AXES = 0;
  static final int SOFTMAX_BETA = 0;

  // What PADDING holds.
  static final int SAME = 0;
  static final int VALID = 1;

  // What an activation holds.
  static final int NO_ACTIVATION = 0;
  static final int RELU = 1;
  static final int RELU6 = 3;

  // Types of a tensor's elements.
  static final int FLOAT32 = 0;
  static final int FLOAT16 = 1;
  static final int INT32 = 2;
  static final int UINT8 = 3;
  static final int INT64 = 4;
  static final int BOOL = 6;
  static final int INT16 = 7;
  static final int INT8 = 9;

  private TfliteSchema() {}

  /** Returns the code of a type that is written. */
  static int code(DataType type) {
    return switch (type) {
      case F32 -> FLOAT32;
      case F16 -> FLOAT16;
      case I32 -> INT32;
      case U8 -> UINT8;
      case I8 -> INT8;
      default -> throw new IllegalArgumentException("not written: " + type);
    };
  }
}
