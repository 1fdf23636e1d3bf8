package io.github.mobilenet4j.image;

/**
 * A picture whose header was read and found acceptable. No memory was taken for its pixels yet.
 *
 * <p>The colours of every format are those of Pillow's {@code convert("RGB")}: alpha and
 * transparent colours are dropped, not blended; a palette is looked up; grey becomes three equal
 * channels; ICC profiles and gamma are not applied.
 */
sealed interface EncodedImage permits Jpeg, Png, Gif, Bmp, WebP, Tiff {
  /** Returns the columns. */
  int width();

  /** Returns the rows. */
  int height();

  /** Returns EXIF's orientation, 1..8, 1 where the file has none. */
  default int orientation() {
    return Orientation.UPRIGHT;
  }

  /** Returns the bytes of memory that {@link #decode} takes, with its result, beside the file. */
  long memory();

  /** Returns the pixels as they are stored, not turned. */
  RgbImage decode();
}
