package io.github.mobilenet4j.training;

/** The arguments of the step that runs. */
final class MiniBatch {
  private float[] x;
  private float[] targets;
  private int images;
  private long seed;

  void set(float[] x, float[] targets, int images, long seed) {
    this.x = x;
    this.targets = targets;
    this.images = images;
    this.seed = seed;
  }

  /** Returns {@code [images, H, W, 3]}. */
  float[] x() {
    return x;
  }

  /** Returns {@code [images, classes]}. */
  float[] targets() {
    return targets;
  }

  /** Returns how many pictures there are. */
  int images() {
    return images;
  }

  /** Returns what dropout is drawn from. */
  long seed() {
    return seed;
  }

  /** Returns the number of chunks. */
  int chunks() {
    return Chunk.count(images);
  }

  Chunk chunk(int index) {
    return Chunk.of(images, index);
  }
}
