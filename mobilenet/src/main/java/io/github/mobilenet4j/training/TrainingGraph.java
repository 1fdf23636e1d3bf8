package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Workers;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;

/**
 * A network that computes the gradient of its loss: one forward pass with the statistics of the
 * batch, one backward pass. It holds the values that are trained; an optimizer changes them between
 * steps.
 *
 * <p>The same input gives the same bits with any number of threads.
 *
 * <p>Not safe to share between threads.
 */
public final class TrainingGraph implements AutoCloseable {
  /**
   * @param network what to train
   * @param initial the values to begin with; copied
   * @param batch the most pictures of a step, ≥ 1
   * @param threads the most threads, the caller's among them, ≥ 1
   * @param frozenBlocks how much of the body keeps its values and statistics: 0 nothing, 1 the
   *     stem, k the stem and the first k−1 blocks
   * @param momentum of BatchNorm's running statistics in PyTorch's convention, {@code running ← (1
   *     − momentum) · running + momentum · batch}; TensorFlow's decay is 1 − momentum
   * @throws MobileNetException if an argument is out of its range, or the batch needs a buffer of
   *     2³¹ values or more
   */
  public TrainingGraph(
      MobileNetV1 network,
      Weights initial,
      int batch,
      int threads,
      int frozenBlocks,
      double momentum) {
    throw new UnsupportedOperationException();
  }

  /** Returns the network. */
  public MobileNetV1 network() {
    throw new UnsupportedOperationException();
  }

  /** Returns the most pictures of a step. */
  public int batch() {
    throw new UnsupportedOperationException();
  }

  /** Returns what is trained, in the network's order; frozen parameters are not among them. */
  public List<TrainingParameter> parameters() {
    throw new UnsupportedOperationException();
  }

  /**
   * Returns the running means and variances that steps change, in the network's order; those of
   * frozen layers are not among them.
   */
  public List<TrainingParameter> statistics() {
    throw new UnsupportedOperationException();
  }

  /**
   * Computes logits, loss and gradients, and moves the running statistics. The loss is softmax
   * cross-entropy, {@code −Σ_k target[k] · log p[k]}, averaged over the pictures.
   *
   * @param x {@code [n, H, W, 3]}, preprocessed; not modified
   * @param targets {@code [n, classes]}, probabilities of the classes; a row may sum to something
   *     other than 1, which is then the weight of that picture; not modified
   * @param n pictures, 1 to {@link #batch()}
   * @param seed which values dropout zeroes; use another one in each step
   * @param logits {@code [n, classes]}, written
   * @return the loss; gradients are in {@link #parameters()}
   * @throws MobileNetException if n is out of range or an array is too short
   */
  public float step(float[] x, float[] targets, int n, long seed, float[] logits) {
    throw new UnsupportedOperationException();
  }

  /** Returns a copy of all values, frozen ones and running statistics among them. */
  public Weights weights() {
    throw new UnsupportedOperationException();
  }

  /** Returns the threads of the steps, for the optimizer to run on in between. */
  public Workers workers() {
    throw new UnsupportedOperationException();
  }

  /** Ends the threads. */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
