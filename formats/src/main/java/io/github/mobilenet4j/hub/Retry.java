package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.time.Duration;

/** Tries again what may go better the next time, after a pause that doubles. */
final class Retry {
  private static final int MOST_TRIES = 5;

  /** Who asks for more time than that is not waited for. */
  private static final long MOST_SECONDS = 120;

  private final DownloadListener listener;
  private final Duration firstPause;
  private int failures;

  Retry(DownloadListener listener, Duration firstPause) {
    this.listener = listener;
    this.firstPause = firstPause;
  }

  /** A piece of work that may fail for a while. */
  interface Attempt<T> {
    T run() throws IOException;
  }

  /** Something was gained: failures before are forgotten. */
  void gained() {
    failures = 0;
  }

  /**
   * Returns what the first successful attempt returns.
   *
   * @throws MobileNetException if none was
   */
  <T> T until(Attempt<T> attempt) {
    while (true) {
      try {
        return attempt.run();
      } catch (IOException e) {
        failures++;
        Duration pause = pause(e);
        if (failures == MOST_TRIES || pause.toSeconds() > MOST_SECONDS) {
          throw new MobileNetException(e.getMessage() + tries(pause), e);
        }
        listener.waits("%s; trying again in %d s".formatted(e.getMessage(), pause.toSeconds()));
        sleep(pause);
      }
    }
  }

  private String tries(Duration pause) {
    return failures == MOST_TRIES
        ? " (tried %d times)".formatted(failures)
        : "; asks to wait for %d s".formatted(pause.toSeconds());
  }

  private Duration pause(IOException e) {
    Duration doubled = firstPause.multipliedBy(1L << (failures - 1));
    Duration asked = Duration.ofSeconds(e instanceof Http.Busy busy ? busy.seconds : 0);
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
