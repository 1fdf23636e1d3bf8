package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The order in which a format stores the axes of a layer's kernel: {@code H} rows, {@code W}
 * columns, {@code I} channels in, {@code O} channels out, outermost first. An axis of size 1 may be
 * left out. A depthwise kernel has I = 1, a pointwise or classifier kernel H = W = 1.
 *
 * <p>This library's own layouts ({@link Parameter#shape()}) are all {@code HWIO} without the axes
 * of size 1.
 *
 * @param axes such as {@code OIHW} for PyTorch
 */
public record KernelLayout(String axes) {
  private static final String OURS = "HWIO";

  /** Side of the squares that a transposition walks through, so that both sides stay in cache. */
  private static final int TILE = 32;

  /** Returns this library's own layout of a layer's kernel. */
  public static KernelLayout ours(Layer layer) {
    return new KernelLayout(
        switch (layer) {
          case Layer.Standard _ -> OURS;
          case Layer.Depthwise _ -> "HWO";
          case Layer.Pointwise _, Layer.Dense _, Layer.Classifier _ -> "IO";
          case Layer.GlobalAveragePool _ -> "";
        });
  }

  /** Returns the shape of a layer's kernel in this layout. */
  public List<Integer> shape(Layer layer) {
    return axes.chars().mapToObj(axis -> size(layer, axis)).toList();
  }

  /** Returns the shape of a matrix of channels in and out in this layout. */
  List<Integer> shape(int in, int out) {
    return axes.chars().mapToObj(axis -> axis == 'I' ? in : axis == 'O' ? out : 1).toList();
  }

  /** Returns whether a shape, but for axes of size 1, is that of a matrix in this layout. */
  boolean isOf(List<Integer> shape, int in, int out) {
    return shape.size() >= 2 && withoutUnits(shape).equals(withoutUnits(shape(in, out)));
  }

  private static List<Integer> withoutUnits(List<Integer> shape) {
    return shape.stream().filter(size -> size != 1).toList();
  }

  private static int size(Layer layer, int axis) {
    boolean depthwise = layer instanceof Layer.Depthwise;
    boolean spatial = depthwise || layer instanceof Layer.Standard;
    return switch (axis) {
      case 'H', 'W' -> spatial ? 3 : 1;
      case 'I' -> depthwise ? 1 : layer.in().channels();
      case 'O' -> layer.out().channels();
      default -> throw new IllegalArgumentException("axis " + (char) axis);
    };
  }

  /**
   * Returns a kernel in this library's layout.
   *
   * @param kernel in this layout, not modified; returned itself where the layouts agree
   */
  public float[] toOurs(Layer layer, float[] kernel) {
    return reordered(layer, kernel, axes, OURS);
  }

  /**
   * Returns a kernel in this layout.
   *
   * @param kernel in this library's layout, not modified; returned itself where the layouts agree
   */
  public float[] fromOurs(Layer layer, float[] kernel) {
    return reordered(layer, kernel, OURS, axes);
  }

  /** As {@link #fromOurs(Layer, float[])}, of integers of 8 bits. */
  public byte[] fromOurs(Layer layer, byte[] kernel) {
    // Every byte is a float.
    float[] values = new float[kernel.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = kernel[i];
    }
    float[] ordered = fromOurs(layer, values);
    byte[] bytes = new byte[ordered.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) ordered[i];
    }
    return bytes;
  }

  private static float[] reordered(Layer layer, float[] kernel, String source, String destination) {
    if (withoutUnits(layer, source).equals(withoutUnits(layer, destination))) {
      return kernel;
    }
    // Size and distance in the source of the destination's axes, outermost first.
    int[] size = {1, 1, 1, 1};
    int[] step = {0, 0, 0, 0};
    for (int i = 0; i < destination.length(); i++) {
      int axis = size.length - destination.length() + i;
      size[axis] = size(layer, destination.charAt(i));
      step[axis] = step(layer, source, destination.charAt(i));
    }
    float[] reordered = new float[kernel.length];
    for (int outer = 0; outer < size[0] * size[1]; outer++) {
      int from = outer / size[1] * step[0] + outer % size[1] * step[1];
      int to = outer * size[2] * size[3];
      for (int k = 0; k < size[2]; k += TILE) {
        for (int l = 0; l < size[3]; l += TILE) {
          for (int row = k; row < Math.min(k + TILE, size[2]); row++) {
            for (int column = l; column < Math.min(l + TILE, size[3]); column++) {
              reordered[to + row * size[3] + column] =
                  kernel[from + row * step[2] + column * step[3]];
            }
          }
        }
      }
    }
    return reordered;
  }

  private static String withoutUnits(Layer layer, String axes) {
    return axes.chars()
        .filter(axis -> size(layer, axis) > 1)
        .mapToObj(Character::toString)
        .collect(Collectors.joining());
  }

  private static int step(Layer layer, String axes, char axis) {
    return axes.substring(axes.indexOf(axis) + 1)
        .chars()
        .map(a -> size(layer, a))
        .reduce(1, (a, b) -> a * b);
  }
}
