package io.github.mobilenet4j;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * What this library throws: an argument, a file or an image that cannot be used. Two subclasses
 * tell what a caller may want to treat apart: an image that is itself to blame, and too many calls
 * at once.
 *
 * <p>The message names the file, tensor or argument, says what was found and what was expected, and
 * is written to be shown to a person.
 */
public sealed class MobileNetException extends RuntimeException
    permits BusyException, ImageException {
  private static final long serialVersionUID = 1L;

  /** Characters of a message, and of a name or value in it, that people still read. */
  private static final int MOST_OF_A_MESSAGE = 4000;

  private static final int MOST_OF_A_TEXT = 200;
  private static final String GAP = " … ";

  /**
   * @param message which file, tensor or argument, what was found, what was expected
   */
  public MobileNetException(String message) {
    this(message, null);
  }

  /**
   * @param message which file, tensor or argument, what was found, what was expected; of more than
   *     4,000 characters the middle is left out
   * @param cause what the platform or a library reported, may be null
   */
  public MobileNetException(String message, @Nullable Throwable cause) {
    super(abridged(message, MOST_OF_A_MESSAGE), cause);
  }

  /**
   * Returns a text or value from outside, which may be of any length, as it stands in a message:
   * what is too long loses its middle, of very many values only their number is said.
   */
  public static String abridged(Object found) {
    return found instanceof Collection<?> many && many.size() > MOST_OF_A_MESSAGE
        ? many.size() + " values"
        : abridged(String.valueOf(found), MOST_OF_A_TEXT);
  }

  /** Returns a text of at most so many characters, ≥ 16; a longer one loses its middle. */
  public static String abridged(String text, int most) {
    if (text == null || text.length() <= most) {
      return text;
    }
    int tail = most / 4;
    return text.substring(0, most - tail - GAP.length())
        + GAP
        + text.substring(text.length() - tail);
  }

  /**
   * Returns the exception for a file that the platform could not read or write.
   *
   * @param action what was tried, such as "read"
   * @param cause what the platform reported
   */
  public static MobileNetException cannot(String action, Path file, IOException cause) {
    String reason =
        switch (cause) {
          case NoSuchFileException _ -> "no such file or folder";
          case AccessDeniedException _ -> "permission denied";
          case FileSystemLoopException _ -> "links that lead in a circle";
          case FileSystemException fault when fault.getReason() != null -> fault.getReason();
          default -> cause.getMessage();
        };
    return new MobileNetException("cannot %s %s: %s".formatted(action, file, reason), cause);
  }

  /** Returns the same with the file in front, unless the message begins with it already. */
  public MobileNetException in(String file) {
    return getMessage().startsWith(file + ": ") ? this : with(file + ": " + getMessage());
  }

  /** Returns an exception of the same class with another message, caused by this one. */
  MobileNetException with(String message) {
    return new MobileNetException(message, this);
  }
}
