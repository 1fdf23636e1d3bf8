package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;

/**
 * A decoded picture: 8 bits a channel, red, green, blue, no alpha, rows from the top.
 *
 * @param height rows, ≥ 1
 * @param width columns, ≥ 1
 * @param rgb {@code [height, width, 3]}, unsigned bytes; shared, not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record RgbImage(int height, int width, byte[] rgb) {
  /**
   * Checks the sizes.
   *
   * @throws MobileNetException if a side is below 1 or the array does not have height·width·3 bytes
   */
  public RgbImage {
    if (height < 1 || width < 1 || (long) height * width * 3 != rgb.length) {
      throw new MobileNetException(
          "picture of %s×%s pixels has %s bytes, expected %s"
              .formatted(width, height, rgb.length, (long) height * width * 3));
    }
  }
}
