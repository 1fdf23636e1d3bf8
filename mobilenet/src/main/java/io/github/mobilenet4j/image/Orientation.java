package io.github.mobilenet4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * EXIF's tag 0x0112: how a picture must be mirrored and turned to stand upright (CIPA DC-008,
 * section 4.6.5; the container is TIFF 6.0, section 2).
 */
final class Orientation {
  static final int UPRIGHT = 1;

  private static final int TAG = 0x0112;
  private static final int SHORT = 3;
  private static final int LONG = 4;
  private static final int ENTRY_BYTES = 12;

  private Orientation() {}

  /**
   * Returns the orientation that an EXIF block asks for, {@link #UPRIGHT} if it has none or makes
   * no sense: a damaged comment does not make a picture unreadable.
   *
   * @param exif a TIFF file, with or without {@code Exif\0\0} before it
   */
  static int of(byte[] exif) {
    ByteBuffer tiff = ByteBuffer.wrap(exif);
    if (exif.length >= 6 && exif[0] == 'E' && exif[1] == 'x') {
      tiff = tiff.slice(6, exif.length - 6);
    }
    if (tiff.limit() < 8) {
      return UPRIGHT;
    }
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long directory = Integer.toUnsignedLong(tiff.getInt(4));
    if (directory + 2 > tiff.limit()) {
      return UPRIGHT;
    }
    long last =
        Math.min(
                directory
                    + 2
                    + (long) ENTRY_BYTES * Short.toUnsignedInt(tiff.getShort((int) directory)),
                tiff.limit())
            - ENTRY_BYTES;
    for (int entry = (int) directory + 2; entry <= last; entry += ENTRY_BYTES) {
      if (Short.toUnsignedInt(tiff.getShort(entry)) == TAG) {
        int value =
            switch (tiff.getShort(entry + 2)) {
              case SHORT -> tiff.getShort(entry + 8);
              case LONG -> tiff.getInt(entry + 8);
              default -> UPRIGHT;
            };
        return value >= 1 && value <= 8 ? value : UPRIGHT;
      }
    }
    return UPRIGHT;
  }

  /** Returns the picture upright; the same object where nothing is to be done. */
  static RgbImage apply(int orientation, RgbImage image) {
    if (orientation == UPRIGHT) {
      return image;
    }
    boolean transpose = orientation >= 5;
    boolean lastRowFirst =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    boolean lastColumnFirst =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;

    // A step down or right in the result is a step along the stored rows or columns.
    int row = image.width() * 3 * (lastRowFirst ? -1 : 1);
    int column = 3 * (lastColumnFirst ? -1 : 1);
    int down = transpose ? column : row;
    int right = transpose ? row : column;
    int height = transpose ? image.width() : image.height();
    int width = transpose ? image.height() : image.width();
    int first =
        (lastRowFirst ? (image.height() - 1) * image.width() * 3 : 0)
            + (lastColumnFirst ? (image.width() - 1) * 3 : 0);

    byte[] from = image.rgb();
    byte[] to = new byte[from.length];
    int o = 0;
    for (int y = 0; y < height; y++) {
      int i = first + y * down;
      for (int x = 0; x < width; x++, i += right, o += 3) {
        to[o] = from[i];
        to[o + 1] = from[i + 1];
        to[o + 2] = from[i + 2];
      }
    }
    return new RgbImage(height, width, to);
  }
}
