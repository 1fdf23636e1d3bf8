package io.github.mobilenet4j.server.batching;

import java.util.List;

/**
 * What a worker computes at once.
 *
 * @param runner which computes it
 * @param slices images of one job or of several
 * @param jobs whose the slices are
 */
public record Batch(BatchRunner runner, List<Slice> slices, List<Job> jobs) {
  /** Returns how many images it has. */
  public int images() {
    return slices.stream().mapToInt(Slice::count).sum();
  }
}
