package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.MobileNetException;

/**
 * What the content of a file may still take, of memory or of other things: a file may mention the
 * same bytes a thousand times.
 */
public final class Room {
  private final long all;
  private final String unit;
  private long left;

  /**
   * @param all how much there is
   * @param unit of what, for messages
   */
  public Room(long all, String unit) {
    this.all = all;
    this.unit = unit;
    left = all;
  }

  /**
   * Takes some, before memory is allocated.
   *
   * @param what takes it, for messages
   * @throws MobileNetException if not so much is left
   */
  public void take(long count, String what) {
    if (count < 0 || count > left) {
      throw new MobileNetException(
          "%s takes %s %s, expected at most %s, left of %s for this file"
              .formatted(what, count, unit, left, all));
    }
    left -= count;
  }
}
