package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.QuantizedKernels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Quantization;
import java.util.Arrays;

/** The first convolution in integers of 8 bits, and the quantisation of the image before it. */
final class QuantizedStem extends Stem {
  /** Added to a quotient before its fraction is cut off, so that halves go away from zero. */
  private static final float ALMOST_HALF = Math.nextDown(0.5f);

  private final QuantizedKernels kernels;
  private final QuantizedKernels.Product product;
  private final Quantization input;
  private final Batch.Values values;

  QuantizedStem(QuantizedKernels kernels, MobileNetV1 network, Integers weights) {
    Quantization input = weights.input();
    Halo in = new Halo(network.input(), network.channels(), Byte.BYTES, input.zeroPoint());
    Halo out = Halo.ofBytes(network.stem().out(), weights.zeroPointAfter(network.stem()));
    super(network, in, out);
    this.kernels = kernels;
    this.input = input;
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
    byte[] row = new byte[length + 2 * frame];
    byte[] border = new byte[row.length];
    Arrays.fill(border, (byte) input.zeroPoint());
    Arrays.fill(row, (byte) input.zeroPoint());
    return (window, image, first, count) -> {
      for (int i = 0; i < count; i++) {
        int at = first + i;
        if (at < 0 || at >= shape.height()) {
          window.set(i * row.length, border, 0, row.length);
          continue;
        }
        int from = (image * shape.height() + at) * length;
        if (batch.bytes() != null) {
          System.arraycopy(batch.bytes(), from, row, frame, length);
        } else {
          quantize(batch.images(), from, length, row, frame);
        }
        window.set(i * row.length, row, 0, row.length);
      }
    };
  }

  /** As {@link Quantization#quantized}, in float32 as there. */
  private void quantize(float[] x, int from, int count, byte[] row, int to) {
    float scale = input.scale();
    int zeroPoint = input.zeroPoint();
    for (int i = 0; i < count; i++) {
      float quotient = x[from + i] / scale;
      int rounded = (int) (quotient + Math.copySign(ALMOST_HALF, quotient));
      int low = Math.max(-1024, Math.min(1024, rounded));
      row[to + i] = (byte) Math.max(0, Math.min(255, low + zeroPoint));
    }
  }

  @Override
  int slack() {
    return QuantizedKernels.SLACK / Float.BYTES;
  }

  @Override
  int productScratch() {
    return product.matrix().needsSums() ? layer.out().width() : 0;
  }

  @Override
  void multiply(Buffer window, int offset, int sums, Buffer y, int row) {
    int pixels = layer.out().width();
    if (product.matrix().needsSums()) {
      kernels.sums(product, pixels, window, offset, window, sums);
    }
    int to = out.at(row, 0);
    for (int panel = 0; panel < product.matrix().panels(); panel++) {
      kernels.multiply(product, panel, pixels, window, offset, window, sums, y, to);
    }
  }

  @Override
  Batch.Output output(Batch batch) {
    return batch.output(layer, product.out(), values);
  }
}
