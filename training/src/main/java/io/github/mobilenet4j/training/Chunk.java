package io.github.mobilenet4j.training;

/**
 * Neighbouring pictures of a batch that one task works on. Sums over the batch are gathered by
 * chunk and added in the order of the chunks, whose number does not depend on the threads: the same
 * bits for any number of them.
 *
 * @param index which chunk, from 0
 * @param from its first picture
 * @param to after its last picture
 */
record Chunk(int index, int from, int to) {
  /** More would let more threads take part, and each has weight gradients of its own to add up. */
  static final int MOST = 8;

  /** Returns the number of chunks of a batch. */
  static int count(int images) {
    return Math.min(MOST, images);
  }

  /** Returns a chunk of a batch. */
  static Chunk of(int images, int index) {
    int count = count(images);
    return new Chunk(index, images * index / count, images * (index + 1) / count);
  }
}
