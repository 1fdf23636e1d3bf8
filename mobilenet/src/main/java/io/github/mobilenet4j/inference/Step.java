package io.github.mobilenet4j.inference;

/**
 * Independent tasks that together are one operator, or one phase of it, on one picture.
 *
 * @param tasks how many
 * @param body does one
 */
record Step(int tasks, Body body) {
  /** Does one of the tasks. */
  interface Body {
    /**
     * @param image which picture of the batch
     * @param task which task, from 0
     * @param thread which thread it runs on, from 0
     */
    void run(int image, int task, int thread);
  }
}
