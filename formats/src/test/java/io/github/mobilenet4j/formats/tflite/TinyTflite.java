package io.github.mobilenet4j.formats.tflite;

import com.google.flatbuffers.FlatBufferBuilder;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes TFLite files with any of the ways in which converters write a MobileNet V1. */
final class TinyTflite {
  private static final int HARD_SWISH = 117;
  private static final int AVERAGE_POOL = 1;
  private static final int CONV = 3;
  private static final int DEPTHWISE = 4;
  private static final int DEQUANTIZE = 6;
  private static final int FULLY_CONNECTED = 9;
  private static final int RESHAPE = 22;
  private static final int SOFTMAX = 25;
  private static final int PAD = 34;
  private static final int MEAN = 40;

  private static final List<DataType> TYPE_CODES =
      Arrays.asList(
          DataType.F32,
          DataType.F16,
          DataType.I32,
          DataType.U8,
          null,
          null,
          null,
          null,
          null,
          DataType.I8);
  private static final float SCALE = 1 / 64f;
  private static final float INPUT_SCALE = 1 / 128f;
  private static final float FLOW_SCALE = 6f / 255;
  private static final float[] NONE = {};

  private final MobileNetV1 network;
  private final Weights.Folded weights;
  private final FlatBufferBuilder out = new FlatBufferBuilder();
  private final List<Integer> buffers = new ArrayList<>();
  private final List<Integer> tensors = new ArrayList<>();
  private final List<Integer> codes = new ArrayList<>();
  private final List<Integer> operators = new ArrayList<>();
  private int input;
  private int at;

  /** F32, F16 behind DEQUANTIZE, U8 with a scale a tensor, or I8 with a scale a channel. */
  DataType type = DataType.F32;

  /** Zeros by a PAD operator, as converters of PyTorch write them, instead of SAME. */
  boolean explicitPads;

  /** MEAN and FULLY_CONNECTED instead of AVERAGE_POOL_2D and CONV_2D. */
  boolean dense;

  /** Fused: 0 none, 1 ReLU, 3 ReLU6. */
  int activation = 3;

  /** Index of an operator that becomes a HARD_SWISH. */
  int wrongOperator = -1;

  TinyTflite(MobileNetV1 network, Weights.Folded weights) {
    this.network = network;
    this.weights = weights;
  }

  byte[] build() {
    tensor(DataType.F32, new int[0], new byte[0], new float[0], 0);
    input = tensor(flow(), input(), new byte[0], quantised() ? new float[] {INPUT_SCALE} : NONE, 0);
    at = input;
    for (Layer layer : network.layers()) {
      switch (layer) {
        case Layer.Convolution l -> convolution(l);
        case Layer.GlobalAveragePool l -> pool(l);
        case Layer.Dense l -> throw new IllegalArgumentException(l.name());
        case Layer.Classifier l -> classifier(l);
      }
    }
    operator(RESHAPE, 0, at);
    operator(SOFTMAX, 0, at);

    int graph = table(offsets(tensors), intVector(input), intVector(at), offsets(operators));
    int operatorCodes = offsets(codes);
    int graphs = offsets(List.of(graph));
    int data = offsets(buffers);
    out.startTable(5);
    out.addInt(0, 3, 0);
    out.addOffset(1, operatorCodes, 0);
    out.addOffset(2, graphs, 0);
    out.addOffset(4, data, 0);
    out.finish(out.endTable(), TfliteSchema.IDENTIFIER);
    return out.sizedByteArray();
  }

  /** Returns a file followed by a zip archive that holds one text file. */
  static byte[] withArchive(byte[] file, String name, String text) {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(file);
    try (ZipOutputStream zip = new ZipOutputStream(both)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return both.toByteArray();
  }

  private boolean quantised() {
    return type == DataType.U8 || type == DataType.I8;
  }

  /** Returns the type of what flows between the operators. */
  private DataType flow() {
    return type == DataType.F16 ? DataType.F32 : type;
  }

  private int[] input() {
    return new int[] {1, network.height(), network.width(), 3};
  }

  private void convolution(Layer.Convolution layer) {
    boolean padded = explicitPads && !(layer instanceof Layer.Pointwise);
    if (padded) {
      int top = network.padding(layer).before(layer.in().height(), layer.stride());
      int left = network.padding(layer).before(layer.in().width(), layer.stride());
      int[] zeros = {
        0,
        0,
        top,
        after(layer.in().height(), layer.stride(), top),
        left,
        after(layer.in().width(), layer.stride(), left),
        0,
        0
      };
      operator(PAD, 0, at, tensor(DataType.I32, new int[] {4, 2}, ints(zeros), NONE, 0));
    }
    boolean depthwise = layer instanceof Layer.Depthwise;
    int[] inputs = parameters(layer, depthwise ? "IHWO" : "OHWI");
    int valid = padded ? 1 : 0;
    int s = layer.stride();
    int options =
        depthwise ? options(valid, s, s, 1, activation) : options(valid, s, s, activation);
    operator(depthwise ? DEPTHWISE : CONV, options, inputs);
  }

  private int after(int size, int stride, int before) {
    return (network.padding().outputs(size, stride) - 1) * stride + 3 - size - before;
  }

  private void pool(Layer layer) {
    int h = layer.in().height();
    int w = layer.in().width();
    if (dense) {
      operator(MEAN, 0, at, tensor(DataType.I32, new int[] {2}, ints(1, 2), NONE, 0));
    } else {
      operator(AVERAGE_POOL, options(1, w, h, w, h), at);
    }
  }

  private void classifier(Layer layer) {
    int[] inputs = parameters(layer, dense ? "OI" : "OHWI");
    operator(dense ? FULLY_CONNECTED : CONV, dense ? 0 : options(0, 1, 1, 0), inputs);
  }

  /** Adds kernel and bias and returns the inputs of the layer's operator. */
  private int[] parameters(Layer layer, String axes) {
    KernelLayout layout = new KernelLayout(axes);
    int[] shape = layout.shape(layer).stream().mapToInt(i -> i).toArray();
    float[] kernel = layout.fromOurs(layer, weights.get(layer, Role.KERNEL));
    float[] bias = weights.get(layer, Role.BIAS);
    int from = at;
    int k;
    if (quantised()) {
      float[] scales = new float[type == DataType.U8 ? 1 : shape[axes.indexOf('O')]];
      Arrays.fill(scales, SCALE);
      byte[] q = new byte[kernel.length];
      for (int i = 0; i < q.length; i++) {
        q[i] = (byte) (Math.round(kernel[i] / SCALE) + zeroPoint());
      }
      k = tensor(type, shape, q, scales, axes.indexOf('O'));
    } else {
      k = tensor(type, shape, floats(type, kernel), NONE, 0);
      if (type == DataType.F16) {
        operator(DEQUANTIZE, 0, k);
        k = at;
      }
    }
    float step = SCALE * (from == input ? INPUT_SCALE : FLOW_SCALE);
    int[] whole = IntStream.range(0, bias.length).map(i -> Math.round(bias[i] / step)).toArray();
    int b =
        quantised()
            ? tensor(DataType.I32, new int[] {bias.length}, ints(whole), new float[] {step}, 0)
            : tensor(DataType.F32, new int[] {bias.length}, floats(DataType.F32, bias), NONE, 0);
    return new int[] {from, k, b};
  }

  private int zeroPoint() {
    return type == DataType.U8 ? 128 : 0;
  }

  private static byte[] floats(DataType type, float[] values) {
    ByteBuffer data = Tensor.of(type, List.of(values.length), values).data();
    byte[] bytes = new byte[data.limit()];
    data.get(bytes);
    return bytes;
  }

  private static byte[] ints(int... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return bytes.array();
  }

  private int tensor(DataType type, int[] shape, byte[] data, float[] scales, int axis) {
    int bytes = out.createByteVector(data);
    buffers.add(table(bytes));
    boolean activations = data.length == 0;
    int shapeVector = intVector(shape);
    int name = out.createString("t" + tensors.size());
    int scaleVector = vector(Float.BYTES, scales.length, i -> out.addFloat(scales[i]));
    long[] zeroPoints = new long[scales.length];
    Arrays.fill(
        zeroPoints, type == DataType.I32 ? 0 : activations ? activationZero() : zeroPoint());
    int zeroVector = vector(Long.BYTES, scales.length, i -> out.addLong(zeroPoints[i]));
    out.startTable(7);
    out.addOffset(2, scaleVector, 0);
    out.addOffset(3, zeroVector, 0);
    out.addInt(6, axis, 0);
    int quantization = out.endTable();
    out.startTable(5);
    out.addOffset(0, shapeVector, 0);
    out.addByte(1, (byte) TYPE_CODES.indexOf(type), 0);
    out.addInt(2, buffers.size() - 1, 0);
    out.addOffset(3, name, 0);
    out.addOffset(4, quantization, 0);
    tensors.add(out.endTable());
    return tensors.size() - 1;
  }

  /** Pixels lie around the middle in a uint8 file; every other activation begins at zero. */
  private int activationZero() {
    return type == DataType.I8 ? -128 : tensors.size() == 1 ? 128 : 0;
  }

  /** Adds an operator, which gives a new tensor: {@code at}. */
  private void operator(int code, int options, int... inputs) {
    at =
        tensor(
            flow(), new int[] {1}, new byte[0], quantised() ? new float[] {FLOW_SCALE} : NONE, 0);
    int number = operators.size() == wrongOperator ? HARD_SWISH : code;
    out.startTable(4);
    out.addByte(0, (byte) number, 0);
    out.addInt(3, number, 0);
    codes.add(out.endTable());
    int inputVector = intVector(inputs);
    int outputVector = intVector(at);
    out.startTable(5);
    out.addInt(0, codes.size() - 1, 0);
    out.addOffset(1, inputVector, 0);
    out.addOffset(2, outputVector, 0);
    out.addOffset(4, options, 0);
    operators.add(out.endTable());
  }

  /** Settings as integers, whose first byte serves for the fields that are bytes. */
  private int options(int... fields) {
    out.startTable(fields.length);
    for (int i = 0; i < fields.length; i++) {
      out.addInt(i, fields[i], Integer.MIN_VALUE);
    }
    return out.endTable();
  }

  private int table(int... offsets) {
    out.startTable(offsets.length);
    for (int i = 0; i < offsets.length; i++) {
      out.addOffset(i, offsets[i], 0);
    }
    return out.endTable();
  }

  private int offsets(List<Integer> tables) {
    return out.createVectorOfTables(tables.stream().mapToInt(i -> i).toArray());
  }

  private int intVector(int... values) {
    return vector(Integer.BYTES, values.length, i -> out.addInt(values[i]));
  }

  /** Adds elements from the last to the first, as a flatbuffer grows downwards. */
  private int vector(int bytes, int count, IntConsumer add) {
    out.startVector(bytes, count, bytes);
    for (int i = count - 1; i >= 0; i--) {
      add.accept(i);
    }
    return out.endVector();
  }
}
