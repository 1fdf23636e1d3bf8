package io.github.mobilenet4j;

import org.jspecify.annotations.Nullable;

/**
 * More calls at once than what they share has room for: this one waited as long as its caller
 * allowed. Nothing is wrong with it; it may be tried again later.
 */
public final class BusyException extends MobileNetException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what is busy, and how long was waited for it
   */
  public BusyException(String message) {
    this(message, null);
  }

  private BusyException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  BusyException with(String message) {
    return new BusyException(message, this);
  }
}
