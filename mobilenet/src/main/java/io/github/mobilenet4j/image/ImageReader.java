package io.github.mobilenet4j.image;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReadLimits.Limit;
import io.github.mobilenet4j.files.Reading;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Reads pictures: JPEG (baseline, progressive, grey, RGB, CMYK, YCCK), PNG, GIF and WebP (of an
 * animation the first frame), BMP, TIFF (its first image, without JPEG or fax compression). The
 * kind is told by the content, not by the file's name.
 *
 * <p>Pixels are those of Python's {@code ImageOps.exif_transpose(Image.open(f)).convert("RGB")}
 * with Pillow: alpha is dropped, not blended; palettes are looked up; grey becomes three equal
 * channels; a profile (ICC) or gamma is not applied. 16 bits are reduced to their high byte; there
 * Pillow itself differs for pictures that are only grey: it clips at 255, which leaves them white.
 *
 * <p>WebP needs the plug-in {@code com.twelvemonkeys.imageio:imageio-webp} on the class path. It
 * does not interpolate the chroma of lossy pictures: of a photograph, values differ from Pillow's
 * by 0.8 in the mean before it is made small. All other pixels are the same to the last bit.
 *
 * <p>Immutable and safe for use by many threads.
 */
public final class ImageReader {
  private static final List<String> ENDINGS =
      Arrays.stream(Format.values()).flatMap(format -> format.endings().stream()).toList();

  // No picture within the limit needs more: 16-bit RGBA without compression, and room for metadata.
  private static final int MAX_BYTES_PER_PIXEL = 8;
  private static final long MAX_METADATA_BYTES = 64 << 20;

  private final ReadLimits limits;
  private final boolean upright;

  /** Reads images within {@link ReadLimits#standard} and turns them upright. */
  public ImageReader() {
    this(ReadLimits.standard());
  }

  /**
   * Reads images within limits and turns them upright.
   *
   * @param limits of pixels, memory and a JPEG's samples
   */
  public ImageReader(ReadLimits limits) {
    this(limits, true);
  }

  /**
   * @param limits of pixels, memory and a JPEG's samples
   * @param upright whether to turn and mirror the image as EXIF's orientation asks; {@code false}
   *     gives the pixels as stored, as Pillow's {@code Image.open} does alone
   */
  public ImageReader(ReadLimits limits, boolean upright) {
    this.limits = limits;
    this.upright = upright;
  }

  /**
   * Reads images of at most {@code maxPixels} pixels and turns them upright; other limits are those
   * of {@link ReadLimits#standard}.
   *
   * @throws MobileNetException if {@code maxPixels} is below 1
   */
  public ImageReader(long maxPixels) {
    this(maxPixels, true);
  }

  /**
   * @param maxPixels the largest width × height that is decoded; no more than 536 million are ever
   * @param upright whether to turn and mirror the picture as EXIF's orientation asks; {@code false}
   *     gives the pixels as stored, as Pillow's {@code Image.open} does alone
   * @throws MobileNetException if {@code maxPixels} is below 1
   */
  public ImageReader(long maxPixels, boolean upright) {
    this(ReadLimits.standard().with(Limit.PIXELS, maxPixels), upright);
  }

  /**
   * Returns the usual endings of the names of the files this class reads, in lower case, with the
   * dot: {@code .jpg}, {@code .png}, …
   */
  public static List<String> endings() {
    return ENDINGS;
  }

  /**
   * Reads a file.
   *
   * @throws ImageException if there is no such file, it may not be opened, it is not an image of a
   *     known kind, it is damaged or cut short, or it asks for more than the limits allow
   * @throws MobileNetException if the machine cannot read it now: it lacks memory or open files, or
   *     the disk fails
   */
  public RgbImage read(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw new ImageException(file + ": a folder, expected a file");
      }
      return read(file.toString(), Reading.bytes(file, mostBytes()));
    } catch (NoSuchFileException e) {
      throw new ImageException(file + ": no such file", e);
    } catch (AccessDeniedException e) {
      throw new ImageException(file + ": permission denied", e);
    } catch (Reading.TooLong e) {
      throw new ImageException(file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    } catch (OutOfMemoryError e) {
      throw Reading.outOfMemory(file, e);
    }
  }

  private int mostBytes() {
    long pixels = Math.min(limits.of(Limit.PIXELS), Input.MOST_PIXELS);
    return (int) Math.min(pixels * MAX_BYTES_PER_PIXEL + MAX_METADATA_BYTES, 1 << 30);
  }

  /**
   * Reads an image from a stream, to its end; the stream is not closed.
   *
   * @param name what to call it in messages
   * @throws ImageException as {@link #read(Path)} does
   * @throws MobileNetException if the stream cannot be read, or the machine lacks memory
   */
  public RgbImage read(String name, InputStream in) {
    return read(name, bytes(name, in));
  }

  /**
   * Returns what a stream holds, to its end: to {@linkplain #read(String, byte[]) read} it when all
   * has come. The stream is not closed.
   *
   * @param name what to call it in messages
   * @throws ImageException if it holds more bytes than any image within the limits
   * @throws MobileNetException if the stream cannot be read, or the machine lacks memory
   */
  public byte[] bytes(String name, InputStream in) {
    int most = mostBytes();
    try {
      byte[] bytes = in.readNBytes(most);
      if (bytes.length == most && in.read() >= 0) {
        throw new ImageException(
            "%s: has more than the %s bytes that are read".formatted(name, most));
      }
      return bytes;
    } catch (IOException e) {
      throw new MobileNetException("cannot read %s: %s".formatted(name, e.getMessage()), e);
    } catch (OutOfMemoryError e) {
      throw Reading.outOfMemory(name, e);
    }
  }

  /**
   * Returns height × width of a picture in memory as its header announces them; no memory is taken
   * for pixels. For who has to share memory and time out before anything is decoded.
   *
   * @param name what to call it in messages
   * @param bytes the whole file, not modified
   * @throws ImageException if it is no image of a known kind, its header is damaged, or it
   *     announces more pixels than the limits allow
   */
  public long pixels(String name, byte[] bytes) {
    return Reading.of(
        name,
        () -> {
          EncodedImage image = Format.parse(new Input(name, bytes, limits));
          return (long) image.height() * image.width();
        });
  }

  /**
   * Reads a picture from memory.
   *
   * @param name what to call it in messages
   * @param bytes the whole file, not modified
   * @throws ImageException as {@link #read(Path)} does
   * @throws MobileNetException if the machine lacks memory for it
   */
  public RgbImage read(String name, byte[] bytes) {
    try {
      Input in = new Input(name, bytes, limits);
      EncodedImage image = Format.parse(in);
      int orientation = upright ? image.orientation() : Orientation.UPRIGHT;
      in.checkMemory(
          orientation == Orientation.UPRIGHT
              ? image.memory()
              : image.memory() + 3L * image.width() * image.height());
      return Orientation.apply(orientation, image.decode());
    } catch (OutOfMemoryError e) {
      throw Reading.outOfMemory(name, e);
    }
  }
}
