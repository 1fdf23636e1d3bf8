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

  /**
   * Returns the brightness of each pixel in all three channels: {@code (19595 R + 38470 G + 7471 B
   * + 32768) / 65536}, rounded down, as Pillow's {@code convert("L")} has it (ITU-R BT.601).
   */
  public RgbImage grey() {
    byte[] grey = new byte[rgb.length];
    for (int i = 0; i < rgb.length; i += 3) {
      int sum = (rgb[i] & 0xff) * 19595 + (rgb[i + 1] & 0xff) * 38470 + (rgb[i + 2] & 0xff) * 7471;
      byte brightness = (byte) (sum + 32768 >> 16);
      grey[i] = brightness;
      grey[i + 1] = brightness;
      grey[i + 2] = brightness;
    }
    return new RgbImage(height, width, grey);
  }
}
