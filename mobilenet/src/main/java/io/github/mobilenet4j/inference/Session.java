package io.github.mobilenet4j.inference;

/** The buffers and threads to run one plan. Not safe to share between threads. */
public final class Session implements AutoCloseable {
  /**
   * @param plan what to run
   * @param batch the most pictures a run may have
   * @param threads the most threads a run uses, the caller's among them, ≥ 1
   */
  public Session(InferencePlan plan, int batch, int threads) {
    throw new UnsupportedOperationException("to come");
  }

  /**
   * Computes logits; allocates nothing.
   *
   * @param x {@code [n, H, W, 3]}, preprocessed
   * @param n pictures
   * @param logits {@code [n, classes]}, written
   */
  public void run(float[] x, int n, float[] logits) {
    throw new UnsupportedOperationException("to come");
  }

  /** As run, and adds the nanoseconds of each operator to {@code nanos}, by operator. */
  public void profile(float[] x, int n, float[] logits, long[] nanos) {
    throw new UnsupportedOperationException("to come");
  }

  @Override
  public void close() {}
}
