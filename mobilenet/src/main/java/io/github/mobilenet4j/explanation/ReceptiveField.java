package io.github.mobilenet4j.explanation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Shape;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The pixels of the network's input that a unit depends on, a rectangle. No other pixel changes the
 * unit's value, whatever the weights are; each of these can.
 *
 * @param rows from the top
 * @param columns from the left
 */
public record ReceptiveField(Span rows, Span columns) {
  /**
   * One side of the rectangle. A unit n places further has its {@code start} n strides further.
   *
   * @param first the first pixel
   * @param last the last pixel
   * @param start the first pixel as if the input had no border: below 0 where padding is reached
   * @param size pixels, also as if there were no border; the same for all units of a layer
   * @param stride from one unit to the next, in pixels; 0 behind the pooling, where there is one
   */
  public record Span(int first, int last, int start, int size, int stride) {}

  /**
   * Returns the receptive field of the units of a layer at one place.
   *
   * @param layer of the network
   * @param row of the layer's output
   * @param column of the layer's output
   * @throws MobileNetException if the layer is another network's, or has no such place
   */
  public static ReceptiveField of(MobileNetV1 network, Layer layer, int row, int column) {
    List<Layer> layers = network.layers();
    int index = layers.indexOf(layer);
    if (index < 0) {
      throw new MobileNetException("layer " + layer.name() + " is none of the network");
    }
    Unit unit = new Unit(layer, row, column, 0);
    List<Layer> backwards = layers.subList(0, index + 1).reversed();
    return new ReceptiveField(
        span(network, backwards, Shape::height, unit.row()),
        span(network, backwards, Shape::width, unit.column()));
  }

  /** Follows an interval of a side from a layer's output back to the image. */
  private static Span span(
      MobileNetV1 network, List<Layer> backwards, ToIntFunction<Shape> side, int at) {
    int first = at;
    int last = at;
    int start = at;
    int end = at;
    int stride = 1;
    for (Layer layer : backwards) {
      int size = side.applyAsInt(layer.in());
      switch (layer) {
        case Layer.Standard _, Layer.Depthwise _ -> {
          Layer.Convolution convolution = (Layer.Convolution) layer;
          Padding padding = network.padding(convolution);
          int step = convolution.stride();
          int before = padding.before(size, step);
          start = start * step - before;
          end = end * step - before + 2;
          first = first * step - before;
          last = last * step - before + 2;
          stride *= step;
        }
        case Layer.Pointwise _ -> {}
        case Layer.GlobalAveragePool _ -> {
          first = 0;
          last = size - 1;
          start = 0;
          end = size - 1;
          stride = 0;
        }
        case Layer.Dense _, Layer.Classifier _ -> {}
      }
      // What a layer sees beside its input are zeros, which depend on nothing.
      first = Math.max(first, 0);
      last = Math.min(last, size - 1);
    }
    return new Span(first, last, start, end - start + 1, stride);
  }
}
