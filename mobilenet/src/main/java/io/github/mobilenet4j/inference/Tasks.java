package io.github.mobilenet4j.inference;

import java.util.function.IntSupplier;

/**
 * Independent tasks that together compute something, such as an operator's output for an image.
 *
 * @param count how many there are, the same throughout a run
 * @param body does one
 */
record Tasks(IntSupplier count, Body body) {
  /** Does one of the tasks. */
  interface Body {
    /**
     * @param image which image of the batch, if they are one image's
     * @param task which task, from 0
     * @param thread which thread it runs on, from 0
     */
    void run(int image, int task, int thread);
  }

  Tasks(int count, Body body) {
    this(() -> count, body);
  }
}
