package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.Place;
import io.github.mobilenet4j.kernels.QuantizedKernels;
import io.github.mobilenet4j.kernels.QuantizedMatrix;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.ArrayList;
import java.util.List;

/** Pooling and the fully connected layers in integers of 8 bits. */
final class QuantizedHead implements Head {
  private final QuantizedKernels kernels;
  private final Layer.GlobalAveragePool pool;
  private final QuantizedPooling pooling;
  private final List<FullyConnected> layers = new ArrayList<>();
  private final Halo in;

  /** Bytes from an image's features to the next's. */
  private final int pixel;

  private final Batch.Values pooled;

  /**
   * A layer.
   *
   * @param before bytes of each image's values before it, those of its input last
   * @param values reads its output
   */
  private record FullyConnected(
      Layer layer, QuantizedKernels.Product product, int before, Batch.Values values) {}

  QuantizedHead(QuantizedKernels kernels, MobileNetV1 network, Integers weights) {
    this.kernels = kernels;
    this.pool = network.pool();
    this.in = Halo.ofBytes(pool.in(), weights.zeroPointBefore(pool));
    this.pixel = Halo.bytePixel(network.features());
    this.pooling = QuantizedPooling.of(weights, pool);
    this.pooled = weights.valuesAfter(pool);
    int before = pixel;
    int distance = pixel;
    for (Layer layer : network.headLayers()) {
      int next = Halo.bytePixel(layer.out().channels());
      QuantizedKernels.Product product =
          new QuantizedKernels.Product(
              weights.matrix(kernels, layer, 1), 1, Layout.line(distance), Layout.line(next));
      layers.add(new FullyConnected(layer, product, before, weights.valuesAfter(layer)));
      before += next;
      distance = next;
    }
  }

  @Override
  public long macs() {
    return layers.stream().mapToLong(l -> l.layer.macs()).sum();
  }

  /** Returns the bytes of an image's features and of what each layer makes of them. */
  private int bytes() {
    return pixel + layers.stream().mapToInt(l -> l.product.out().pixel()).sum();
  }

  /** Returns the floats for these bytes, for the sum of a pixel, and for what is read behind. */
  @Override
  public int batchMemory() {
    return bytes() / Float.BYTES + 1 + QuantizedKernels.SLACK / Float.BYTES;
  }

  @Override
  public int scratch(int threads) {
    return Channels.padded(pool.in().channels());
  }

  /** Returns the pooling. */
  @Override
  public List<Tasks> tasks(Workspace workspace, Buffer x, Buffer y) {
    Batch batch = workspace.batch();
    Layout layout = in.layout();
    Batch.Output output = batch.output(pool, Layout.line(pixel), pooled);
    int rows = in.shape().height();
    int channels = Channels.padded(pool.in().channels());
    int[] sums = new int[channels];
    byte[] means = new byte[channels];
    Buffer features = batch.memory();
    Tasks.Body body =
        (image, task, thread) -> {
          Buffer scratch = workspace.scratch()[thread];
          kernels.sumPool(layout, rows, in.groups(), x, in.at(0, 0), scratch, 0);
          scratch.get(0, sums, 0, channels);
          pooling.apply(sums, means);
          features.set(image * pixel, means, 0, channels);
          output.copy(image, 0, 1, features, image * pixel);
          if (layers.isEmpty()) {
            batch.copyRaw(image, pool.in().channels(), features, image * pixel, 0, channels);
          }
        };
    return List.of(new Tasks(1, body));
  }

  /** Returns the layers behind the pooling: their weights are read once for all images. */
  @Override
  public List<Tasks> batchTasks(Batch batch, int threads) {
    return layers.stream().map(layer -> tasks(layer, batch, threads)).toList();
  }

  private Tasks tasks(FullyConnected layer, Batch batch, int threads) {
    QuantizedKernels.Product product = layer.product;
    QuantizedMatrix matrix = product.matrix();
    Partition panels = Partition.of(matrix.panels(), matrix.panels(), threads);
    Batch.Output output = batch.output(layer.layer, product.out(), layer.values);
    boolean last = layer == layers.getLast();
    Buffer memory = batch.memory();
    int from = batch.most() * (layer.before - product.in().pixel());
    int to = batch.most() * layer.before;
    int behind = (batch.most() * bytes() + Integer.BYTES - 1) / Integer.BYTES;
    Place sums = new Place(memory, behind);
    return new Tasks(
        panels.parts(),
        (image, task, thread) -> {
          int first = panels.begin(task);
          int end = panels.begin(task + 1);
          if (matrix.needsSums()) {
            // Each thread writes the same.
            kernels.sums(product, batch.n(), memory, from, sums);
          }
          for (int panel = first; panel < end; panel++) {
            kernels.multiply(product, panel, batch.n(), memory, from, sums, memory, to);
          }
          int begin = matrix.firstColumn(first);
          int endColumn = matrix.firstColumn(end);
          for (int i = 0; i < batch.n(); i++) {
            int at = to + i * product.out().pixel();
            output.copy(i, 0, 1, memory, at, begin, endColumn);
            if (last) {
              batch.copyRaw(i, layer.layer.out().channels(), memory, at, begin, endColumn);
            }
          }
        });
  }
}
