package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import java.util.List;

/** Pictures in, predictions out. Safe to share between threads. */
public final class Classifier implements AutoCloseable {
  private Classifier() {}

  /** Returns a classifier that uses every processor. */
  public static Classifier of(Model model) {
    throw new UnsupportedOperationException("to come");
  }

  /** Returns a classifier that uses at most so many threads for a picture. */
  public static Classifier of(Model model, int threads) {
    throw new UnsupportedOperationException("to come");
  }

  /** Returns the {@code top} most probable classes, most probable first; ties: lower index. */
  public List<Prediction> classify(RgbImage picture, int top) {
    throw new UnsupportedOperationException("to come");
  }

  /** Reads a picture file and classifies it. */
  public List<Prediction> classify(Path picture, int top) {
    throw new UnsupportedOperationException("to come");
  }

  /** Returns the probability of every class. */
  public float[] probabilities(RgbImage picture) {
    throw new UnsupportedOperationException("to come");
  }

  /** Returns the pooled features (1024 at α 1). */
  public float[] embedding(RgbImage picture) {
    throw new UnsupportedOperationException("to come");
  }

  @Override
  public void close() {}
}
