package io.github.mobilenet4j.weights;

import java.util.stream.IntStream;

/** PyTorch's [N,C,H,W] as this library's [H,W,C]. */
public final class Nhwc {
  private Nhwc() {}

  /** Returns one picture or activation of a batch. */
  public static double[] image(Tensor nchw, int n) {
    int c = nchw.shape().get(1);
    int area = nchw.shape().get(2) * nchw.shape().get(3);
    float[] values = nchw.floats();
    double[] image = new double[area * c];
    for (int i = 0; i < image.length; i++) {
      image[i] = values[(n * c + i % c) * area + i / c];
    }
    return image;
  }

  /** Returns all pictures or activations of a batch. */
  public static float[] batch(Tensor nchw) {
    float[] batch = new float[nchw.size()];
    int size = batch.length / nchw.shape().getFirst();
    IntStream.range(0, nchw.shape().getFirst())
        .forEach(n -> {
          double[] image = image(nchw, n);
          for (int i = 0; i < size; i++) {
            batch[n * size + i] = (float) image[i];
          }
        });
    return batch;
  }
}
