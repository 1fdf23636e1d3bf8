package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;
import java.util.List;

/**
 * A part of the network with its packed weights: what memory it needs, and what it computes there.
 * Three kinds in a row are a network: a {@link Stem}, a {@link SeparableBlock} for each of its
 * blocks, a {@link Head}. Each {@link Precision} has one of each.
 */
sealed interface Operator permits Stem, SeparableBlock, Head {
  /** Returns its name: stem, block1 … block13, head. */
  String name();

  /** Returns the multiply-adds for one image. */
  long macs();

  /** Returns how its output for an image lies in memory, null if that stays with the batch. */
  Halo out();

  /** Returns the floats of memory that each of so many threads needs for itself. */
  default int scratch(int threads) {
    return 0;
  }

  /** Returns the floats of memory that so many threads need in common. */
  default int shared(int threads) {
    return 0;
  }

  /** Returns the floats of memory for each image of a batch, kept until all have passed. */
  default int batchMemory() {
    return 0;
  }

  /**
   * Returns the work on an image, tasks that follow each other.
   *
   * @param x its input, the output of the operator before; null for the first, which reads the
   *     images of the batch
   * @param y its output, as {@link #out} says; its halo is zero and stays so
   */
  List<Tasks> tasks(Workspace workspace, Buffer x, Buffer y);

  /** Returns the work on all images of a batch at once, when each has passed all operators. */
  default List<Tasks> batchTasks(Batch batch, int threads) {
    return List.of();
  }
}
