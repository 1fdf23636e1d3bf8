package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Finite;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;

/** Global average pooling and the classifier. */
final class Head implements Operator {
  private final Kernels kernels;
  private final Layer.GlobalAveragePool pool;
  private final Layer.Classifier layer;
  private final Kernels.Product product;
  private final Halo in;

  /** Floats from an image's features to the next's. */
  private final int pixel;

  Head(Kernels kernels, MobileNetV1 network, Weights.Folded weights) {
    this.kernels = kernels;
    this.pool = network.pool();
    this.layer = network.classifier();
    float[] kernel = weights.get(layer, Role.KERNEL);
    float[] bias = weights.get(layer, Role.BIAS);
    Finite.require(layer.name(), kernel, bias);
    this.in = Halo.of(pool.in());
    this.pixel = Channels.pixelStride(network.features());
    this.product =
        new Kernels.Product(
            new PackedMatrix(kernels, network.features(), network.classes(), kernel, bias),
            1,
            Layout.line(pixel),
            Layout.line(Channels.padded(network.classes())),
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

  @Override
  public Halo out() {
    return null;
  }

  /** Returns the floats of the pooled features; behind those of all images are their logits. */
  @Override
  public int batchMemory() {
    return pixel + product.out().pixel();
  }

  /** Returns the pooling. */
  @Override
  public List<Tasks> tasks(Workspace workspace, Buffer x, Buffer y) {
    Batch batch = workspace.batch();
    Batch.Output output = batch.output(pool, product.in());
    Layout layout = in.layout();
    int rows = in.shape().height();
    Buffer features = batch.memory();
    Tasks.Body body =
        (image, task, thread) -> {
          kernels.averagePool(layout, rows, in.groups(), x, in.at(0, 0), features, image * pixel);
          output.copy(image, 0, 1, features, image * pixel);
        };
    return List.of(new Tasks(1, body));
  }

  /** Returns the classifier: its weights are read once for all images. */
  @Override
  public List<Tasks> batchTasks(Batch batch, int threads) {
    PackedMatrix matrix = product.matrix();
    Partition panels = Partition.of(matrix.panels(), matrix.panels(), threads);
    Batch.Output output = batch.output(layer, product.out());
    Buffer memory = batch.memory();
    int logits = batch.most() * pixel;
    Tasks.Body body =
        (image, task, thread) -> {
          int from = panels.begin(task);
          int to = panels.begin(task + 1);
          for (int panel = from; panel < to; panel++) {
            kernels.multiply(product, panel, batch.n(), memory, 0, memory, logits);
          }
          int begin = matrix.firstColumn(from);
          int end = matrix.firstColumn(to);
          for (int i = 0; i < batch.n(); i++) {
            output.copy(i, 0, 1, memory, logits + i * product.out().pixel(), begin, end);
          }
        };
    return List.of(new Tasks(panels.parts(), body));
  }
}
