package io.github.mobilenet4j.formats.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.formats.tflite.TfliteSchema.Op;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes the graph that computes the logits, and the labels in a zip archive behind it. A
 * flatbuffer grows downwards: what is pointed to is written first.
 */
public final class TfliteWriter {
  private static final int ALIGNMENT = 16;
  private static final TfliteValues.Encoding INTEGERS = TfliteValues.Encoding.of(DataType.I32);

  private final MobileNetV1 network;
  private final TfliteValues values;
  private final FlatBufferBuilder out = new FlatBufferBuilder(1 << 20);
  private final List<Integer> buffers = new ArrayList<>();
  private final List<Integer> tensors = new ArrayList<>();
  private final List<Op> codes = new ArrayList<>();
  private final List<Integer> operators = new ArrayList<>();

  /** The tensor that the picture has become. */
  private int at;

  private TfliteWriter(MobileNetV1 network, TfliteValues values) {
    this.network = network;
    this.values = values;
  }

  /**
   * Writes a model.
   *
   * @param kernels of floats: {@link DataType#F32} or {@link DataType#F16}
   * @throws MobileNetException if it is quantised in a way that TensorFlow Lite does not know, or
   *     quantised and kernels is F16
   */
  public static void write(Path path, Model model, DataType kernels) {
    ByteBuffer file = new TfliteWriter(model.network(), values(model, kernels)).build(model);
    AtomicFile.write(
        path,
        channel -> {
          while (file.hasRemaining()) {
            channel.write(file);
          }
          AppendedLabels.append(Channels.newOutputStream(channel), model.labels());
        });
  }

  private static TfliteValues values(Model model, DataType kernels) {
    MobileNetV1 network = model.network();
    return switch (model.weights()) {
      case Weights.Quantized _ when kernels != DataType.F32 ->
          throw new MobileNetException(
              "the kernels are integers of 8 bits, they are not written as " + kernels);
      case Weights.Quantized quantized ->
          new TfliteValues.Integers(network, TfliteArithmetic.of(network, quantized));
      case Weights.Folded folded -> new TfliteValues.Floats(folded, kernels);
      case Weights.Trained trained -> new TfliteValues.Floats(trained.folded(network), kernels);
    };
  }

  ByteBuffer build(Model model) {
    // Buffer 0 is empty by the schema, for tensors that are computed.
    buffer(ByteBuffer.allocate(0));
    Optional<Weights.Quantized.Ends> ends =
        model.weights() instanceof Weights.Quantized quantized
            ? Optional.of(quantized.ends())
            : Optional.empty();
    int input = begin(ends);
    for (Layer layer : network.layers()) {
      switch (layer) {
        case Layer.Convolution c -> convolution(c);
        case Layer.GlobalAveragePool p -> pool(p);
        case Layer.Dense d -> dense(d, TfliteSchema.RELU);
        case Layer.Classifier c -> dense(c, TfliteSchema.NO_ACTIVATION);
      }
    }
    ends.ifPresent(this::end);
    int graph =
        table(
            offset(TfliteSchema.GRAPH_TENSORS, tables(tensors)),
            offset(TfliteSchema.GRAPH_INPUTS, ints(input)),
            offset(TfliteSchema.GRAPH_OUTPUTS, ints(at)),
            offset(TfliteSchema.GRAPH_OPERATORS, tables(operators)),
            offset(TfliteSchema.GRAPH_NAME, out.createString("MobileNetV1")));
    String json = Json.text(ModelFile.metadata(model));
    int described = buffer(ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)));
    int metadata =
        table(
            offset(TfliteSchema.METADATA_NAME, out.createString(TfliteFile.METADATA)),
            int32(TfliteSchema.METADATA_BUFFER, described));
    List<Integer> operatorCodes =
        codes.stream()
            .map(op ->
                table(
                    int8(TfliteSchema.CODE_DEPRECATED, op.code),
                    int32(TfliteSchema.CODE_VERSION, version(op)),
                    int32(TfliteSchema.CODE_BUILTIN, op.code)))
            .toList();
    int root =
        table(
            int32(TfliteSchema.MODEL_VERSION, TfliteSchema.VERSION),
            offset(TfliteSchema.MODEL_OPERATOR_CODES, tables(operatorCodes)),
            offset(TfliteSchema.MODEL_SUBGRAPHS, tables(List.of(graph))),
            offset(TfliteSchema.MODEL_DESCRIPTION, out.createString("mobilenet4j")),
            offset(TfliteSchema.MODEL_BUFFERS, tables(buffers)),
            offset(TfliteSchema.MODEL_METADATA, tables(List.of(metadata))));
    out.finish(root, TfliteSchema.IDENTIFIER);
    return out.dataBuffer();
  }

  /** Returns since when an operator takes what this graph has. */
  private int version(Op op) {
    boolean signed = values.input().type() == DataType.I8;
    return switch (op) {
      case CONV_2D, DEPTHWISE_CONV_2D -> signed ? 3 : 1;
      case FULLY_CONNECTED -> signed ? 4 : 1;
      case MEAN, SOFTMAX, LOGISTIC, PAD, AVERAGE_POOL_2D -> signed ? 2 : 1;
      case DEQUANTIZE -> signed ? 2 : values.input().type() == DataType.F32 ? 3 : 1;
      default -> 1;
    };
  }

  /** Adds the input, and what makes it that of the stem; returns the input. */
  private int begin(Optional<Weights.Quantized.Ends> ends) {
    TfliteValues.Encoding inside = values.input();
    DataType type = ends.map(Weights.Quantized.Ends::inputType).orElse(inside.type());
    at = flow("x", network.input(), outside(inside, type));
    int input = at;
    if (type != inside.type()) {
      operator(Op.QUANTIZE, table(), flow("x.quantized", network.input(), inside), at);
    }
    return input;
  }

  /** Adds what makes probabilities, and the output's type. */
  private void end(Weights.Quantized.Ends ends) {
    Layer last = network.layers().getLast();
    TfliteValues.Encoding inside = values.after(last);
    if (ends.probabilities().isPresent() && network.hasClassifier()) {
      inside = TfliteValues.Encoding.of(inside.type(), ends.probabilities().get());
      boolean softmax = network.head().activation() == ClassifierActivation.SOFTMAX;
      int options = softmax ? table(float32(TfliteSchema.SOFTMAX_BETA, 1)) : table();
      operator(
          softmax ? Op.SOFTMAX : Op.LOGISTIC, options, vector("probabilities", last, inside), at);
    }
    if (ends.outputType() != inside.type()) {
      TfliteValues.Encoding outside = outside(inside, ends.outputType());
      operator(
          ends.outputType() == DataType.F32 ? Op.DEQUANTIZE : Op.QUANTIZE,
          table(),
          network.hasClassifier()
              ? vector("output", last, outside)
              : flow("output", last.out(), outside),
          at);
    }
  }

  private static TfliteValues.Encoding outside(TfliteValues.Encoding inside, DataType type) {
    return type == inside.type()
        ? inside
        : type == DataType.F32 ? TfliteValues.Encoding.FLOATS : inside.otherSign();
  }

  private int vector(String name, Layer layer, TfliteValues.Encoding encoding) {
    return tensor(name, encoding, List.of(1, layer.out().channels()), null);
  }

  private void convolution(Layer.Convolution layer) {
    boolean depthwise = layer instanceof Layer.Depthwise;
    int stride = layer.stride();
    boolean same = pad(layer);
    int kernel = kernel(layer, depthwise ? "IHWO" : "OHWI");
    int bias = bias(layer);
    int window = same ? TfliteSchema.SAME : TfliteSchema.VALID;
    int activation =
        network.activation() == Activation.RELU6 ? TfliteSchema.RELU6 : TfliteSchema.RELU;
    operator(
        depthwise ? Op.DEPTHWISE_CONV_2D : Op.CONV_2D,
        table(
            int8(TfliteSchema.PADDING, window),
            int32(TfliteSchema.STRIDE, stride),
            int32(TfliteSchema.STRIDE + 1, stride),
            depthwise ? int32(TfliteSchema.DEPTHWISE_MULTIPLIER, 1) : () -> {},
            int8(
                depthwise ? TfliteSchema.DEPTHWISE_ACTIVATION : TfliteSchema.CONV_ACTIVATION,
                activation)),
        flow(layer.name(), layer.out(), values.after(layer)),
        at,
        kernel,
        bias);
  }

  /** Returns whether SAME is the padding, also with another input; else writes the zeros. */
  private boolean pad(Layer.Convolution layer) {
    Shape in = layer.in();
    int stride = layer.stride();
    Padding padding = network.padding(layer);
    if (stride == 1 || padding == Padding.SAME) {
      return true;
    }
    int top = padding.before(in.height(), stride);
    int left = padding.before(in.width(), stride);
    int bottom = padding.after(in.height(), stride);
    int right = padding.after(in.width(), stride);
    String name = layer.name() + ".pad";
    int zeros =
        tensor(
            name + ".zeros",
            INTEGERS,
            List.of(4, 2),
            integers(0, 0, top, bottom, left, right, 0, 0));
    Shape padded = new Shape(top + in.height() + bottom, left + in.width() + right, in.channels());
    // It keeps the values of what it takes.
    TfliteValues.Encoding same =
        layer instanceof Layer.Depthwise depthwise ? before(depthwise) : values.input();
    operator(Op.PAD, table(), flow(name, padded, same), at, zeros);
    return false;
  }

  private TfliteValues.Encoding before(Layer layer) {
    List<Layer> layers = network.layers();
    return values.after(layers.get(layers.indexOf(layer) - 1));
  }

  private void pool(Layer.GlobalAveragePool layer) {
    Shape in = layer.in();
    if (values.isMean()) {
      int axes = tensor(layer.name() + ".axes", INTEGERS, List.of(2), integers(1, 2));
      int keep = table(int8(TfliteSchema.MEAN_KEEPS_AXES, 1));
      operator(Op.MEAN, keep, flow(layer.name(), layer.out(), values.after(layer)), at, axes);
      return;
    }
    int options =
        table(
            int8(TfliteSchema.PADDING, TfliteSchema.VALID),
            int32(TfliteSchema.STRIDE, 1),
            int32(TfliteSchema.STRIDE + 1, 1),
            int32(TfliteSchema.POOL_WIDTH, in.width()),
            int32(TfliteSchema.POOL_HEIGHT, in.height()));
    operator(Op.AVERAGE_POOL_2D, options, flow(layer.name(), layer.out(), values.after(layer)), at);
  }

  private void dense(Layer layer, int activation) {
    boolean fully = values.isFullyConnected(layer);
    int kernel = kernel(layer, fully ? "OI" : "OHWI");
    int bias = bias(layer);
    String name = layer instanceof Layer.Classifier ? "logits" : layer.name();
    TfliteValues.Encoding encoding = values.after(layer);
    if (fully) {
      int options = table(int8(TfliteSchema.DENSE_ACTIVATION, activation));
      operator(Op.FULLY_CONNECTED, options, vector(name, layer, encoding), at, kernel, bias);
      return;
    }
    int options =
        table(
            int8(TfliteSchema.PADDING, TfliteSchema.VALID),
            int32(TfliteSchema.STRIDE, 1),
            int32(TfliteSchema.STRIDE + 1, 1),
            int8(TfliteSchema.CONV_ACTIVATION, activation));
    boolean last = layer instanceof Layer.Classifier;
    String map = last ? name + ".map" : name;
    operator(Op.CONV_2D, options, flow(map, layer.out(), encoding), at, kernel, bias);
    if (last) {
      int shape =
          tensor(name + ".shape", INTEGERS, List.of(2), integers(-1, layer.out().channels()));
      operator(Op.RESHAPE, table(), vector(name, layer, encoding), at, shape);
    }
  }

  private int kernel(Layer layer, String axes) {
    KernelLayout layout = new KernelLayout(axes);
    TfliteValues.Constant kernel = values.kernel(layer, layout);
    String name = Parameter.name(layer, Role.KERNEL);
    List<Integer> shape = layout.shape(layer);
    int stored = tensor(name, kernel.encoding(), shape, kernel.data());
    if (kernel.encoding().type() != DataType.F16) {
      return stored;
    }
    int before = at;
    int numbers = tensor(name + ".f32", TfliteValues.Encoding.FLOATS, shape, null);
    operator(Op.DEQUANTIZE, table(), numbers, stored);
    at = before;
    return numbers;
  }

  private int bias(Layer layer) {
    TfliteValues.Constant bias = values.bias(layer);
    return tensor(
        Parameter.name(layer, Role.BIAS),
        bias.encoding(),
        List.of(layer.out().channels()),
        bias.data());
  }

  private int flow(String name, Shape shape, TfliteValues.Encoding encoding) {
    return tensor(
        name, encoding, List.of(1, shape.height(), shape.width(), shape.channels()), null);
  }

  private static ByteBuffer integers(int... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return bytes;
  }

  private int buffer(ByteBuffer bytes) {
    int length = bytes.remaining();
    if (length == 0) {
      buffers.add(table());
    } else {
      out.createUnintializedVector(1, length, ALIGNMENT).put(bytes);
      buffers.add(table(offset(TfliteSchema.BUFFER_DATA, out.endVector())));
    }
    return buffers.size() - 1;
  }

  /**
   * Adds a tensor and returns its index.
   *
   * @param data null where it is computed; then the batch, its first dimension, is free
   */
  private int tensor(
      String name, TfliteValues.Encoding encoding, List<Integer> shape, ByteBuffer data) {
    int[] sizes = shape.stream().mapToInt(i -> i).toArray();
    List<Field> fields = new ArrayList<>();
    fields.add(offset(TfliteSchema.TENSOR_SHAPE, ints(sizes)));
    fields.add(int8(TfliteSchema.TENSOR_TYPE, TfliteSchema.code(encoding.type())));
    fields.add(int32(TfliteSchema.TENSOR_BUFFER, data == null ? 0 : buffer(data)));
    fields.add(offset(TfliteSchema.TENSOR_NAME, out.createString(name)));
    if (encoding.scales().length > 0) {
      fields.add(offset(TfliteSchema.TENSOR_QUANTIZATION, quantization(encoding)));
    }
    if (data == null && !name.endsWith(".f32")) {
      sizes[0] = -1;
      fields.add(offset(TfliteSchema.TENSOR_SHAPE_SIGNATURE, ints(sizes)));
    }
    tensors.add(table(fields.toArray(Field[]::new)));
    return tensors.size() - 1;
  }

  private int quantization(TfliteValues.Encoding encoding) {
    float[] scales = encoding.scales();
    out.startVector(Float.BYTES, scales.length, Float.BYTES);
    for (int i = scales.length - 1; i >= 0; i--) {
      out.addFloat(scales[i]);
    }
    int scaleVector = out.endVector();
    out.startVector(Long.BYTES, scales.length, Long.BYTES);
    for (int i = 0; i < scales.length; i++) {
      out.addLong(encoding.zeroPoint());
    }
    int zeroVector = out.endVector();
    return table(
        offset(TfliteSchema.QUANTIZATION_SCALE, scaleVector),
        offset(TfliteSchema.QUANTIZATION_ZERO_POINT, zeroVector),
        int32(TfliteSchema.QUANTIZATION_AXIS, encoding.axis()));
  }

  /** Adds an operator; its output is what the picture has become. */
  private void operator(Op op, int options, int output, int... inputs) {
    if (!codes.contains(op)) {
      codes.add(op);
    }
    operators.add(
        table(
            int32(TfliteSchema.OPERATOR_CODE, codes.indexOf(op)),
            offset(TfliteSchema.OPERATOR_INPUTS, ints(inputs)),
            offset(TfliteSchema.OPERATOR_OUTPUTS, ints(output)),
            int8(TfliteSchema.OPERATOR_OPTIONS_TYPE, op.options),
            op.options == 0 ? () -> {} : offset(TfliteSchema.OPERATOR_OPTIONS, options)));
    at = output;
  }

  private int ints(int... values) {
    out.startVector(Integer.BYTES, values.length, Integer.BYTES);
    for (int i = values.length - 1; i >= 0; i--) {
      out.addInt(values[i]);
    }
    return out.endVector();
  }

  private int tables(List<Integer> offsets) {
    return out.createVectorOfTables(offsets.stream().mapToInt(i -> i).toArray());
  }

  /** A field of a table, that writes itself. */
  private interface Field {
    void write();
  }

  private Field int8(int number, int value) {
    return () -> out.addByte(number, (byte) value, 0);
  }

  private Field int32(int number, int value) {
    return () -> out.addInt(number, value, 0);
  }

  private Field float32(int number, float value) {
    return () -> out.addFloat(number, value, 0);
  }

  private Field offset(int number, int offset) {
    return () -> out.addOffset(number, offset, 0);
  }

  private int table(Field... fields) {
    out.startTable(8);
    for (Field field : fields) {
      field.write();
    }
    return out.endTable();
  }
}
