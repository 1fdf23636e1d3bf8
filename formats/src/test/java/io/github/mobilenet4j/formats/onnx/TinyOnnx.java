package io.github.mobilenet4j.formats.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes ONNX files with any of the ways in which converters write a MobileNet V1. */
final class TinyOnnx {
  /** Where the zeros at the border come from. */
  enum Pad {
    AUTO,
    ATTRIBUTE,
    SEPARATE,
    COMPUTED
  }

  /** What becomes of BatchNorm. */
  enum Norm {
    KEPT,
    KEPT_WITH_BIAS,
    PRODUCT_AND_SUM,
    FOLDED
  }

  /** What becomes of ReLU6. */
  enum Limits {
    CLIP,
    RELU_MIN,
    MAX_MIN
  }

  /** Pooling, flattening and the classifier. */
  enum Head {
    POOL_FLATTEN_GEMM,
    MEAN_MATMUL,
    CONVOLUTION,
    KERAS
  }

  private static final int FLOAT = 1;
  private static final int INT64 = 7;

  private final MobileNetV1 network;
  private final Weights weights;
  private final Message graph = new Message();
  private String at = "x";
  private int nodes;
  private int constants;

  /** NHWC pictures and paddings, transposed around each convolution. */
  boolean channelsLast;

  Pad padding = Pad.AUTO;
  Norm norm = Norm.KEPT;
  Limits limits = Limits.CLIP;
  Head head = Head.POOL_FLATTEN_GEMM;

  /** Kernels as Keras has them, and nodes that turn them. */
  boolean transposedKernels;

  boolean softmax;

  /** Index of a node that becomes a Tanh. */
  int wrongNode = -1;

  TinyOnnx(MobileNetV1 network, Weights weights) {
    this.network = network;
    this.weights = weights;
  }

  byte[] build() {
    for (Layer layer : network.layers()) {
      switch (layer) {
        case Layer.Convolution l -> convolution(l);
        case Layer.GlobalAveragePool l -> pool(l);
        case Layer.Dense l -> throw new IllegalArgumentException(l.name());
        case Layer.Classifier l -> classifier(l);
      }
    }
    if (softmax) {
      node("Softmax", "softmax", List.of(integer("axis", 1)), at);
    }
    graph.message(11, value("x", channelsLast ? List.of(33, 47, 3) : List.of(3, 33, 47)));
    graph.message(12, value(at, List.of()));
    return new Message()
        .integer(1, 8)
        .text(2, "tiny")
        .message(7, graph.text(2, "tiny"))
        .message(8, new Message().text(1, "").integer(2, 13))
        .bytes()
        .toByteArray();
  }

  private void convolution(Layer.Convolution l) {
    int k = l.out().channels();
    boolean depthwise = l instanceof Layer.Depthwise;
    boolean spatial = depthwise || l instanceof Layer.Standard;
    List<Message> attributes = new ArrayList<>();
    attributes.add(integers("strides", l.stride(), l.stride()));
    attributes.add(integer("group", depthwise ? k : 1));
    if (spatial) {
      border(l, attributes);
    }
    float[] scale = new float[k];
    float[] shift = new float[k];
    for (int i = 0; i < k; i++) {
      scale[i] =
          (float)
              (value(l, Role.GAMMA, i) / Math.sqrt(value(l, Role.VARIANCE, i) + network.epsilon()));
      shift[i] = value(l, Role.BETA, i) - value(l, Role.MEAN, i) * scale[i];
    }
    float[] ours = weights.get(l, Role.KERNEL).clone();
    if (norm == Norm.FOLDED) {
      for (int i = 0; i < ours.length; i++) {
        ours[i] *= scale[i % k];
      }
    }
    List<String> inputs = new ArrayList<>(List.of(at, kernel(l, ours)));
    float[] mean = weights.get(l, Role.MEAN).clone();
    if (norm == Norm.FOLDED) {
      inputs.add(floats(shift, k));
    } else if (norm == Norm.KEPT_WITH_BIAS) {
      inputs.add(floats(filled(k, 0.5f), k));
      for (int i = 0; i < k; i++) {
        mean[i] += 0.5f;
      }
    }
    toChannelsFirst(inputs);
    node("Conv", l.name(), attributes, inputs.toArray(String[]::new));
    switch (norm) {
      case KEPT, KEPT_WITH_BIAS ->
          node(
              "BatchNormalization",
              l.name() + ".norm",
              List.of(number("epsilon", (float) network.epsilon())),
              at,
              floats(weights.get(l, Role.GAMMA), k),
              floats(weights.get(l, Role.BETA), k),
              floats(mean, k),
              floats(weights.get(l, Role.VARIANCE), k));
      case PRODUCT_AND_SUM -> {
        node("Mul", l.name() + ".mul", List.of(), floats(scale, 1, k, 1, 1), at);
        node("Add", l.name() + ".add", List.of(), at, floats(shift, k, 1, 1));
      }
      case FOLDED -> {}
    }
    toChannelsLast();
    limit(l.name());
  }

  private float value(Layer layer, Role role, int i) {
    return weights.get(layer, role)[i];
  }

  private void border(Layer.Convolution l, List<Message> attributes) {
    int rows = before(l.in().height(), l.stride());
    int columns = before(l.in().width(), l.stride());
    int rowsAfter = after(l.in().height(), l.stride());
    int columnsAfter = after(l.in().width(), l.stride());
    switch (padding) {
      case AUTO ->
          attributes.add(new Message().text(1, "auto_pad").text(4, "SAME_UPPER").integer(20, 3));
      case ATTRIBUTE -> attributes.add(integers("pads", rows, columns, rowsAfter, columnsAfter));
      case SEPARATE, COMPUTED -> {
        String amounts =
            channelsLast
                ? longs(0, rows, columns, 0, 0, rowsAfter, columnsAfter, 0)
                : longs(0, 0, rows, columns, 0, 0, rowsAfter, columnsAfter);
        if (padding == Pad.COMPUTED) {
          amounts = computed(amounts, l.name());
        }
        node("Pad", l.name() + ".pad", List.of(), at, amounts);
      }
    }
  }

  private static int before(int size, int stride) {
    return Padding.SAME.before(size, stride);
  }

  private static int after(int size, int stride) {
    return (Padding.SAME.outputs(size, stride) - 1) * stride + 3 - size - before(size, stride);
  }

  /** Adds shape − shape, which only the run of the graph knows to be zero. */
  private String computed(String amounts, String name) {
    String before = at;
    node("Shape", name + ".shape", List.of(), before);
    node("Sub", name + ".zero", List.of(), at, at);
    node("Concat", name + ".zeros", List.of(integer("axis", 0)), at, at);
    node("Add", name + ".amounts", List.of(), at, amounts);
    String sum = at;
    at = before;
    return sum;
  }

  private String kernel(Layer l, float[] ours) {
    KernelLayout layout = new KernelLayout("OIHW");
    if (!transposedKernels) {
      return floats(layout.fromOurs(l, ours), ints(layout.shape(l)));
    }
    boolean depthwise = l instanceof Layer.Depthwise;
    KernelLayout keras = new KernelLayout(depthwise ? "HWOI" : "HWIO");
    String before = at;
    node(
        "Transpose",
        l.name() + ".turned",
        List.of(integers("perm", depthwise ? new long[] {2, 3, 0, 1} : new long[] {3, 2, 0, 1})),
        floats(keras.fromOurs(l, ours), ints(keras.shape(l))));
    node("Reshape", l.name() + ".shaped", List.of(), at, longs(toLongs(layout.shape(l))));
    String turned = at;
    at = before;
    return turned;
  }

  private void limit(String name) {
    switch (limits) {
      case CLIP -> node("Clip", name + ".clip", List.of(), at, floats(new float[1]), six());
      case RELU_MIN -> {
        node("Relu", name + ".relu", List.of(), at);
        node("Min", name + ".min", List.of(), at, six());
      }
      case MAX_MIN -> {
        node("Max", name + ".max", List.of(), floats(new float[1]), at);
        node("Min", name + ".min", List.of(), at, six());
      }
    }
  }

  private String six() {
    return floats(new float[] {6});
  }

  private void pool(Layer l) {
    switch (head) {
      case POOL_FLATTEN_GEMM -> {
        toChannelsFirst();
        node("GlobalAveragePool", l.name(), List.of(), at);
        node("Flatten", "flatten", List.of(), at);
      }
      case MEAN_MATMUL ->
          node(
              "ReduceMean",
              l.name(),
              List.of(
                  channelsLast ? integers("axes", 1, 2) : integers("axes", -2, -1),
                  integer("keepdims", 0)),
              at);
      case CONVOLUTION -> {
        toChannelsFirst();
        node(
            "AveragePool",
            l.name(),
            List.of(integers("kernel_shape", l.in().height(), l.in().width())),
            at);
      }
      case KERAS -> {
        toChannelsFirst();
        node("GlobalAveragePool", l.name(), List.of(), at);
        node("Reshape", "shaped", List.of(), at, longs(-1, 1, 1, l.in().channels()));
        node("Transpose", "turned", List.of(integers("perm", 0, 3, 1, 2)), at);
      }
    }
  }

  private void classifier(Layer l) {
    int classes = l.out().channels();
    float[] kernel = weights.get(l, Role.KERNEL);
    String bias = floats(weights.get(l, Role.BIAS), classes);
    switch (head) {
      case POOL_FLATTEN_GEMM ->
          node("Gemm", l.name(), List.of(), at, floats(kernel, l.in().channels(), classes), bias);
      case MEAN_MATMUL -> {
        node("MatMul", l.name(), List.of(), at, floats(kernel, l.in().channels(), classes));
        node("Add", "bias", List.of(), at, bias);
      }
      case CONVOLUTION -> {
        KernelLayout layout = new KernelLayout("OIHW");
        String turned = floats(layout.fromOurs(l, kernel), ints(layout.shape(l)));
        node("Conv", l.name(), List.of(), at, turned, bias);
        node("Squeeze", "squeeze", List.of(), at, longs(2, 3));
      }
      case KERAS -> {
        KernelLayout layout = new KernelLayout("OIHW");
        node(
            "Conv",
            l.name(),
            List.of(),
            at,
            floats(layout.fromOurs(l, kernel), ints(layout.shape(l))));
        node("Transpose", "back", List.of(integers("perm", 0, 2, 3, 1)), at);
        node("Add", "bias", List.of(), at, floats(weights.get(l, Role.BIAS), 1, 1, 1, classes));
        node("Reshape", "flat", List.of(), at, longs(-1, classes));
      }
    }
  }

  private void toChannelsFirst(List<String> inputs) {
    toChannelsFirst();
    inputs.set(0, at);
  }

  private void toChannelsFirst() {
    if (channelsLast) {
      node("Transpose", "first" + nodes, List.of(integers("perm", 0, 3, 1, 2)), at);
    }
  }

  private void toChannelsLast() {
    if (channelsLast) {
      node("Transpose", "last" + nodes, List.of(integers("perm", 0, 2, 3, 1)), at);
    }
  }

  /** Adds a node, whose output is the new {@code at}. */
  private void node(String op, String name, List<Message> attributes, String... inputs) {
    Message node = new Message();
    boolean wrong = nodes == wrongNode;
    Arrays.stream(inputs).limit(wrong ? 1 : inputs.length).forEach(input -> node.text(1, input));
    at = "out" + nodes++;
    node.text(2, at).text(3, name).text(4, wrong ? "Tanh" : op);
    if (!wrong) {
      attributes.forEach(attribute -> node.message(5, attribute));
    }
    graph.message(1, node);
  }

  private static Message integer(String name, long value) {
    return new Message().text(1, name).integer(3, value).integer(20, 2);
  }

  private static Message number(String name, float value) {
    return new Message().text(1, name).number(2, value).integer(20, 1);
  }

  private static Message integers(String name, long... values) {
    Message attribute = new Message().text(1, name);
    Arrays.stream(values).forEach(value -> attribute.integer(8, value));
    return attribute.integer(20, 7);
  }

  private String floats(float[] values, int... shape) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(values);
    return constant(FLOAT, raw, Arrays.stream(shape).asLongStream().toArray());
  }

  private String longs(long... values) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    return constant(INT64, raw, values.length);
  }

  private String constant(int type, ByteBuffer raw, long... shape) {
    String name = "constant" + constants++;
    Message tensor = new Message();
    Arrays.stream(shape).forEach(size -> tensor.integer(1, size));
    graph.message(5, tensor.integer(2, type).text(8, name).bytes(9, ByteString.copyFrom(raw)));
    return name;
  }

  private static Message value(String name, List<Integer> shape) {
    Message dimensions = new Message();
    if (!shape.isEmpty()) {
      dimensions.message(1, new Message().text(2, "n"));
      shape.forEach(size -> dimensions.message(1, new Message().integer(1, size)));
    }
    Message type = new Message().integer(1, FLOAT);
    if (!shape.isEmpty()) {
      type.message(2, dimensions);
    }
    return new Message().text(1, name).message(2, new Message().message(1, type));
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(i -> i).toArray();
  }

  private static long[] toLongs(List<Integer> values) {
    return values.stream().mapToLong(i -> i).toArray();
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }

  /** A protobuf message that grows field by field. */
  private static final class Message {
    private final ByteString.Output bytes = ByteString.newOutput();
    private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

    private interface Write {
      void run() throws IOException;
    }

    private Message write(Write write) {
      try {
        write.run();
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    Message integer(int field, long value) {
      return write(() -> out.writeInt64(field, value));
    }

    Message number(int field, float value) {
      return write(() -> out.writeFloat(field, value));
    }

    Message text(int field, String value) {
      return write(() -> out.writeString(field, value));
    }

    Message bytes(int field, ByteString value) {
      return write(() -> out.writeBytes(field, value));
    }

    Message message(int field, Message value) {
      return bytes(field, value.bytes());
    }

    ByteString bytes() {
      write(out::flush);
      return bytes.toByteString();
    }
  }
}
