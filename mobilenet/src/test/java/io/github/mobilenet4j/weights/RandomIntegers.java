package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Quantised weights whose every layer has outputs all over its range. */
public final class RandomIntegers {
  private RandomIntegers() {}

  /**
   * Returns weights.
   *
   * @param type of kernels, activations, input and output
   * @param perChannel whether kernels have a scale of each output channel
   * @param mean whether the pooling rescales
   */
  public static Weights.Quantized of(
      MobileNetV1 network, DataType type, boolean perChannel, boolean mean) {
    Random random = new Random(7);
    int least = type == DataType.I8 ? Byte.MIN_VALUE : 0;
    Map<String, QuantizedLayer> layers = new HashMap<>();
    Quantization input = new Quantization(2 / 255f, least + 127);
    Quantization before = input;
    Quantization pooled = null;
    for (Layer layer : network.layers()) {
      if (layer instanceof Layer.GlobalAveragePool) {
        pooled = mean ? new Quantization(0.013f, least + 3) : before;
        before = pooled;
        continue;
      }
      int channels = layer.out().channels();
      byte[] kernel = new byte[Math.toIntExact(layer.kernelValues())];
      random.nextBytes(kernel);
      int zeroPoint = type == DataType.U8 ? 121 : 0;
      if (type == DataType.I8) {
        for (int i = 0; i < kernel.length; i++) {
          kernel[i] = (byte) Math.max(kernel[i], -127);
        }
      }
      float scale = (float) (1 / (73 * Math.sqrt(kernel.length / channels)));
      float[] scales = new float[perChannel ? channels : 1];
      int[] bias = new int[channels];
      for (int k = 0; k < channels; k++) {
        if (k < scales.length) {
          scales[k] = scale * (0.8f + 0.4f * random.nextFloat());
        }
        bias[k] = (int) (random.nextGaussian() / before.scale() / scale);
      }
      boolean last = layer instanceof Layer.Classifier;
      Quantization output =
          new Quantization(
              (6 + random.nextFloat()) / 255f, last ? least + 100 + random.nextInt(50) : least);
      QuantizedLayer.Product product =
          type == DataType.U8 || !perChannel && !(layer instanceof Layer.Convolution)
              ? QuantizedLayer.Product.SINGLE
              : QuantizedLayer.Product.DOUBLE;
      layers.put(
          layer.name(), new QuantizedLayer(type, kernel, scales, zeroPoint, bias, output, product));
      before = output;
    }
    Optional<Quantization> probabilities =
        network.hasClassifier() && mean
            ? Optional.of(new Quantization(1 / 256f, least))
            : Optional.empty();
    return new Weights.Quantized(
        network,
        type,
        input,
        layers,
        new Weights.Quantized.Ends(type, pooled, mean, probabilities, type));
  }
}
