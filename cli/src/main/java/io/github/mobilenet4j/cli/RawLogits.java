package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Finite;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.Tensor;
import io.github.mobilenet4j.weights.Weights;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * What a quantised file gives for an input as it takes it.
 *
 * @param model the model
 * @param input where the tensor is from, for messages
 * @param threads that compute
 */
record RawLogits(Model model, Path input, int threads) {
  private static final int MAX_BATCH = 16;

  /**
   * Runs the network.
   *
   * @param x {@code [N, H, W, C]} of the file's input type
   * @return {@code [N, outputs]} of the file's output type
   */
  Tensor run(Tensor x) {
    Weights.Quantized weights =
        switch (model.weights()) {
          case Weights.Quantized quantized -> quantized;
          case Weights.Trained _, Weights.Folded _ ->
              throw new MobileNetException("the model is of floats, --raw is for a quantised one");
        };
    List<Integer> shape = x.shape();
    DataType type = weights.ends().inputType();
    boolean valid =
        x.type() == type
            && shape.size() == 4
            && shape.getFirst() >= 1
            && shape.getLast() == model.network().channels();
    if (!valid) {
      throw new MobileNetException(
          "%s: tensor x is %s %s, expected %s [N, H, W, %s]"
              .formatted(input, x.type(), shape, type, model.network().channels()));
    }
    MobileNetV1 network = model.withInput(shape.get(1), shape.get(2)).network();
    byte[] bytes = bytes(x, weights);
    int n = shape.getFirst();
    int size = Math.toIntExact(network.input().size());
    int each = network.outputs();
    int batch = Math.min(n, MAX_BATCH);
    byte[] all = new byte[Math.multiplyExact(n, each)];
    byte[] some = new byte[batch * size];
    byte[] outputs = new byte[batch * each];
    try (Session session = Session.of(network, weights, batch, threads)) {
      for (int from = 0; from < n; from += batch) {
        int count = Math.min(batch, n - from);
        System.arraycopy(bytes, from * size, some, 0, count * size);
        session.run(some, count, outputs);
        System.arraycopy(outputs, 0, all, from * each, count * each);
      }
    }
    return result(weights, network, List.of(n, each), all);
  }

  private byte[] bytes(Tensor x, Weights.Quantized weights) {
    byte[] bytes = new byte[x.size()];
    if (x.type() != DataType.F32) {
      x.data().get(0, bytes);
      return bytes;
    }
    float[] numbers = x.floats();
    Finite.require(input + ": tensor x", numbers);
    for (int i = 0; i < bytes.length; i++) {
      // A session takes unsigned bytes where the file takes floats.
      int q = weights.input().quantized(numbers[i], weights.type());
      bytes[i] = (byte) (weights.type() == DataType.I8 ? q + 128 : q);
    }
    return bytes;
  }

  private static Tensor result(
      Weights.Quantized weights, MobileNetV1 network, List<Integer> shape, byte[] bytes) {
    DataType type = weights.ends().outputType();
    if (type != DataType.F32) {
      return new Tensor(type, shape, ByteBuffer.wrap(bytes));
    }
    Quantization output =
        weights.ends().probabilities().orElseGet(() -> weights.after(network.layers().getLast()));
    int zeroPoint = output.zeroPoint() + (weights.type() == DataType.I8 ? 128 : 0);
    float[] numbers = new float[bytes.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = output.scale() * ((bytes[i] & 0xff) - zeroPoint);
    }
    return Tensor.of(DataType.F32, shape, numbers);
  }
}
