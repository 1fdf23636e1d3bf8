package io.github.mobilenet4j;

/**
 * The one exception of this library: an argument, a file or a picture that cannot be used.
 *
 * <p>The message names the file, tensor or argument, says what was found and what was expected, and
 * is written to be shown to a person.
 */
public final class MobileNetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message which file, tensor or argument, what was found, what was expected
   */
  public MobileNetException(String message) {
    super(message);
  }

  /**
   * @param message which file, tensor or argument, what was found, what was expected
   * @param cause what the platform or a library reported, may be null
   */
  public MobileNetException(String message, Throwable cause) {
    super(message, cause);
  }
}
