package io.github.mobilenet4j.formats.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.formats.tflite.TfliteFile.Op;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Parameter;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Folding;
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
 * flatbuffer grows downwards: what is pointed to is written first. Field numbers are those of
 * {@link TfliteFile}'s schema.
 */
public final class TfliteWriter {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 16;

  /** Type codes of a tensor. */
  private static final int FLOAT32 = 0;

  private static final int INT32 = 2;

  /** Padding of a window. */
  private static final int SAME = 0;

  private static final int VALID = 1;

  private final MobileNetV1 network;
  private final Weights weights;
  private final FlatBufferBuilder out = new FlatBufferBuilder(1 << 20);
  private final List<Integer> buffers = new ArrayList<>();
  private final List<Integer> tensors = new ArrayList<>();
  private final List<Op> codes = new ArrayList<>();
  private final List<Integer> operators = new ArrayList<>();

  /** The tensor that the picture has become. */
  private int at;

  private TfliteWriter(MobileNetV1 network, Weights weights) {
    this.network = network;
    this.weights = weights;
  }

  /** Writes a model. */
  public static void write(Path path, Model model) {
    ByteBuffer file = new TfliteWriter(model.network(), model.weights()).build(model);
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
        case Layer.Classifier c -> classifier(c);
      }
    }
    int graph =
        table(
            offset(0, tables(tensors)),
            offset(1, ints(input)),
            offset(2, ints(at)),
            offset(3, tables(operators)),
            offset(4, out.createString("MobileNetV1")));
    StringBuilder json = new StringBuilder();
    Json.write(json, ModelFile.metadata(model));
    int described = buffer(ByteBuffer.wrap(json.toString().getBytes(StandardCharsets.UTF_8)));
    int metadata = table(offset(0, out.createString(TfliteFile.METADATA)), int32(1, described));
    List<Integer> operatorCodes =
        codes.stream()
            .map(op -> table(int8(0, op.code()), int32(2, 1), int32(3, op.code())))
            .toList();
    int root =
        table(
            int32(0, VERSION),
            offset(1, tables(operatorCodes)),
            offset(2, tables(List.of(graph))),
            offset(3, out.createString("mobilenet4j")),
            offset(4, tables(buffers)),
            offset(6, tables(List.of(metadata))));
    out.finish(root, TfliteFile.IDENTIFIER);
    return out.dataBuffer();
  }

  private void convolution(Layer.Convolution layer) {
    boolean depthwise = layer instanceof Layer.Depthwise;
    int stride = layer.stride();
    boolean same = pad(layer);
    Folding folding = Folding.of(layer, weights, network.epsilon());
    int kernel = kernel(layer, depthwise ? "IHWO" : "OHWI", folding.kernel());
    int bias = vector(layer, folding.bias());
    int window = same ? SAME : VALID;
    int activation = network.activation() == Activation.RELU6 ? 3 : 1;
    if (depthwise) {
      operator(
          Op.DEPTHWISE_CONV_2D,
          2,
          table(
              int8(0, window),
              int32(1, stride),
              int32(2, stride),
              int32(3, 1),
              int8(4, activation)),
          flow(layer.name(), layer.out()),
          at,
          kernel,
          bias);
    } else {
      operator(
          Op.CONV_2D,
          1,
          table(int8(0, window), int32(1, stride), int32(2, stride), int8(3, activation)),
          flow(layer.name(), layer.out()),
          at,
          kernel,
          bias);
    }
  }

  /** Returns whether SAME puts the windows where they belong; else writes the zeros. */
  private boolean pad(Layer.Convolution layer) {
    Shape in = layer.in();
    int stride = layer.stride();
    Padding padding = network.padding();
    int top = padding.before(in.height(), stride);
    int left = padding.before(in.width(), stride);
    if (layer instanceof Layer.Pointwise
        || top == Padding.SAME.before(in.height(), stride)
            && left == Padding.SAME.before(in.width(), stride)) {
      return true;
    }
    int bottom = (layer.out().height() - 1) * stride + 3 - in.height() - top;
    int right = (layer.out().width() - 1) * stride + 3 - in.width() - left;
    String name = layer.name() + ".pad";
    int zeros =
        tensor(
            name + ".zeros", INT32, List.of(4, 2), integers(0, 0, top, bottom, left, right, 0, 0));
    Shape padded = new Shape(top + in.height() + bottom, left + in.width() + right, in.channels());
    operator(Op.PAD, 22, table(), flow(name, padded), at, zeros);
    return false;
  }

  private void pool(Layer.GlobalAveragePool layer) {
    Shape in = layer.in();
    int options =
        table(
            int8(0, VALID), int32(1, 1), int32(2, 1), int32(3, in.width()), int32(4, in.height()));
    operator(Op.AVERAGE_POOL_2D, 5, options, flow(layer.name(), layer.out()), at);
  }

  private void classifier(Layer.Classifier layer) {
    int kernel = kernel(layer, "OI", weights.get(layer, Role.KERNEL));
    int bias = vector(layer, weights.get(layer, Role.BIAS));
    int logits = tensor("logits", FLOAT32, List.of(1, network.classes()), null);
    operator(Op.FULLY_CONNECTED, 8, table(), logits, at, kernel, bias);
  }

  private int kernel(Layer layer, String axes, float[] values) {
    KernelLayout layout = new KernelLayout(axes);
    return tensor(
        Parameter.name(layer, Role.KERNEL),
        FLOAT32,
        layout.shape(layer),
        floats(layout.fromOurs(layer, values)));
  }

  private int vector(Layer layer, float[] values) {
    return tensor(
        Parameter.name(layer, Role.BIAS), FLOAT32, List.of(values.length), floats(values));
  }

  private int flow(String name, Shape shape) {
    return tensor(name, FLOAT32, List.of(1, shape.height(), shape.width(), shape.channels()), null);
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
      buffers.add(table(offset(0, out.endVector())));
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
    fields.add(offset(0, ints(sizes)));
    fields.add(int8(1, type));
    fields.add(int32(2, data == null ? 0 : buffer(data)));
    fields.add(offset(3, out.createString(name)));
    if (data == null) {
      sizes[0] = -1;
      fields.add(offset(7, ints(sizes)));
    }
    tensors.add(table(fields.toArray(Field[]::new)));
    return tensors.size() - 1;
  }

  /** Adds an operator; its output is what the picture has become. */
  private void operator(Op op, int optionsType, int options, int output, int... inputs) {
    if (!codes.contains(op)) {
      codes.add(op);
    }
    operators.add(
        table(
            int32(0, codes.indexOf(op)),
            offset(1, ints(inputs)),
            offset(2, ints(output)),
            int8(3, optionsType),
            offset(4, options)));
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
