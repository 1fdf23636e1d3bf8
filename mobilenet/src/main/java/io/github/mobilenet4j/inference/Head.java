package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Finite;
import io.github.mobilenet4j.weights.Weights;

/** Global average pooling and the classifier. */
final class Head implements Operator {
  private final Kernels kernels;
  private final Layer.Classifier layer;
  private final Kernels.Product product;
  private final int pixel;

  Head(Kernels kernels, MobileNetV1 network, Weights weights) {
    this.kernels = kernels;
    this.layer = network.classifier();
    float[] kernel = weights.get(layer, Role.KERNEL);
    float[] bias = weights.get(layer, Role.BIAS);
    Finite.require(layer.name(), kernel, bias);
    this.pixel = Channels.pixelStride(network.features());
    this.product =
        new Kernels.Product(
            new PackedMatrix(kernels, network.features(), network.classes(), kernel, bias),
            1,
            Layout.line(pixel),
            Layout.line(logitsStride()),
            Clamp.NONE);
  }

  @Override
  public String name() {
    return "head";
  }

  @Override
  public long macs() {
    return layer.macs();
  }

  /** Returns floats from one picture's features to the next. */
  int featuresStride() {
    return pixel;
  }

  /** Returns floats from one picture's logits to the next. */
  int logitsStride() {
    return Channels.padded(layer.out().channels());
  }

  /**
   * Returns the pooling of a picture.
   *
   * @param features written, {@code [n, featuresStride]}
   */
  Step pool(Floats x, Halo in, Floats features) {
    Layout layout = in.layout();
    int rows = in.shape().height();
    return new Step(
        1,
        (image, task, thread) ->
            kernels.averagePool(
                layout, rows, in.groups(), x, in.at(0, 0), features, image * pixel));
  }

  /** Returns into how many tasks the classifier is cut. */
  int tasks(int threads) {
    return Math.min(product.matrix().panels(), threads);
  }

  /**
   * Classifies the pooled features of a whole batch: its weights are read once for all pictures.
   *
   * @param n pictures
   * @param task which part of the classes
   * @param logits written, {@code [n, logitsStride]}
   */
  void classify(int n, int task, int threads, Floats features, Floats logits) {
    int tasks = tasks(threads);
    int end = Split.begin(product.matrix().panels(), tasks, task + 1);
    for (int panel = Split.begin(product.matrix().panels(), tasks, task); panel < end; panel++) {
      kernels.multiply(product, panel, n, features, 0, logits, 0);
    }
  }
}
