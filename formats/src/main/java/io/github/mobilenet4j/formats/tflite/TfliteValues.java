package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** What the tensors of a graph are written as. */
sealed interface TfliteValues {
  /**
   * A type and what its integers stand for.
   *
   * @param scales none for floats
   * @param axis that several scales belong to
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Encoding(DataType type, float[] scales, int zeroPoint, int axis) {
    static final Encoding FLOATS = of(DataType.F32);

    static Encoding of(DataType type) {
      return new Encoding(type, new float[0], 0, 0);
    }

    static Encoding of(DataType type, Quantization quantization) {
      float[] scales = {quantization.scale()};
      return new Encoding(type, scales, quantization.zeroPoint(), 0);
    }

    /** Returns the same values as unsigned bytes if these are signed, and the other way. */
    Encoding otherSign() {
      boolean signed = type == DataType.I8;
      return new Encoding(
          signed ? DataType.U8 : DataType.I8, scales, zeroPoint + (signed ? 128 : -128), axis);
    }
  }

  /** A tensor that does not depend on the image. */
  record Constant(Encoding encoding, ByteBuffer data) {}

  /** Returns what goes into the first convolution. */
  Encoding input();

  /** Returns what comes out of a layer. */
  Encoding after(Layer layer);

  Constant kernel(Layer layer, KernelLayout layout);

  Constant bias(Layer layer);

  /** Returns whether a layer behind the pooling is a FULLY_CONNECTED, and not a convolution. */
  boolean isFullyConnected(Layer layer);

  /** Returns whether the pooling is MEAN. */
  boolean isMean();

  /** Floats; kernels in 16 or 32 bits. */
  record Floats(Weights.Folded weights, DataType kernels) implements TfliteValues {
    @Override
    public Encoding input() {
      return Encoding.FLOATS;
    }

    @Override
    public Encoding after(Layer layer) {
      return Encoding.FLOATS;
    }

    @Override
    public Constant kernel(Layer layer, KernelLayout layout) {
      float[] values = layout.fromOurs(layer, weights.get(layer, Role.KERNEL));
      return new Constant(
          Encoding.of(kernels), Tensor.of(kernels, layout.shape(layer), values).data());
    }

    @Override
    public Constant bias(Layer layer) {
      float[] values = weights.get(layer, Role.BIAS);
      return new Constant(
          Encoding.FLOATS, Tensor.of(DataType.F32, List.of(values.length), values).data());
    }

    @Override
    public boolean isFullyConnected(Layer layer) {
      return true;
    }

    @Override
    public boolean isMean() {
      return false;
    }
  }

  /** Integers, for the operators that compute with them as the model does. */
  record Integers(MobileNetV1 network, Weights.Quantized weights) implements TfliteValues {
    /**
     * Checks every layer.
     *
     * @throws MobileNetException if TensorFlow Lite has no operator for one
     */
    public Integers {
      boolean signed = weights.type() == DataType.I8;
      for (Layer layer : network.layers()) {
        QuantizedLayer integers = weights.layer(layer);
        if (integers == null) {
          continue;
        }
        boolean dense = integers.rounding() == QuantizedLayer.Rounding.ONCE;
        boolean one = integers.scales().length == 1;
        QuantizedLayer.Product product =
            signed && !(dense && one && layer.out().channels() == 1)
                ? integers.product()
                : QuantizedLayer.Product.SINGLE;
        boolean fits =
            integers.type() == weights.type()
                && integers.product() == product
                && (signed
                    ? integers.zeroPoint() == 0
                        && (product == QuantizedLayer.Product.DOUBLE || dense && one)
                    : one && !dense)
                && !(dense && layer instanceof Layer.Convolution);
        if (!fits) {
          throw new MobileNetException(
              ("TensorFlow Lite has no operator that computes as layer %s does: %s with zero point"
                      + " %s and %s scales behind %s, product %s, rounded %s")
                  .formatted(
                      layer.name(),
                      integers.type(),
                      integers.zeroPoint(),
                      integers.scales().length,
                      weights.type(),
                      integers.product(),
                      integers.rounding()));
        }
      }
    }

    @Override
    public Encoding input() {
      return Encoding.of(weights.type(), weights.input());
    }

    @Override
    public Encoding after(Layer layer) {
      return Encoding.of(weights.type(), weights.after(layer));
    }

    /** A FULLY_CONNECTED of one scale multiplies scales otherwise than one of several. */
    private float[] scales(Layer layer) {
      QuantizedLayer integers = weights.layer(layer);
      float[] scales = integers.scales();
      boolean same = isFullyConnected(layer) && integers.product() == QuantizedLayer.Product.DOUBLE;
      if (!same || scales.length > 1) {
        return scales;
      }
      float[] repeated = new float[integers.channels()];
      Arrays.fill(repeated, scales[0]);
      return repeated;
    }

    @Override
    public Constant kernel(Layer layer, KernelLayout layout) {
      QuantizedLayer integers = weights.layer(layer);
      float[] scales = scales(layer);
      // Of a single scale XNNPACK takes no other axis than the first: it would leave the layer out.
      int axis = scales.length == 1 ? 0 : layout.axes().indexOf('O');
      return new Constant(
          new Encoding(integers.type(), scales, integers.zeroPoint(), axis),
          ByteBuffer.wrap(layout.fromOurs(layer, integers.kernel())));
    }

    @Override
    public Constant bias(Layer layer) {
      QuantizedLayer integers = weights.layer(layer);
      float[] scales = scales(layer).clone();
      for (int i = 0; i < scales.length; i++) {
        scales[i] *= weights.before(layer).scale();
      }
      int[] bias = integers.bias();
      ByteBuffer data =
          ByteBuffer.allocate(bias.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      data.asIntBuffer().put(bias);
      return new Constant(new Encoding(DataType.I32, scales, 0, 0), data);
    }

    @Override
    public boolean isFullyConnected(Layer layer) {
      return weights.layer(layer).rounding() == QuantizedLayer.Rounding.ONCE;
    }

    @Override
    public boolean isMean() {
      return weights.ends().mean();
    }
  }
}
