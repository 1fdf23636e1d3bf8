package io.github.mobilenet4j.training;

import java.util.HashMap;
import java.util.Map;

/**
 * That a network is trained on what integers of 8 bits can hold of its kernels and activations, so
 * that it learns to do well with them (quantisation-aware training: Jacob et al., arXiv:1712.05877,
 * section 3; Krishnamoorthi, arXiv:1806.08342, section 3.2). Forward, both are rounded to such
 * integers and taken back to floats; backward, the gradient passes as if they were not, except
 * where an activation is beyond what the integers reach: there it is 0. What is trained stays
 * floats.
 *
 * <p>The range of each layer's output is measured on the batches, and averaged.
 *
 * <p>BatchNorm stays where it is. A kernel with a scale for each output channel has the same
 * integers before its BatchNorm is folded in and after; one with a single scale is rounded by what
 * that scale is for each channel before.
 *
 * @param perTensor whether a whole kernel, its BatchNorm folded in, shares a scale; else each
 *     output channel has one
 * @param settled whether ranges and running statistics stay as they are, and BatchNorm normalises
 *     by these, as it does once it is folded in
 * @param ranges the least and the greatest value of layers' outputs, by layer, as {@link
 *     TrainingGraph#ranges} returned them; where one is missing the first batch decides it
 */
public record FakeQuantization(boolean perTensor, boolean settled, Map<String, float[]> ranges) {
  /** Copies the map and the arrays. */
  public FakeQuantization {
    Map<String, float[]> copies = new HashMap<>();
    ranges.forEach((name, range) -> copies.put(name, range.clone()));
    ranges = Map.copyOf(copies);
  }
}
