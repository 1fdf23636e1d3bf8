package io.github.mobilenet4j.files;

import java.util.concurrent.CountDownLatch;

/**
 * Holds back the end of the JVM, where Ctrl-C, SIGTERM or {@link System#exit} of another thread
 * asks for it, until work is done that must not be left half-done.
 */
public final class ShutdownDelay implements AutoCloseable {
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook;

  /**
   * Begins. Where the JVM is ending already nothing is held back.
   *
   * @param asked runs when the JVM is asked to end, on another thread
   */
  public ShutdownDelay(Runnable asked) {
    hook =
        new Thread(() -> {
          asked.run();
          try {
            done.await();
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        });
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException _) {
      // It is ending: who does so waits, or does not.
    }
  }

  /** Lets the JVM end. */
  @Override
  public void close() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // It is ending.
    }
  }
}
