package io.github.mobilenet4j;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** Numbers that follow from a name, the same as in src/test/python/formula.py. */
public final class Formula {
  private Formula() {}

  /** Returns weights of a network. */
  public static Weights.Trained weights(MobileNetV1 network) {
    Map<String, Tensor> tensors =
        Dialect.TUTORIAL.tensors(network, RandomWeights.of(network, 1), DataType.F32);
    tensors = new LinkedHashMap<>(tensors);
    tensors.replaceAll(Formula::tensor);
    return Dialect.read("formula", tensors).weights().withBatchNorm(network);
  }

  private static Tensor tensor(String name, Tensor tensor) {
    List<Integer> shape = tensor.shape();
    if (tensor.type() != DataType.F32) {
      return tensor; // num_batches_tracked
    }
    if (shape.size() > 1) {
      double bound =
          Math.sqrt(6 / shape.stream().skip(1).mapToDouble(d -> d).reduce(1, (a, b) -> a * b));
      return uniform(name, -bound, bound, shape);
    }
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "weight" -> uniform(name, 0.7, 1.3, shape);
      case "running_var" -> uniform(name, 0.6, 1.4, shape);
      default -> uniform(name, -0.2, 0.2, shape);
    };
  }

  /** Returns numbers in {@code [low, high)}. */
  public static Tensor uniform(String name, double low, double high, List<Integer> shape) {
    float[] values = new float[shape.stream().reduce(1, (a, b) -> a * b)];
    int seed = seed(name);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (low + (high - low) * number(seed, i));
    }
    return Tensor.of(DataType.F32, shape, values);
  }

  /** Returns a number in [0, 1). */
  public static double number(String name, int index) {
    return number(seed(name), index);
  }

  private static double number(int seed, int index) {
    int h = index * 0x9E3779B9 + seed;
    h = (h ^ h >>> 16) * 0x85EBCA6B;
    h = (h ^ h >>> 13) * 0xC2B2AE35;
    return Integer.toUnsignedLong(h ^ h >>> 16) / 0x1p32;
  }

  private static int seed(String name) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    return (int) crc.getValue();
  }
}
