package io.github.mobilenet4j.training;

import java.util.Optional;

/** The arguments of the step that runs. */
final class MiniBatch {
  private float[] x;
  private float[] targets;
  private int images;
  private long seed;
  private Optional<SoftTargets> soft = Optional.empty();

  void set(float[] x, float[] targets, Optional<SoftTargets> soft, int images, long seed) {
    this.x = x;
    this.targets = targets;
    this.soft = soft;
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

  /** Returns what a teacher says of the pictures. */
  Optional<SoftTargets> soft() {
    return soft;
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
