package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import java.time.Duration;

/** Tries again what failed for the moment, after a pause that doubles. */
final class Retry {
  private static final int MOST_TRIES = 4;

  /** A server that asks for a longer pause is not waited for. */
  private static final long MOST_SECONDS = 120;

  private final DownloadListener listener;
  private final Duration firstPause;
  private int failures;

  Retry(DownloadListener listener, Duration firstPause) {
    this.listener = listener;
    this.firstPause = firstPause;
  }

  /** What may fail for the moment. */
  interface Attempt<T, E extends Exception> {
    T run() throws E, TransientFailure;
  }

  /** Forgets earlier failures, since there was progress. */
  void gained() {
    failures = 0;
  }

  /**
   * Returns what the first successful attempt returns.
   *
   * @throws MobileNetException if none was
   */
  <T, E extends Exception> T until(Attempt<T, E> attempt) throws E {
    while (true) {
      try {
        return attempt.run();
      } catch (TransientFailure e) {
        failures++;
        Duration pause = pause(e);
        if (failures == MOST_TRIES) {
          throw new MobileNetException(
              "%s (tried %s times)".formatted(e.getMessage(), failures), e);
        }
        if (pause.toSeconds() > MOST_SECONDS) {
          throw new MobileNetException(
              "%s; asks to wait for %s s".formatted(e.getMessage(), pause.toSeconds()), e);
        }
        listener.waits("%s; trying again in %s s".formatted(e.getMessage(), pause.toSeconds()));
        sleep(pause);
      }
    }
  }

  private Duration pause(TransientFailure e) {
    Duration doubled = firstPause.multipliedBy(1L << (failures - 1));
    Duration asked = Duration.ofSeconds(e.seconds);
    return asked.compareTo(doubled) > 0 ? asked : doubled;
  }

  private static void sleep(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MobileNetException("interrupted", e);
    }
  }
}
