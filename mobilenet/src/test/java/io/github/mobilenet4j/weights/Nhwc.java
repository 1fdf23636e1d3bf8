package io.github.mobilenet4j.weights;

import java.util.stream.IntStream;

/** PyTorch's [N,C,H,W] as this library's [H,W,C]. */
public final class Nhwc {
  private Nhwc() {}

  /** Returns one picture or activation of a batch. */
  public static double[] picture(Tensor nchw, int n) {
    int c = nchw.shape().get(1);
    int area = nchw.shape().get(2) * nchw.shape().get(3);
    float[] values = nchw.floats();
    double[] picture = new double[area * c];
    for (int i = 0; i < picture.length; i++) {
      picture[i] = values[(n * c + i % c) * area + i / c];
    }
    return picture;
  }

  /** Returns all pictures or activations of a batch. */
  public static float[] batch(Tensor nchw) {
    float[] batch = new float[nchw.size()];
    int size = batch.length / nchw.shape().getFirst();
    IntStream.range(0, nchw.shape().getFirst())
        .forEach(n -> {
          double[] picture = picture(nchw, n);
          for (int i = 0; i < size; i++) {
            batch[n * size + i] = (float) picture[i];
          }
        });
    return batch;
  }
}
