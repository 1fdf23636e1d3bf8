package io.github.mobilenet4j.training;

/** The arguments of the step that runs. */
final class MiniBatch {
  private float[] x;
  private float[] targets;
  private int pictures;
  private long seed;

  void set(float[] x, float[] targets, int pictures, long seed) {
    this.x = x;
    this.targets = targets;
    this.pictures = pictures;
    this.seed = seed;
  }

  /** Returns {@code [pictures, H, W, 3]}. */
  float[] x() {
    return x;
  }

  /** Returns {@code [pictures, classes]}. */
  float[] targets() {
    return targets;
  }

  /** Returns how many pictures there are. */
  int pictures() {
    return pictures;
  }

  /** Returns what dropout is drawn from. */
  long seed() {
    return seed;
  }

  /** Returns the number of chunks. */
  int chunks() {
    return Chunk.count(pictures);
  }

  Chunk chunk(int index) {
    return Chunk.of(pictures, index);
  }
}
