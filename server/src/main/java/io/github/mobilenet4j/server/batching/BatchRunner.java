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
   * @param alone whether nothing else is computed meanwhile: all processors may then share the
   *     work, of which there is less than they are; else it is for the caller's thread
   */
  void run(List<Slice> slices, boolean alone);
}
