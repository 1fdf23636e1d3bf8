package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import java.util.List;

/** The batches of a data set, epoch by epoch. Not safe for use by many threads. */
public sealed interface Batches permits Loader, KeptFeatures {
  /** Returns the number of batches of an epoch, if every picture can be read. */
  int batches();

  /**
   * Returns the batches of an epoch, from batch {@code firstBatch} on: the same as if the epoch had
   * been taken from its beginning. They can be gone through once.
   *
   * @param epoch from 0; without shuffling and augmentation, all are the same
   * @param firstBatch from 0 to {@link #batches}
   * @throws MobileNetException if there is no such batch
   */
  Iterable<Batch> epoch(int epoch, int firstBatch);

  /** Returns the pictures that were left out so far, by their number. */
  List<Unreadable> unreadable();
}
