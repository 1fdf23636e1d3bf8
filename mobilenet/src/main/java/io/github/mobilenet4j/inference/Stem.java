package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;

/**
 * The first convolution, 3×3. Three neighbouring pixels, nine floats of three channels or three of
 * one, are a run in memory, so that it is a matrix product of three segments: no im2col.
 */
final class Stem implements Operator {
  private static final int TAPS = 3;

  /** Output rows of a task at most: what they read and write stays in the second-level cache. */
  private static final int MOST_ROWS = 8;

  private final Kernels kernels;
  private final Layer.Standard layer;
  private final Halo out;
  private final Kernels.Product product;
  private final int top;
  private final int left;

  Stem(Kernels kernels, MobileNetV1 network, Weights.Folded weights) {
    this.kernels = kernels;
    this.layer = network.stem();
    this.out = Halo.of(layer.out());
    PackedMatrix matrix =
        new PackedMatrix(
            kernels,
            TAPS * TAPS * layer.in().channels(),
            layer.out().channels(),
            weights.get(layer, Role.KERNEL),
            weights.get(layer, Role.BIAS));
    Halo in = input(1);
    this.product =
        new Kernels.Product(
            matrix,
            TAPS,
            new Layout(layer.stride() * in.pixel(), in.row(), layer.out().width()),
            out.layout(),
            new Clamp(0, network.activation().ceiling()));
    this.top = network.padding().before(layer.in().height(), layer.stride());
    this.left = network.padding().before(layer.in().width(), layer.stride());
  }

  @Override
  public String name() {
    return layer.name();
  }

  @Override
  public long macs() {
    return layer.macs();
  }

  @Override
  public Halo out() {
    return out;
  }

  private Partition rows(int threads) {
    return Partition.of(layer.out().height(), MOST_ROWS, threads);
  }

  private Halo input(int rows) {
    return new Halo(
        new Shape(rows, layer.in().width(), layer.in().channels()), layer.in().channels());
  }

  @Override
  public int scratch(int threads) {
    return inputRows(rows(threads).largest()) * input(1).row();
  }

  private int inputRows(int outputRows) {
    return (outputRows - 1) * layer.stride() + TAPS;
  }

  @Override
  public List<Tasks> tasks(Workspace workspace, Buffer x, Buffer y) {
    Partition rows = rows(workspace.threads());
    Halo in = input(1);
    Batch batch = workspace.batch();
    Batch.Output output = batch.output(layer, product.out());
    Tasks.Body body =
        (image, task, thread) -> {
          int from = rows.begin(task);
          int to = rows.begin(task + 1);
          Buffer window = workspace.scratch()[thread];
          int first = from * layer.stride() - top;
          Shape shape = layer.in();
          window.setFramedRows(
              batch.images(),
              image,
              shape.height(),
              shape.width(),
              shape.channels(),
              first,
              inputRows(to - from));
          for (int p = from; p < to; p++) {
            int offset = (p - from) * layer.stride() * in.row() + (1 - left) * in.pixel();
            kernels.multiply(product, layer.out().width(), window, offset, y, out.at(p, 0));
          }
          output.copy(image, from, to, y, out.at(from, 0));
        };
    return List.of(new Tasks(rows.parts(), body));
  }
}
