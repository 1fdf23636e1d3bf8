package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.InputQuantization;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.Place;
import io.github.mobilenet4j.kernels.QuantizedKernels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Quantization;
import java.util.Arrays;

/** The first convolution in integers of 8 bits, and the quantisation of the image before it. */
final class QuantizedStem extends Stem {
  private final QuantizedKernels kernels;
  private final QuantizedKernels.Product product;
  private final InputQuantization input;
  private final int zeroPoint;
  private final Batch.Values values;

  QuantizedStem(QuantizedKernels kernels, MobileNetV1 network, Integers weights) {
    Quantization bytes = weights.input();
    Halo in = new Halo(network.input(), network.channels(), Byte.BYTES, bytes.zeroPoint());
    Halo out = Halo.ofBytes(network.stem().out(), weights.zeroPointAfter(network.stem()));
    super(network, in, out);
    this.kernels = kernels;
    this.zeroPoint = bytes.zeroPoint();
    this.input = new InputQuantization(kernels, bytes.scale(), zeroPoint);
    this.product =
        new QuantizedKernels.Product(
            weights.matrix(kernels, layer, TAPS),
            TAPS,
            new Layout(layer.stride() * in.pixel(), in.row(), layer.out().width()),
            out.layout());
    this.values = weights.valuesAfter(layer);
  }

  @Override
  Window window(Batch batch) {
    Shape shape = layer.in();
    int length = shape.width() * shape.channels();
    int frame = shape.channels();
    int row = length + 2 * frame;
    byte[] zeros = new byte[row];
    Arrays.fill(zeros, (byte) zeroPoint);
    return (window, image, first, count) -> {
      int numbers = behindSums(window);
      for (int i = 0; i < count; i++) {
        int at = first + i;
        int to = i * row;
        if (at < 0 || at >= shape.height()) {
          window.set(to, zeros, 0, row);
          continue;
        }
        int from = (image * shape.height() + at) * length;
        if (batch.bytes() != null) {
          window.set(to + frame, batch.bytes(), from, length);
        } else {
          window.set(numbers, batch.images(), from, length);
          kernels.quantize(input, window, numbers, length, window, to + frame);
        }
        // What was written behind the row before, and behind this one.
        window.set(to, zeros, 0, frame);
        window.set(to + frame + length, zeros, 0, frame);
      }
    };
  }

  /** Returns the first float of a row of numbers, which is last in a thread's memory. */
  private int behindSums(Buffer window) {
    return window.length()
        - QuantizedKernels.SLACK / Float.BYTES
        - layer.in().width() * layer.in().channels();
  }

  @Override
  int slack() {
    return QuantizedKernels.SLACK / Float.BYTES;
  }

  @Override
  int productScratch() {
    int numbers = layer.in().width() * layer.in().channels() + QuantizedKernels.SLACK / Float.BYTES;
    return numbers + (product.matrix().needsSums() ? layer.out().width() : 0);
  }

  @Override
  void multiply(Buffer window, int offset, Place sums, Buffer y, int row) {
    int pixels = layer.out().width();
    if (product.matrix().needsSums()) {
      kernels.sums(product, pixels, window, offset, sums);
    }
    int to = out.at(row, 0);
    for (int panel = 0; panel < product.matrix().panels(); panel++) {
      kernels.multiply(product, panel, pixels, window, offset, sums, y, to);
    }
  }

  @Override
  Batch.Output output(Batch batch) {
    return batch.output(layer, product.out(), values);
  }
}
