package io.github.mobilenet4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReadLimits.Limit;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RgbImageTest {
  private static RgbImage noise() {
    byte[] rgb = new byte[5 * 7 * 3];
    new SplittableRandom(1).nextBytes(rgb);
    return new RgbImage(5, 7, rgb);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_4BYTE_ABGR_PRE
      })
  void pixelsOfEveryKindComeBack(int type) {
    RgbImage image = noise();
    BufferedImage other = new BufferedImage(7, 5, type);
    for (int y = 0; y < 5; y++) {
      for (int x = 0; x < 7; x++) {
        other.setRGB(x, y, image.toBufferedImage().getRGB(x, y));
      }
    }
    assertThat(RgbImage.of(other).rgb()).isEqualTo(image.rgb());
    BufferedImage inside = other.getSubimage(2, 1, 3, 2);
    byte[] middle = RgbImage.of(inside).rgb();
    assertThat(middle[0]).isEqualTo(image.rgb()[(7 + 2) * 3]);
    assertThat(middle[17]).isEqualTo(image.rgb()[(2 * 7 + 4) * 3 + 2]);
  }

  /** Java's own conversion would make it brighter: 128 becomes 188. */
  @Test
  void greyStaysAsItIs() {
    BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setSample(0, 0, 0, 128);
    grey.getRaster().setSample(1, 0, 0, 7);
    assertThat(RgbImage.of(grey).rgb()).containsExactly(-128, -128, -128, 7, 7, 7);
    BufferedImage wide = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    wide.getRaster().setSample(0, 0, 0, 0x12ff);
    assertThat(RgbImage.of(wide).rgb()).containsExactly(0x12, 0x12, 0x12);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rgb.png", "grey.png", "palette.png"})
  void whatJavaReadsIsTheSame(String name) throws IOException {
    byte[] file = TestImages.bytes(name);
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(file));
    assertThat(RgbImage.of(image).rgb()).isEqualTo(new ImageReader().read(name, file).rgb());
  }

  @Test
  void aStreamIsReadToItsEnd() {
    byte[] file = TestImages.bytes("rgb.png");
    ImageReader reader = new ImageReader();
    assertThat(reader.read("x", new ByteArrayInputStream(file)).rgb())
        .isEqualTo(reader.read("x", file).rgb());
    ImageReader small = new ImageReader(ReadLimits.standard().with(Limit.PIXELS, 1));
    assertThatThrownBy(() -> small.bytes("x", new ByteArrayInputStream(new byte[70 << 20])))
        .isInstanceOf(ImageException.class)
        .hasMessage("x: has more than the 67108872 bytes that are read");
  }
}
