package io.github.mobilenet4j.server.models;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Who asks, since when, and for how long: what a request for inference has beside the request
 * itself.
 */
public final class Call {
  private final String client;
  private final long begin;
  private final Optional<Duration> timeout;
  private final AtomicReference<Runnable> cancellation = new AtomicReference<>(() -> {});
  private volatile boolean cancelled;

  /**
   * @param client whose share of the service it takes
   * @param begin when it came, as {@link System#nanoTime}
   * @param timeout how long the caller waits, if it says so
   */
  public Call(String client, long begin, Optional<Duration> timeout) {
    this.client = client;
    this.begin = begin;
    this.timeout = timeout;
  }

  /** The caller has gone: what was not begun is not. */
  public void cancel() {
    cancelled = true;
    cancellation.get().run();
  }

  /** Says what is to be done if the caller goes. */
  void onCancel(Runnable action) {
    cancellation.set(action);
    if (cancelled) {
      action.run();
    }
  }

  boolean isCancelled() {
    return cancelled;
  }

  String client() {
    return client;
  }

  long begin() {
    return begin;
  }

  Optional<Duration> timeout() {
    return timeout;
  }
}
