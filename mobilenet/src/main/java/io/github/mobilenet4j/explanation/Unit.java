package io.github.mobilenet4j.explanation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;

/**
 * One value of a layer's output.
 *
 * @param layer of the network
 * @param row from the top, from 0 on
 * @param column from the left, from 0 on
 * @param channel from 0 on
 */
public record Unit(Layer layer, int row, int column, int channel) {
  /**
   * Checks that the layer has it.
   *
   * @throws MobileNetException if row, column or channel is none of the layer's output
   */
  public Unit {
    if (row < 0
        || row >= layer.out().height()
        || column < 0
        || column >= layer.out().width()
        || channel < 0
        || channel >= layer.out().channels()) {
      throw new MobileNetException(
          "row %s, column %s, channel %s of layer %s, whose output is %s"
              .formatted(row, column, channel, layer.name(), layer.out()));
    }
  }

  /** Returns where the value stands in the layer's output, {@code [height, width, channels]}. */
  int index() {
    return (row * layer.out().width() + column) * layer.out().channels() + channel;
  }
}
