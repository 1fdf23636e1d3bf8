package io.github.mobilenet4j.server.batching;

import java.util.List;

/**
 * What a worker computes at once.
 *
 * @param runner which computes it
 * @param slices images of one job or of several
 * @param jobs whose the slices are
 * @param alone whether nothing else is computed meanwhile, so that all processors may share it
 */
public record Batch(BatchRunner runner, List<Slice> slices, List<Job> jobs, boolean alone) {
  /** Returns how many images it has. */
  public int images() {
    return slices.stream().mapToInt(Slice::count).sum();
  }
}
