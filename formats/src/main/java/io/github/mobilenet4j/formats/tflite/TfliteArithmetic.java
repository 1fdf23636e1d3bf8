package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.QuantizedLayer.Product;
import io.github.mobilenet4j.weights.QuantizedLayer.Rounding;
import io.github.mobilenet4j.weights.Weights;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Integers that ONNX Runtime computes with as TensorFlow Lite does: the same numbers, other
 * rounding. Where all kernels are symmetric they become int8, else uint8 with a scale a tensor.
 */
record TfliteArithmetic(MobileNetV1 network, Weights.Quantized weights, DataType type) {
  private static final int SIGN = 128;

  /**
   * Returns weights that TensorFlow Lite has operators for, those that are so already as they are.
   *
   * @throws MobileNetException if it has none for a kernel
   */
  static Weights.Quantized of(MobileNetV1 network, Weights.Quantized weights) {
    if (weights.layer(network.stem()).rounding() != Rounding.FLOAT) {
      return weights;
    }
    boolean symmetric = true;
    for (Layer layer : network.layers()) {
      QuantizedLayer integers = weights.layer(layer);
      symmetric &=
          integers == null || integers.zeroPoint() == (integers.type() == DataType.U8 ? SIGN : 0);
    }
    return new TfliteArithmetic(network, weights, symmetric ? DataType.I8 : DataType.U8).convert();
  }

  private Weights.Quantized convert() {
    Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
    for (Layer layer : network.layers()) {
      if (weights.layer(layer) != null) {
        layers.put(layer.name(), layer(layer, weights.layer(layer)));
      }
    }
    Weights.Quantized.Ends ends = weights.ends();
    boolean rescales = !weights.before(network.pool()).equals(ends.pooled());
    return new Weights.Quantized(
        network,
        type,
        moved(weights.input()),
        layers,
        new Weights.Quantized.Ends(
            ends.inputType(),
            moved(ends.pooled()),
            rescales,
            ends.probabilities().map(this::moved),
            ends.outputType()));
  }

  private QuantizedLayer layer(Layer layer, QuantizedLayer integers) {
    boolean one = integers.scales().length == 1;
    boolean signed = type == DataType.I8;
    if (!signed && !one) {
      throw new MobileNetException(
          "layer %s has %s scales and zero point %s: TensorFlow Lite knows several scales with 0 only"
              .formatted(layer.name(), integers.scales().length, integers.zeroPoint()));
    }
    boolean dense = !(layer instanceof Layer.Convolution);
    byte[] kernel = integers.kernel();
    int zeroPoint = integers.zeroPoint();
    if (integers.type() != type) {
      kernel = kernel.clone();
      for (int i = 0; i < kernel.length; i++) {
        kernel[i] ^= (byte) SIGN;
      }
      zeroPoint += signed ? -SIGN : SIGN;
    }
    return new QuantizedLayer(
        type,
        kernel,
        integers.scales(),
        zeroPoint,
        integers.bias(),
        moved(integers.output()),
        signed && !(dense && one) ? Product.DOUBLE : Product.SINGLE,
        signed && dense ? Rounding.ONCE : Rounding.TWICE);
  }

  private Quantization moved(Quantization of) {
    int by = type == weights.type() ? 0 : type == DataType.I8 ? -SIGN : SIGN;
    return new Quantization(of.scale(), of.zeroPoint() + by);
  }
}
