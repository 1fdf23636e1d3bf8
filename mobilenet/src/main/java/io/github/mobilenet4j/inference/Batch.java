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
  private byte[] bytes;
  private byte[] raw;
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

  /** Returns the images of this run, {@code [n, H, W, C]}; null if they are bytes. */
  float[] images() {
    return images;
  }

  /** Returns the images of this run, unsigned, as an integer network takes them, or null. */
  byte[] bytes() {
    return bytes;
  }

  /** Returns how many images this run has. */
  int n() {
    return n;
  }

  /**
   * Begins a run.
   *
   * @param images {@code [n, H, W, C]}
   * @param outputs by layer {@code [n, height, width, channels]}, written; null where not wanted
   */
  void begin(float[] images, int n, float[][] outputs) {
    this.images = images;
    this.bytes = null;
    this.raw = null;
    this.n = n;
    this.outputs = outputs;
  }

  /**
   * Begins a run on bytes.
   *
   * @param images {@code [n, H, W, C]}, unsigned
   * @param raw {@code [n, outputs]}, unsigned, written
   */
  void begin(byte[] images, int n, byte[] raw, float[][] outputs) {
    begin(null, n, outputs);
    this.bytes = images;
    this.raw = raw;
  }

  /**
   * Copies some of the network's output as the bytes that it is, if they are wanted.
   *
   * @param channels of the output
   * @param at where the first of them is
   * @param begin the first that is copied
   * @param end behind the last, or more than there are
   */
  void copyRaw(int image, int channels, Buffer values, int at, int begin, int end) {
    if (raw != null) {
      int count = Math.min(end, channels) - begin;
      values.get(at + begin, raw, image * channels + begin, count);
    }
  }

  /**
   * Returns the way out for the output of a layer.
   *
   * @param layout how its operator has it in memory
   */
  Output output(Layer layer, Layout layout) {
    return output(layer, layout, Buffer::get);
  }

  /**
   * Returns the way out for the output of a layer.
   *
   * @param layout how its operator has it in memory
   * @param values reads what its operator has in memory
   */
  Output output(Layer layer, Layout layout, Values values) {
    return new Output(this, layers.indexOf(layer), layer.out(), layout, values);
  }

  /** Reads values of memory as floats. */
  interface Values {
    /** Reads {@code count} values from {@code offset} on into an array, from {@code to} on. */
    void get(Buffer from, int offset, float[] target, int to, int count);
  }

  /** Where an operator brings what it has computed of a layer. */
  record Output(Batch batch, int layer, Shape shape, Layout layout, Values reader) {
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
          reader.get(
              values,
              at + (p - from) * layout.row() + q * layout.pixel() + begin,
              target,
              place * shape.channels() + begin,
              count);
        }
      }
    }
  }
}
