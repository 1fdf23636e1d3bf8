package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.tflite.TfliteSchema.Op;
import io.github.mobilenet4j.weights.DataType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** The tables of a TensorFlow Lite file that a MobileNet V1 needs. */
final class TfliteFile {
  /** The name of the metadata that is a model file's, as JSON. */
  static final String METADATA = "mobilenet4j";

  /** Operators of the compilers of Coral's Edge TPU and of Arm's Ethos-U (Vela). */
  private static final Set<String> COMPILED = Set.of("edgetpu-custom-op", "ethos-u");

  /** What an operator takes or gives, or the graph; concatenations may take some dozens. */
  private static final int MOST_TENSORS = 64;

  /**
   * One step of the graph.
   *
   * @param title its place and name, for messages
   * @param custom what an operator is called that is none of TensorFlow Lite's own, else empty
   * @param inputs tensors by index, −1 for one that is left out
   * @param options the table of its settings, null where it has none
   */
  record Operator(
      String title, Op op, String custom, int[] inputs, int[] outputs, FlatTable options) {
    /** Returns whether it is the whole graph, or a part, as some chip's compiler has made it. */
    boolean isCompiled() {
      return COMPILED.contains(custom);
    }

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
      throw fault("no TFLite file: bytes 4 to 7 are not " + TfliteSchema.IDENTIFIER);
    }
    model = FlatTable.root(source, ByteBuffer.wrap(content), limits.entries());
    int version = model.int32(TfliteSchema.MODEL_VERSION, 0);
    if (version != TfliteSchema.VERSION) {
      throw fault("TFLite schema version %s, expected %s".formatted(version, TfliteSchema.VERSION));
    }
    graph = model.table(TfliteSchema.MODEL_SUBGRAPHS, 0);
  }

  static boolean isTflite(byte[] first) {
    return first.length >= 8
        && new String(first, 4, 4, StandardCharsets.ISO_8859_1).equals(TfliteSchema.IDENTIFIER);
  }

  /** Returns the tensor that the graph takes. */
  int input() {
    return only(graph.int32s(TfliteSchema.GRAPH_INPUTS, MOST_TENSORS), "inputs");
  }

  /** Returns the tensor that the graph gives. */
  int output() {
    return only(graph.int32s(TfliteSchema.GRAPH_OUTPUTS, MOST_TENSORS), "outputs");
  }

  private int only(int[] tensors, String what) {
    if (tensors.length != 1) {
      throw fault("the graph has %s %s, expected one".formatted(tensors.length, what));
    }
    return tensors[0];
  }

  /** Returns the text of the metadata with a name, empty if there is none. */
  String metadata(String name) {
    for (int i = 0; i < model.tables(TfliteSchema.MODEL_METADATA); i++) {
      FlatTable entry = model.table(TfliteSchema.MODEL_METADATA, i);
      if (entry.string(TfliteSchema.METADATA_NAME).equals(name)) {
        ByteBuffer text = buffer(entry.int32(TfliteSchema.METADATA_BUFFER, 0));
        return StandardCharsets.UTF_8.decode(text).toString();
      }
    }
    return "";
  }

  private ByteBuffer buffer(int index) {
    FlatTable buffer = model.table(TfliteSchema.MODEL_BUFFERS, index);
    return buffer.vector(TfliteSchema.BUFFER_DATA, Byte.BYTES);
  }

  int operators() {
    return graph.tables(TfliteSchema.GRAPH_OPERATORS);
  }

  Operator operator(int index) {
    FlatTable table = graph.table(TfliteSchema.GRAPH_OPERATORS, index);
    FlatTable code =
        model.table(TfliteSchema.MODEL_OPERATOR_CODES, table.int32(TfliteSchema.OPERATOR_CODE, 0));
    int number =
        Math.max(
            code.int8(TfliteSchema.CODE_DEPRECATED, 0), code.int32(TfliteSchema.CODE_BUILTIN, 0));
    Op op = Op.of(number);
    String custom = code.string(TfliteSchema.CODE_CUSTOM);
    String name = op == Op.OTHER ? "operator code " + number + " " + custom : op.name();
    return new Operator(
        "operator %s (%s)".formatted(index, name.strip()),
        op,
        custom,
        table.int32s(TfliteSchema.OPERATOR_INPUTS, MOST_TENSORS),
        table.int32s(TfliteSchema.OPERATOR_OUTPUTS, MOST_TENSORS),
        table.table(TfliteSchema.OPERATOR_OPTIONS));
  }

  /** Returns the shape that the graph takes, −1 where it is free. */
  List<Integer> inputShape() {
    FlatTable table = graph.table(TfliteSchema.GRAPH_TENSORS, input());
    List<Integer> free = shape(table, TfliteSchema.TENSOR_SHAPE_SIGNATURE);
    return free.isEmpty() ? shape(table, TfliteSchema.TENSOR_SHAPE) : free;
  }

  private List<Integer> shape(FlatTable tensor, int field) {
    return Arrays.stream(tensor.int32s(field, limits.rank())).boxed().toList();
  }

  GraphTensor value(int index) {
    FlatTable table = graph.table(TfliteSchema.GRAPH_TENSORS, index);
    FlatTable quantization = table.table(TfliteSchema.TENSOR_QUANTIZATION);
    List<Integer> shape = shape(table, TfliteSchema.TENSOR_SHAPE);
    ByteBuffer data = buffer(table.int32(TfliteSchema.TENSOR_BUFFER, 0));
    String title = "tensor %s (%s)".formatted(index, table.string(TfliteSchema.TENSOR_NAME));
    DataType type = type(title, table.int8(TfliteSchema.TENSOR_TYPE, 0));
    if (quantization == null) {
      return new GraphTensor(
          title, type, shape, data, FloatBuffer.allocate(0), LongBuffer.allocate(0), 0);
    }
    return new GraphTensor(
        title,
        type,
        shape,
        data,
        quantization.vector(TfliteSchema.QUANTIZATION_SCALE, Float.BYTES).asFloatBuffer(),
        quantization.vector(TfliteSchema.QUANTIZATION_ZERO_POINT, Long.BYTES).asLongBuffer(),
        // A bias has but one, and some converters give it the kernel's.
        shape.size() == 1 ? 0 : quantization.int32(TfliteSchema.QUANTIZATION_AXIS, 0));
  }

  private DataType type(String title, int code) {
    return switch (code) {
      case TfliteSchema.FLOAT32 -> DataType.F32;
      case TfliteSchema.FLOAT16 -> DataType.F16;
      case TfliteSchema.INT32 -> DataType.I32;
      case TfliteSchema.UINT8 -> DataType.U8;
      case TfliteSchema.INT64 -> DataType.I64;
      case TfliteSchema.BOOL -> DataType.BOOL;
      case TfliteSchema.INT16 -> DataType.I16;
      case TfliteSchema.INT8 -> DataType.I8;
      default -> throw fault("%s has type code %s".formatted(title, code));
    };
  }

  private MobileNetException fault(String message) {
    return new MobileNetException(source + ": " + message);
  }
}
