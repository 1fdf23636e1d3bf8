package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;

/** Global average pooling and the classifier. */
final class Head implements Operator {
  private final Kernels kernels;
  private final Layer.Classifier layer;
  private final PackedMatrix matrix;
  private final int pixel;

  Head(Kernels kernels, MobileNetV1 network, Weights weights) {
    this.kernels = kernels;
    this.layer = network.classifier();
    this.matrix =
        new PackedMatrix(
            kernels,
            network.features(),
            network.classes(),
            weights.get(layer, Role.KERNEL),
            weights.get(layer, Role.BIAS));
    this.pixel = Channels.pixelStride(network.features());
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
   * Returns the work on a batch.
   *
   * @param features written, {@code [n, featuresStride]}
   * @param logits written, {@code [n, logitsStride]}
   */
  List<Step> steps(Floats x, Halo in, Floats features, Floats logits, int threads) {
    Split panels = Split.of(matrix.panels(), matrix.panels(), threads);
    Step pool =
        new Step() {
          @Override
          public int tasks(int n) {
            return n;
          }

          @Override
          public void run(int n, int task, int thread) {
            kernels.averagePool(
                x,
                in.at(task, 0, 0),
                in.pixel(),
                in.row(),
                in.shape().height(),
                in.shape().width(),
                in.groups(),
                features,
                task * pixel);
          }
        };
    Step classify =
        new Step() {
          @Override
          public int tasks(int n) {
            return panels.parts();
          }

          @Override
          public void run(int n, int task, int thread) {
            for (int panel = panels.begin(task); panel < panels.begin(task + 1); panel++) {
              kernels.multiply(
                  features,
                  0,
                  pixel,
                  1,
                  0,
                  matrix,
                  panel,
                  logits,
                  0,
                  logitsStride(),
                  0,
                  n,
                  n,
                  Float.NEGATIVE_INFINITY,
                  Float.POSITIVE_INFINITY);
            }
          }
        };
    return List.of(pool, classify);
  }
}
