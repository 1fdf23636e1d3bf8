package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Place;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.List;

/**
 * The first convolution, 3×3. Three neighbouring pixels, nine values of three channels or three of
 * one, are a run in memory, so that it is a matrix product of three segments: no im2col.
 *
 * <p>Here stands what each task is; subclasses know the arithmetic.
 */
abstract sealed class Stem implements Operator permits FloatStem, QuantizedStem {
  static final int TAPS = 3;

  /** Output rows of a task at most: what they read and write stays in the second-level cache. */
  private static final int MOST_ROWS = 8;

  final Layer.Standard layer;
  final Halo out;
  private final Halo in;
  private final int top;
  private final int left;

  /**
   * @param in how a row of the image lies in a window, with a pixel left and right of it
   * @param out how the output lies in memory
   */
  Stem(MobileNetV1 network, Halo in, Halo out) {
    this.layer = network.stem();
    this.in = in;
    this.out = out;
    this.top = network.padding(layer).before(layer.in().height(), layer.stride());
    this.left = network.padding(layer).before(layer.in().width(), layer.stride());
  }

  /** Gets a thread ready to fill windows. */
  abstract Window window(Batch batch);

  /** Fills the beginning of a buffer with rows of an image. */
  interface Window {
    /**
     * @param first the first row, may be negative
     * @param count how many rows
     */
    void fill(Buffer window, int image, int first, int count);
  }

  /**
   * Multiplies a row of output pixels.
   *
   * @param offset where the first tap is
   * @param sums memory of the thread behind the window, {@link #productScratch} floats
   */
  abstract void multiply(Buffer window, int offset, Place sums, Buffer y, int row);

  /** Returns the floats that a thread needs for the product of a row. */
  int productScratch() {
    return 0;
  }

  /** Returns the way out for the output. */
  abstract Batch.Output output(Batch batch);

  @Override
  public final String name() {
    return layer.name();
  }

  @Override
  public final long macs() {
    return layer.macs();
  }

  @Override
  public final Halo out() {
    return out;
  }

  private Partition rows(int threads) {
    return Partition.of(layer.out().height(), MOST_ROWS, threads);
  }

  private int inputRows(int outputRows) {
    return (outputRows - 1) * layer.stride() + TAPS;
  }

  /** Returns the floats of a window. */
  private int windowFloats(int threads) {
    int values = inputRows(rows(threads).largest()) * in.row();
    return (values * in.valueBytes() + Float.BYTES - 1) / Float.BYTES + slack();
  }

  /** Returns the floats that may be read behind a window. */
  int slack() {
    return 0;
  }

  @Override
  public final int scratch(int threads) {
    return windowFloats(threads) + productScratch();
  }

  @Override
  public final List<Tasks> tasks(Workspace workspace, Buffer x, Buffer y) {
    Partition rows = rows(workspace.threads());
    Batch batch = workspace.batch();
    Batch.Output output = output(batch);
    Window[] windows = new Window[workspace.threads()];
    Place[] sums = new Place[workspace.threads()];
    for (int i = 0; i < windows.length; i++) {
      windows[i] = window(batch);
      sums[i] = new Place(workspace.scratch()[i], windowFloats(workspace.threads()));
    }
    Tasks.Body body =
        (image, task, thread) -> {
          int from = rows.begin(task);
          int to = rows.begin(task + 1);
          Buffer window = workspace.scratch()[thread];
          windows[thread].fill(window, image, from * layer.stride() - top, inputRows(to - from));
          for (int p = from; p < to; p++) {
            int offset = (p - from) * layer.stride() * in.row() + (1 - left) * in.pixel();
            multiply(window, offset, sums[thread], y, p);
          }
          output.copy(image, from, to, y, out.at(from, 0));
        };
    return List.of(new Tasks(rows.parts(), body));
  }
}
