package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Decodes images, as many at once as there are processors, whoever asks. */
final class Pictures {
  private static final String UNNAMED = "the image";

  private final ImageReader reader = new ImageReader(ReadLimits.standard());
  private final Semaphore permits = new Semaphore(Runtime.getRuntime().availableProcessors(), true);

  RgbImage read(byte[] image) {
    return decoded(() -> reader.read(UNNAMED, image));
  }

  RgbImage read(Path file) {
    byte[] bytes = Reading.bytes(file);
    return decoded(() -> reader.read(file.getFileName().toString(), bytes));
  }

  private RgbImage decoded(Supplier<RgbImage> reading) {
    try {
      permits.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refusal(Reason.NOT_READY, "the server ends", e);
    }
    try {
      return reading.get();
    } finally {
      permits.release();
    }
  }

  /**
   * Returns how the name of an image's file ends.
   *
   * @throws Refusal if it is neither JPEG nor PNG
   */
  static String ending(byte[] image) {
    if (image.length > 3 && (image[0] & 0xff) == 0xff && (image[1] & 0xff) == 0xd8) {
      return ".jpg";
    }
    if (image.length > 8 && (image[0] & 0xff) == 0x89 && image[1] == 'P' && image[2] == 'N') {
      return ".png";
    }
    throw new Refusal(Reason.MEDIA_TYPE, "this is neither a JPEG nor a PNG image");
  }

  /** Returns an image as JPEG. */
  static byte[] jpeg(RgbImage image) {
    BufferedImage buffered = image.toBufferedImage();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(buffered, "jpeg", out)) {
        throw new MobileNetException("no JPEG can be written");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // in memory
    }
    return bytes.toByteArray();
  }
}
