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
import java.util.ArrayList;
import java.util.List;

/** Pooling and the fully connected layers in float32. */
final class FloatHead implements Head {
  private final Kernels kernels;
  private final Layer.GlobalAveragePool pool;
  private final List<FullyConnected> layers = new ArrayList<>();
  private final Halo in;

  /** Floats from an image's features to the next's. */
  private final int pixel;

  /**
   * A layer.
   *
   * @param before floats of each image's values before it, those of its input last
   */
  private record FullyConnected(Layer layer, Kernels.Product product, int before) {}

  FloatHead(Kernels kernels, MobileNetV1 network, Weights.Folded weights) {
    this.kernels = kernels;
    this.pool = network.pool();
    this.in = Halo.of(pool.in());
    this.pixel = Channels.pixelStride(network.features());
    int before = pixel;
    int distance = pixel;
    for (Layer layer : network.headLayers()) {
      float[] kernel = weights.get(layer, Role.KERNEL);
      float[] bias = weights.get(layer, Role.BIAS);
      Finite.require(layer.name(), kernel, bias);
      int columns = layer.out().channels();
      int next =
          layer instanceof Layer.Dense ? Channels.pixelStride(columns) : Channels.padded(columns);
      Kernels.Product product =
          new Kernels.Product(
              new PackedMatrix(kernels, layer.in().channels(), columns, kernel, bias),
              1,
              Layout.line(distance),
              Layout.line(next),
              layer instanceof Layer.Dense ? new Clamp(0, Float.POSITIVE_INFINITY) : Clamp.NONE);
      layers.add(new FullyConnected(layer, product, before));
      before += next;
      distance = next;
    }
  }

  @Override
  public long macs() {
    return layers.stream().mapToLong(l -> l.layer.macs()).sum();
  }

  /**
   * Returns the floats of the pooled features and of what each layer makes of them; those of all
   * images are followed by what the next layer makes of all.
   */
  @Override
  public int batchMemory() {
    return pixel + layers.stream().mapToInt(l -> l.product.out().pixel()).sum();
  }

  /** Returns the pooling. */
  @Override
  public List<Tasks> tasks(Workspace workspace, Buffer x, Buffer y) {
    Batch batch = workspace.batch();
    Layout layout = in.layout();
    Batch.Output output = batch.output(pool, Layout.line(pixel));
    int rows = in.shape().height();
    Buffer features = batch.memory();
    Tasks.Body body =
        (image, task, thread) -> {
          kernels.averagePool(layout, rows, in.groups(), x, in.at(0, 0), features, image * pixel);
          output.copy(image, 0, 1, features, image * pixel);
        };
    return List.of(new Tasks(1, body));
  }

  /** Returns the layers behind the pooling: their weights are read once for all images. */
  @Override
  public List<Tasks> batchTasks(Batch batch, int threads) {
    return layers.stream().map(layer -> tasks(layer, batch, threads)).toList();
  }

  private Tasks tasks(FullyConnected layer, Batch batch, int threads) {
    Kernels.Product product = layer.product;
    PackedMatrix matrix = product.matrix();
    Partition panels = Partition.of(matrix.panels(), matrix.panels(), threads);
    Batch.Output output = batch.output(layer.layer, product.out());
    Buffer memory = batch.memory();
    int from = batch.most() * (layer.before - product.in().pixel());
    int to = batch.most() * layer.before;
    return new Tasks(
        panels.parts(),
        (image, task, thread) -> {
          int first = panels.begin(task);
          int end = panels.begin(task + 1);
          for (int panel = first; panel < end; panel++) {
            kernels.multiply(product, panel, batch.n(), memory, from, memory, to);
          }
          for (int i = 0; i < batch.n(); i++) {
            output.copy(
                i,
                0,
                1,
                memory,
                to + i * product.out().pixel(),
                matrix.firstColumn(first),
                matrix.firstColumn(end));
          }
        });
  }
}
