package io.github.mobilenet4j.weights;

/** PyTorch's [N,C,H,W] as this library's [H,W,C]. */
final class Nhwc {
  private Nhwc() {}

  /** Returns one picture or activation of a batch. */
  static double[] picture(Tensor nchw, int n) {
    int c = nchw.shape().get(1);
    int area = nchw.shape().get(2) * nchw.shape().get(3);
    float[] values = nchw.floats();
    double[] picture = new double[area * c];
    for (int i = 0; i < picture.length; i++) {
      picture[i] = values[(n * c + i % c) * area + i / c];
    }
    return picture;
  }
}
