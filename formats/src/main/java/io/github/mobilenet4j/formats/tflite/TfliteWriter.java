package io.github.mobilenet4j.formats.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.formats.tflite.TfliteSchema.Op;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.network.Shape;
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

/**
 * Writes the graph that computes the logits, and the labels in a zip archive behind it. A
 * flatbuffer grows downwards: what is pointed to is written first.
 */
public final class TfliteWriter {
  private static final int ALIGNMENT = 16;

  private final MobileNetV1 network;
  private final Weights.Folded weights;
  private final FlatBufferBuilder out = new FlatBufferBuilder(1 << 20);
  private final List<Integer> buffers = new ArrayList<>();
  private final List<Integer> tensors = new ArrayList<>();
  private final List<Op> codes = new ArrayList<>();
  private final List<Integer> operators = new ArrayList<>();

  /** The tensor that the picture has become. */
  private int at;

  private TfliteWriter(MobileNetV1 network, Weights.Folded weights) {
    this.network = network;
    this.weights = weights;
  }

  /** Writes a model. */
  public static void write(Path path, Model model) {
    ByteBuffer file =
        new TfliteWriter(model.network(), model.weights().folded(model.network())).build(model);
    AtomicFile.write(
        path,
        channel -> {
          while (file.hasRemaining()) {
            channel.write(file);
          }
          AppendedLabels.append(Channels.newOutputStream(channel), model.labels());
        });
  }

  ByteBuffer build(Model model) {
    // Buffer 0 is empty by the schema, for tensors that are computed.
    buffer(ByteBuffer.allocate(0));
    at = flow("x", network.input());
    int input = at;
    for (Layer layer : network.layers()) {
      switch (layer) {
        case Layer.Convolution c -> convolution(c);
        case Layer.GlobalAveragePool p -> pool(p);
        case Layer.Dense d -> fullyConnected(d, TfliteSchema.RELU);
        case Layer.Classifier c -> fullyConnected(c, TfliteSchema.NO_ACTIVATION);
      }
    }
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
                    int32(TfliteSchema.CODE_VERSION, 1),
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

  private void convolution(Layer.Convolution layer) {
    boolean depthwise = layer instanceof Layer.Depthwise;
    int stride = layer.stride();
    boolean same = pad(layer);
    int kernel = kernel(layer, depthwise ? "IHWO" : "OHWI", weights.get(layer, Role.KERNEL));
    int bias = vector(layer, weights.get(layer, Role.BIAS));
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
        flow(layer.name(), layer.out()),
        at,
        kernel,
        bias);
  }

  /** Returns whether SAME puts the windows where they belong; else writes the zeros. */
  private boolean pad(Layer.Convolution layer) {
    Shape in = layer.in();
    int stride = layer.stride();
    Padding padding = network.padding();
    if (layer instanceof Layer.Pointwise
        || padding.isSame(in.height(), stride) && padding.isSame(in.width(), stride)) {
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
            TfliteSchema.INT32,
            List.of(4, 2),
            integers(0, 0, top, bottom, left, right, 0, 0));
    Shape padded = new Shape(top + in.height() + bottom, left + in.width() + right, in.channels());
    operator(Op.PAD, table(), flow(name, padded), at, zeros);
    return false;
  }

  private void pool(Layer.GlobalAveragePool layer) {
    Shape in = layer.in();
    int options =
        table(
            int8(TfliteSchema.PADDING, TfliteSchema.VALID),
            int32(TfliteSchema.STRIDE, 1),
            int32(TfliteSchema.STRIDE + 1, 1),
            int32(TfliteSchema.POOL_WIDTH, in.width()),
            int32(TfliteSchema.POOL_HEIGHT, in.height()));
    operator(Op.AVERAGE_POOL_2D, options, flow(layer.name(), layer.out()), at);
  }

  private void fullyConnected(Layer layer, int activation) {
    int kernel = kernel(layer, "OI", weights.get(layer, Role.KERNEL));
    int bias = vector(layer, weights.get(layer, Role.BIAS));
    String name = layer instanceof Layer.Classifier ? "logits" : layer.name();
    operator(
        Op.FULLY_CONNECTED,
        table(int8(TfliteSchema.DENSE_ACTIVATION, activation)),
        tensor(name, TfliteSchema.FLOAT32, List.of(1, layer.out().channels()), null),
        at,
        kernel,
        bias);
  }

  private int kernel(Layer layer, String axes, float[] values) {
    KernelLayout layout = new KernelLayout(axes);
    return tensor(
        Parameter.name(layer, Role.KERNEL),
        TfliteSchema.FLOAT32,
        layout.shape(layer),
        floats(layout.fromOurs(layer, values)));
  }

  private int vector(Layer layer, float[] values) {
    return tensor(
        Parameter.name(layer, Role.BIAS),
        TfliteSchema.FLOAT32,
        List.of(values.length),
        floats(values));
  }

  private int flow(String name, Shape shape) {
    return tensor(
        name,
        TfliteSchema.FLOAT32,
        List.of(1, shape.height(), shape.width(), shape.channels()),
        null);
  }

  private static ByteBuffer floats(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
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
  private int tensor(String name, int type, List<Integer> shape, ByteBuffer data) {
    int[] sizes = shape.stream().mapToInt(i -> i).toArray();
    List<Field> fields = new ArrayList<>();
    fields.add(offset(TfliteSchema.TENSOR_SHAPE, ints(sizes)));
    fields.add(int8(TfliteSchema.TENSOR_TYPE, type));
    fields.add(int32(TfliteSchema.TENSOR_BUFFER, data == null ? 0 : buffer(data)));
    fields.add(offset(TfliteSchema.TENSOR_NAME, out.createString(name)));
    if (data == null) {
      sizes[0] = -1;
      fields.add(offset(TfliteSchema.TENSOR_SHAPE_SIGNATURE, ints(sizes)));
    }
    tensors.add(table(fields.toArray(Field[]::new)));
    return tensors.size() - 1;
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
            offset(TfliteSchema.OPERATOR_OPTIONS, options)));
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
