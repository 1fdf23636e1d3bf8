package io.github.mobilenet4j.inference;

/** Independent tasks of one operator, bound to the buffers of a session. */
interface Step {
  /** Returns the number of tasks for so many pictures. */
  int tasks(int n);

  /**
   * Does one task.
   *
   * @param thread which thread it runs on, from 0
   */
  void run(int n, int task, int thread);
}
