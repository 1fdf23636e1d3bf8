package io.github.mobilenet4j;

import org.jspecify.annotations.Nullable;

/**
 * An image that cannot be read, and why it never will be as it is: there is no such file, or it may
 * not be opened, it is no image of a known kind, it is damaged, or it is larger than allowed.
 *
 * <p>In a server it is what a request is to blame for, such as an upload that is no image: an
 * answer 400, with the message, which is written to be shown. Every other {@link
 * MobileNetException} but {@link BusyException} is an answer 500.
 *
 * <p>What the machine lacks at the moment, such as memory or open files, or a disk that fails, is a
 * plain {@link MobileNetException}: the same image may be read later, or elsewhere. Who leaves out
 * unreadable images must not leave out those.
 */
public final class ImageException extends MobileNetException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message which image, what was found, what was expected
   */
  public ImageException(String message) {
    super(message);
  }

  /**
   * @param message which image, what was found, what was expected
   * @param cause what the platform or a library reported, may be null
   */
  public ImageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  MobileNetException with(String message) {
    return new ImageException(message, this);
  }
}
