package io.github.mobilenet4j.server.batching;

import java.util.List;

/** Computes images of one model. */
public interface BatchRunner {
  /** Returns the most images of a batch, ≥ 1. */
  int most();

  /**
   * Computes images and writes their results.
   *
   * @param slices at most {@link #most} images in all
   */
  void run(List<Slice> slices);
}
