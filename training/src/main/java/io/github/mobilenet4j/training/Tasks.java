package io.github.mobilenet4j.training;

import java.util.function.IntSupplier;

/**
 * Independent tasks that together are an operator of a step.
 *
 * @param layer for which layer
 * @param name what it does, such as {@code forward}
 * @param count how many
 * @param body does one
 * @param reversed whether a thread does its own from the last to the first
 */
record Tasks(String layer, String name, IntSupplier count, Body body, boolean reversed) {
  Tasks(String layer, String name, IntSupplier count, Body body) {
    this(layer, name, count, body, false);
  }

  /** Does one of the tasks. */
  interface Body {
    /**
     * @param task which task, from 0
     * @param thread which thread it runs on, from 0
     */
    void run(int task, int thread);
  }

  @Override
  public String toString() {
    return layer + " " + name;
  }
}
