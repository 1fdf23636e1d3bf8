package io.github.mobilenet4j.hub;

/** A failure of the network that another try may mend. */
final class TransientFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** How long the server asks to wait, 0 if it does not say. */
  final long seconds;

  TransientFailure(String message, Throwable cause) {
    super(message, cause);
    seconds = 0;
  }

  TransientFailure(String message, long seconds) {
    super(message);
    this.seconds = seconds;
  }
}
