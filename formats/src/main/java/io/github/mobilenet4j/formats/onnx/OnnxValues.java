package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Weights;
import java.util.Arrays;
import java.util.List;

/** What a graph's constants are written as, and what is done to the values between its layers. */
sealed interface OnnxValues {
  /** Adds what is done to the input, and returns the name of what comes out. */
  String input(String at);

  /** Adds a layer's kernel and returns the name of its floats. */
  String kernel(Layer layer, KernelLayout layout);

  /** Adds a layer's bias and returns the name of its floats. */
  String bias(Layer layer);

  /** Returns whether the activation behind a convolution is a node. */
  boolean isActivated(Layer.Convolution layer, Activation activation);

  /**
   * Adds what is done to a layer's output.
   *
   * @param name what the output is called then
   * @param at what it is called now
   * @return what it is called then
   */
  String after(Layer layer, String name, String at);

  /** Returns what a layer's output is called before {@link #after}. */
  String before(String name);

  /** Floats. */
  record Floats(OnnxNodes nodes, Weights weights) implements OnnxValues {
    @Override
    public String input(String at) {
      return at;
    }

    @Override
    public String kernel(Layer layer, KernelLayout layout) {
      float[] values = weights.get(layer, Role.KERNEL);
      return nodes.floats(
          Parameter.name(layer, Role.KERNEL), layout.fromOurs(layer, values), layout.shape(layer));
    }

    @Override
    public String bias(Layer layer) {
      return vector(layer, Role.BIAS);
    }

    String vector(Layer layer, Role role) {
      float[] values = weights.get(layer, role);
      return nodes.floats(Parameter.name(layer, role), values, List.of(values.length));
    }

    @Override
    public boolean isActivated(Layer.Convolution layer, Activation activation) {
      return true;
    }

    @Override
    public String after(Layer layer, String name, String at) {
      return at;
    }

    @Override
    public String before(String name) {
      return name;
    }
  }

  /**
   * Integers between QuantizeLinear and DequantizeLinear. Activations are unsigned: what is signed
   * is moved by 128, and its zero point too.
   *
   * @param kernels the type of the kernels: U8, which ONNX Runtime multiplies exactly everywhere,
   *     or I8, which is faster, but on processors without VNNI has sums of 16 bits that saturate
   */
  record Integers(OnnxNodes nodes, MobileNetV1 network, Weights.Quantized weights, DataType kernels)
      implements OnnxValues {
    private static final int SIGN = 128;

    @Override
    public String input(String at) {
      return rounded(weights.input(), at + ".rounded", at);
    }

    @Override
    public String kernel(Layer layer, KernelLayout layout) {
      QuantizedLayer integers = weights.layer(layer);
      String name = Parameter.name(layer, Role.KERNEL);
      byte[] bytes = layout.fromOurs(layer, integers.kernel());
      int zeroPoint = integers.zeroPoint();
      if (integers.type() != kernels) {
        bytes = bytes.clone();
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] ^= (byte) SIGN;
        }
        zeroPoint += kernels == DataType.U8 ? SIGN : -SIGN;
      }
      float[] scales = integers.scales();
      byte[] zeroPoints = new byte[scales.length];
      Arrays.fill(zeroPoints, (byte) zeroPoint);
      List<Integer> shape = shape(scales);
      return nodes.node(
          "DequantizeLinear",
          name,
          List.of(OnnxNodes.integer("axis", layout.axes().indexOf('O'))),
          nodes.bytes(name + ".integers", kernels, bytes, layout.shape(layer)),
          nodes.floats(name + ".scale", scales, shape),
          nodes.bytes(name + ".zero_point", kernels, zeroPoints, shape));
    }

    @Override
    public String bias(Layer layer) {
      QuantizedLayer integers = weights.layer(layer);
      String name = Parameter.name(layer, Role.BIAS);
      float[] scales = integers.scales().clone();
      for (int i = 0; i < scales.length; i++) {
        scales[i] *= weights.before(layer).scale();
      }
      return nodes.node(
          "DequantizeLinear",
          name,
          List.of(OnnxNodes.integer("axis", 0)),
          nodes.ints(name + ".integers", integers.bias()),
          nodes.floats(name + ".scale", scales, shape(scales)));
    }

    /** Of one scale it is a number. */
    private static List<Integer> shape(float[] scales) {
      return scales.length == 1 ? List.of() : List.of(scales.length);
    }

    /**
     * Where the range of the integers ends at 6 but for its rounding, it clamps as well; with a
     * node that clamps to less, ONNX Runtime would not compute in integers.
     */
    @Override
    public boolean isActivated(Layer.Convolution layer, Activation activation) {
      if (activation == Activation.RELU) {
        return true;
      }
      Quantization after = weights.after(layer);
      int most = weights.type() == DataType.I8 ? Byte.MAX_VALUE : 255;
      return after.real(most) <= activation.ceiling()
          || after.quantized(activation.ceiling(), weights.type()) < most
          || after.real(most - 255) < 0;
    }

    @Override
    public String after(Layer layer, String name, String at) {
      return rounded(weights.after(layer), name, at);
    }

    @Override
    public String before(String name) {
      return name + ".exact";
    }

    private String rounded(Quantization to, String name, String at) {
      int zeroPoint = to.zeroPoint() + (weights.type() == DataType.I8 ? SIGN : 0);
      String scale = nodes.floats(name + ".scale", new float[] {to.scale()}, List.of());
      String zero =
          nodes.bytes(name + ".zero_point", DataType.U8, new byte[] {(byte) zeroPoint}, List.of());
      String integers =
          nodes.node("QuantizeLinear", name + ".integers", List.of(), at, scale, zero);
      return nodes.node("DequantizeLinear", name, List.of(), integers, scale, zero);
    }
  }
}
