package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Shape;
import java.util.List;

/** What the images of a run have in common: where they come from, and where outputs go. */
final class Batch {
  private final List<Layer> layers;
  private final Buffer memory;
  private final int most;

  private float[] images;
  private int n;
  private float[][] outputs;

  /**
   * @param layers of the network
   * @param memory what the operators need for {@code most} images
   */
  Batch(List<Layer> layers, Buffer memory, int most) {
    this.layers = layers;
    this.memory = memory;
    this.most = most;
  }

  /** Returns the memory that operators keep from image to image. */
  Buffer memory() {
    return memory;
  }

  /** Returns the most images of a run. */
  int most() {
    return most;
  }

  /** Returns the images of this run, {@code [n, H, W, 3]}. */
  float[] images() {
    return images;
  }

  /** Returns how many images this run has. */
  int n() {
    return n;
  }

  /**
   * Begins a run.
   *
   * @param images {@code [n, H, W, 3]}
   * @param outputs by layer {@code [n, height, width, channels]}, written; null where not wanted
   */
  void begin(float[] images, int n, float[][] outputs) {
    this.images = images;
    this.n = n;
    this.outputs = outputs;
  }

  /**
   * Returns the way out for the output of a layer.
   *
   * @param layout how its operator has it in memory
   */
  Output output(Layer layer, Layout layout) {
    return new Output(this, layers.indexOf(layer), layer.out(), layout);
  }

  /** Where an operator brings what it has computed of a layer. */
  record Output(Batch batch, int layer, Shape shape, Layout layout) {
    /**
     * Copies rows to the caller of the run, if they are wanted.
     *
     * @param from the first of the rows
     * @param to behind the last
     * @param at where the first of them begins
     */
    void copy(int image, int from, int to, Buffer values, int at) {
      copy(image, from, to, values, at, 0, shape.channels());
    }

    /**
     * Copies some channels of rows.
     *
     * @param begin the first channel
     * @param end behind the last, or more than there are
     */
    void copy(int image, int from, int to, Buffer values, int at, int begin, int end) {
      float[] target = batch.outputs[layer];
      if (target == null) {
        return;
      }
      int count = Math.min(end, shape.channels()) - begin;
      for (int p = from; p < to; p++) {
        for (int q = 0; q < shape.width(); q++) {
          int place = (image * shape.height() + p) * shape.width() + q;
          values.get(
              at + (p - from) * layout.row() + q * layout.pixel() + begin,
              target,
              place * shape.channels() + begin,
              count);
        }
      }
    }
  }
}
