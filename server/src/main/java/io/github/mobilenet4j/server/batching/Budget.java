package io.github.mobilenet4j.server.batching;

import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.util.concurrent.atomic.AtomicLong;

/** Bytes that all requests together may hold. Safe for use by many threads. */
public final class Budget {
  private final long most;
  private final AtomicLong taken = new AtomicLong();

  /**
   * @param most how many bytes
   */
  public Budget(long most) {
    this.most = most;
  }

  /**
   * Takes bytes.
   *
   * @throws Refusal if so many are not left
   */
  public void take(long bytes) {
    if (taken.addAndGet(bytes) > most) {
      taken.addAndGet(-bytes);
      throw new Refusal(
          Reason.OVERLOAD,
          "the requests under way hold %s bytes of at most %s".formatted(taken, most));
    }
  }

  /** Gives bytes back. */
  public void giveBack(long bytes) {
    taken.addAndGet(-bytes);
  }

  /** Returns how many bytes are taken. */
  public long taken() {
    return taken.get();
  }
}
