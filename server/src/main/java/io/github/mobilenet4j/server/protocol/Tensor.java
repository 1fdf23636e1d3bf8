package io.github.mobilenet4j.server.protocol;

import java.util.List;

/**
 * A tensor of a request or an answer.
 *
 * @param name which of the model's
 * @param datatype the protocol's name, such as {@link #FP32}
 * @param shape its sides
 * @param parameters what else is said of it
 * @param data as many values as the shape says
 */
public record Tensor(
    String name, String datatype, List<Long> shape, Parameters parameters, TensorData data) {
  /** The datatype of 32-bit floats. */
  public static final String FP32 = "FP32";

  /** The datatype of any bytes. */
  public static final String BYTES = "BYTES";

  /** No tensor has more sides. */
  static final int MOST_SIDES = 8;

  /**
   * Checks that there are as many values as the shape says.
   *
   * @throws Refusal if there are more or fewer, or a side is negative
   */
  public Tensor {
    shape = List.copyOf(shape);
    long values = 1;
    for (long side : shape) {
      if (side < 0 || side > Integer.MAX_VALUE) {
        throw Refusal.bad("input %s has the shape %s".formatted(Refusal.abridged(name), shape));
      }
      values = Math.min(values * side, Integer.MAX_VALUE);
    }
    if (values != data.count()) {
      throw Refusal.bad(
          "tensor %s has %s values, expected %s of the shape %s"
              .formatted(Refusal.abridged(name), data.count(), values, shape));
    }
  }
}
