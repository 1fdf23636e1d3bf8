package io.github.mobilenet4j.image;

import io.github.mobilenet4j.MobileNetException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;

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
   * Returns the pixels of an image of Java's, as {@link ImageReader} would have read them: alpha is
   * dropped, not blended, grey becomes three equal channels, a profile is not applied, and of 16
   * bits the high 8 are taken. It is not turned: {@code ImageIO.read} leaves out EXIF's
   * orientation, which {@link ImageReader} heeds.
   *
   * @throws MobileNetException if it has more pixels than one array takes
   */
  public static RgbImage of(BufferedImage image) {
    int height = image.getHeight();
    int width = image.getWidth();
    if ((long) height * width * 3 > Integer.MAX_VALUE - 8) {
      throw new MobileNetException(
          "image of %s×%s pixels, expected fewer than 716 million".formatted(width, height));
    }
    if (hasStoredSamples(image)) {
      return new RgbImage(height, width, RasterSamples.rgb(image.getRaster()));
    }
    byte[] rgb = new byte[height * width * 3];
    int[] row = new int[width];
    int o = 0;
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int pixel : row) {
        rgb[o++] = (byte) (pixel >> 16);
        rgb[o++] = (byte) (pixel >> 8);
        rgb[o++] = (byte) pixel;
      }
    }
    return new RgbImage(height, width, rgb);
  }

  /** Java's own conversion makes grey brighter, and applies profiles. */
  private static boolean hasStoredSamples(BufferedImage image) {
    ColorModel model = image.getColorModel();
    int space = model.getColorSpace().getType();
    int type = model.getTransferType();
    return model instanceof ComponentColorModel
        && !model.isAlphaPremultiplied()
        && (space == ColorSpace.TYPE_GRAY || space == ColorSpace.TYPE_RGB)
        && (type == DataBuffer.TYPE_BYTE || type == DataBuffer.TYPE_USHORT);
  }

  /** Returns the pixels as an image of Java's, of {@link BufferedImage#TYPE_INT_RGB}. */
  public BufferedImage toBufferedImage() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] row = new int[width];
    int i = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++, i += 3) {
        row[x] = (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | rgb[i + 2] & 0xff;
      }
      image.setRGB(0, y, width, 1, row, 0, width);
    }
    return image;
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
