package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The tables of a TensorFlow Lite file that a MobileNet V1 needs. Field numbers are those of the
 * public schema ({@code tensorflow/lite/schema/schema.fbs}), version 3.
 */
final class TfliteFile {
  /** The name of the metadata that is a model file's, as JSON. */
  static final String METADATA = "mobilenet4j";

  /** Stands at byte 4. */
  static final String IDENTIFIER = "TFL3";

  /** The operators that may occur in a MobileNet V1, with their code in the schema. */
  enum Op {
    AVERAGE_POOL_2D(1),
    CONV_2D(3),
    DEPTHWISE_CONV_2D(4),
    DEQUANTIZE(6),
    FULLY_CONNECTED(9),
    RESHAPE(22),
    SOFTMAX(25),
    PAD(34),
    MEAN(40),
    SQUEEZE(43),
    QUANTIZE(114),
    OTHER(-1);

    private final int code;

    Op(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  /** What an operator takes or gives, or the graph; concatenations may take some dozens. */
  private static final int MOST_TENSORS = 64;

  /**
   * One step of the graph.
   *
   * @param title its place and name, for messages
   * @param inputs tensors by index, −1 for one that is left out
   * @param options the table of its settings, null where it has none
   */
  record Operator(String title, Op op, int[] inputs, int[] outputs, FlatTable options) {
    /** Returns the input at a place, −1 if there is none. */
    int input(int place) {
      return place < inputs.length ? inputs[place] : -1;
    }

    /** Returns a byte of the settings. */
    int int8(int field) {
      return options == null ? 0 : options.int8(field, 0);
    }

    /** Returns an integer of the settings. */
    int int32(int field, int absent) {
      return options == null ? absent : options.int32(field, absent);
    }
  }

  /**
   * Values of the graph: constant where {@code data} is not empty.
   *
   * @param title index and name, for messages
   * @param data the constant's bytes
   * @param scales empty where it is not quantised; one, or one for each index of an axis
   * @param zeroPoints as many as scales, or none
   * @param axis the axis that scales belong to
   */
  record Value(
      String title,
      DataType type,
      List<Integer> shape,
      ByteBuffer data,
      FloatBuffer scales,
      LongBuffer zeroPoints,
      int axis) {
    boolean isConstant() {
      return data.limit() > 0;
    }

    long zeroPoint(int channel) {
      return zeroPoints.limit() == 0 ? 0 : zeroPoints.get(zeroPoints.limit() == 1 ? 0 : channel);
    }

    /** Returns the constant's values: {@code scale · (q − zero point)} where it is quantised. */
    float[] floats() {
      Tensor tensor = tensor();
      if (type == DataType.F32 || type == DataType.F16) {
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

  private final String source;
  private final ReadLimits limits;
  private final FlatTable model;
  private final FlatTable graph;

  /**
   * Opens a file.
   *
   * @param source where it comes from, for messages
   * @param limits of operators, tensors and their axes
   * @throws MobileNetException if it is no TFLite file, an offset leads outside of it, or it asks
   *     for more than the limits allow, as do all methods
   */
  TfliteFile(String source, byte[] content, ReadLimits limits) {
    this.source = source;
    this.limits = limits;
    if (!isTflite(content)) {
      throw fault("no TFLite file: bytes 4 to 7 are not " + IDENTIFIER);
    }
    model = FlatTable.root(source, ByteBuffer.wrap(content), limits.entries());
    int version = model.int32(0, 0);
    if (version != 3) {
      throw fault("TFLite schema version " + version + ", expected 3");
    }
    graph = model.table(2, 0);
  }

  static boolean isTflite(byte[] head) {
    return head.length >= 8
        && new String(head, 4, 4, StandardCharsets.ISO_8859_1).equals(IDENTIFIER);
  }

  /** Returns the tensor that the graph takes. */
  int input() {
    return only(graph.int32s(1, MOST_TENSORS), "inputs");
  }

  /** Returns the tensor that the graph gives. */
  int output() {
    return only(graph.int32s(2, MOST_TENSORS), "outputs");
  }

  private int only(int[] tensors, String what) {
    if (tensors.length != 1) {
      throw fault("the graph has %s %s, expected one".formatted(tensors.length, what));
    }
    return tensors[0];
  }

  /** Returns the text of the metadata with a name, empty if there is none. */
  String metadata(String name) {
    for (int i = 0; i < model.tables(6); i++) {
      FlatTable entry = model.table(6, i);
      if (entry.string(0).equals(name)) {
        ByteBuffer text = model.table(4, entry.int32(1, 0)).vector(0, Byte.BYTES);
        return StandardCharsets.UTF_8.decode(text).toString();
      }
    }
    return "";
  }

  int operators() {
    return graph.tables(3);
  }

  Operator operator(int index) {
    FlatTable table = graph.table(3, index);
    FlatTable code = model.table(1, table.int32(0, 0));
    // Old files have only the byte; since there are more than 127 operators, an integer beside it.
    int number = Math.max(code.int8(0, 0), code.int32(3, 0));
    Op op = Arrays.stream(Op.values()).filter(o -> o.code == number).findFirst().orElse(Op.OTHER);
    String name = op == Op.OTHER ? "operator code " + number + " " + code.string(1) : op.name();
    return new Operator(
        "operator %s (%s)".formatted(index, name.strip()),
        op,
        table.int32s(1, MOST_TENSORS),
        table.int32s(2, MOST_TENSORS),
        table.table(4));
  }

  Value value(int index) {
    FlatTable table = graph.table(0, index);
    FlatTable quantization = table.table(4);
    List<Integer> shape = Arrays.stream(table.int32s(0, limits.rank())).boxed().toList();
    ByteBuffer data = model.table(4, table.int32(2, 0)).vector(0, Byte.BYTES);
    String title = "tensor %s (%s)".formatted(index, table.string(3));
    DataType type = type(title, table.int8(1, 0));
    if (quantization == null) {
      return new Value(
          title, type, shape, data, FloatBuffer.allocate(0), LongBuffer.allocate(0), 0);
    }
    return new Value(
        title,
        type,
        shape,
        data,
        quantization.vector(2, Float.BYTES).asFloatBuffer(),
        quantization.vector(3, Long.BYTES).asLongBuffer(),
        quantization.int32(6, 0));
  }

  private DataType type(String title, int code) {
    return switch (code) {
      case 0 -> DataType.F32;
      case 1 -> DataType.F16;
      case 2 -> DataType.I32;
      case 3 -> DataType.U8;
      case 9 -> DataType.I8;
      default -> throw fault("%s has type code %s".formatted(title, code));
    };
  }

  private MobileNetException fault(String message) {
    return new MobileNetException(source + ": " + message);
  }
}
