package io.github.mobilenet4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.github.mobilenet4j.Cost;
import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReadLimits.Limit;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.fuzz.FileBytes;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipException;
import javax.imageio.IIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

class ImageReaderTest {
  private static final long LIMIT = 100_000_000;
  private static final ImageReader READER = new ImageReader();

  @ParameterizedTest(name = "{0}")
  @CsvFileSource(
      resources = {"/pictures/expected.csv", "/pictures/more.csv"},
      numLinesToSkip = 1)
  void pixelsArePillows(
      String file,
      int width,
      int height,
      int uprightWidth,
      int uprightHeight,
      int at,
      int upright) {
    byte[] bytes = TestImages.bytes(file);
    RgbImage stored = new ImageReader(LIMIT, false).read(file, bytes);
    RgbImage turned = READER.read(file, bytes);

    if (file.startsWith("lossy")) {
      // The plug-in repeats the chroma of each 2×2 pixels, libwebp interpolates it. This picture is
      // all noise and edges; on a photograph the mean is 0.8.
      assertThat(TestImages.difference(stored, height, width, at).mean()).isBetween(1.0, 9.0);
    } else {
      assertThat(TestImages.difference(stored, height, width, at)).isEqualTo(TestImages.EQUAL);
      assertThat(TestImages.difference(turned, uprightHeight, uprightWidth, upright))
          .isEqualTo(TestImages.EQUAL);
    }
  }

  @Test
  void photographsArePillowsToTheLastBit() {
    Path photos = SharedFiles.require("data/photos");
    for (String[] photo : TestImages.table("photos.csv")) {
      CRC32 crc = new CRC32();
      crc.update(new ImageReader(LIMIT, false).read(photos.resolve(photo[0])).rgb());
      assertThat("%08x".formatted(crc.getValue())).as(photo[0]).isEqualTo(photo[1]);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvFileSource(
      resources = {"/pictures/expected.csv", "/pictures/more.csv"},
      numLinesToSkip = 1)
  void refusesEveryBeginningOfAFile(String file) {
    byte[] bytes = TestImages.bytes(file);
    for (int length : new int[] {0, 1, 2, 13, 30, 60, bytes.length / 2}) {
      byte[] start = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> READER.read("cut", start))
          .as("%s of %s bytes", length, bytes.length)
          .isInstanceOf(ImageException.class)
          .hasMessageStartingWith("cut: ");
    }
  }

  @ParameterizedTest(name = "{0} at {1}")
  @CsvSource({
    // file, place of the width, of the height, bytes of each, big-endian
    "rgb.png, 16, 20, 4, true",
    "grey.gif, 6, 8, 2, false",
    "rgb.bmp, 18, 22, 4, false",
    "runs.bmp, 18, 22, 4, false",
    "lossy.webp, 26, 28, 2, false",
    "sampling-0.jpg, -4, -6, 2, true",
    "progressive.jpg, -4, -6, 2, true",
  })
  void sizesAreCheckedBeforeMemoryIsTaken(
      String file, int width, int height, int count, boolean big) {
    byte[] bytes = TestImages.bytes(file);
    int origin = width > 0 ? 0 : frame(bytes) + 9;

    put(bytes, origin + width, 9_999, count, big);
    put(bytes, origin + height, 9_999, count, big);
    TestImages.mendChecksums(bytes);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> READER.read("lie", bytes))
        .isInstanceOf(MobileNetException.class)
        .hasMessageMatching("lie: cut short: its \\d+ bytes cannot hold what its header announces");
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4 << 20);

    put(bytes, origin + width, 0x3fff, count, big);
    put(bytes, origin + height, 0x3fff, count, big);
    assertThatThrownBy(() -> READER.read("huge", bytes))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("huge: announces 16383×16383 pixels, which is above the limit of 100000000");

    put(bytes, origin + width, 0, count, big);
    assertThatThrownBy(() -> READER.read("empty", bytes))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("empty: announces 0×16383 pixels, expected at least 1×1");
  }

  private static int frame(byte[] jpeg) {
    for (int i = 0; ; i++) {
      if (jpeg[i] == (byte) 0xff && (jpeg[i + 1] == (byte) 0xc0 || jpeg[i + 1] == (byte) 0xc2)) {
        return i + 2;
      }
    }
  }

  private static void put(byte[] bytes, int at, int value, int count, boolean big) {
    for (int i = 0; i < count; i++) {
      bytes[at + i] = (byte) (value >> 8 * (big ? count - 1 - i : i));
    }
  }

  @Test
  void theLimitIsInclusive() {
    byte[] bytes = TestImages.bytes("rgb.png");
    long pixels = 23 * 18;
    assertThat(new ImageReader(pixels).read("a", bytes).width()).isEqualTo(23);
    assertThatThrownBy(() -> new ImageReader(pixels - 1).read("a", bytes))
        .hasMessage("a: announces 23×18 pixels, which is above the limit of 413");
    assertThatThrownBy(() -> new ImageReader(0)).isInstanceOf(MobileNetException.class);
  }

  @Test
  void damagedPngIsNamed() {
    byte[] bytes = TestImages.bytes("rgb.png");
    bytes[bytes.length / 2] ^= 1;
    assertThatThrownBy(() -> READER.read("a.png", bytes))
        .isInstanceOf(MobileNetException.class)
        .hasMessageMatching("a.png: damaged PNG data: a chunk's checksum at byte \\d+ is wrong");
  }

  @Test
  void aBillionScansAreRefused() {
    byte[] bytes = TestImages.bytes("progressive.jpg");
    byte[] more = Arrays.copyOf(bytes, bytes.length + 2000);
    for (int i = bytes.length; i < more.length; i += 2) {
      more[i] = (byte) 0xff;
      more[i + 1] = (byte) 0xda;
    }
    assertThatThrownBy(() -> READER.read("a.jpg", more)).hasMessageContaining("scans");
  }

  @Test
  void aMissingPlugInIsNamed() {
    Input in = new Input("a.webp", new byte[0], ReadLimits.DEFAULT);
    assertThatThrownBy(() -> Decoder.plugIn(in, "Nothing", "group:artifact", in.bytes(), d -> null))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(
            "a.webp: a Nothing picture, and no decoder for it is there: add group:artifact");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "``, an empty file",
        "hello, a file of an unknown kind (5 bytes)",
        "GIF90a, a file of an unknown kind (6 bytes)",
        "%PDF-1.7, PDF",
        "RIFF----WAVE, a file of an unknown kind (12 bytes)",
        "`    ftypheic`, `HEIC, as iPhones take photos`",
        "`    ftypmif1`, `HEIC, as iPhones take photos`",
        "`    ftypavif`, AVIF",
        "`    ftypisom`, `a film (MP4, QuickTime)`",
        "`    jP  \r\n`, JPEG 2000",
        "`    JXL \r\n`, JPEG XL",
        "`\u00ff\n`, JPEG XL",
        "\u00ff\u004f\u00ff\u0051, JPEG 2000",
        "`\n<!DOCTYPE html><p>404`, `an HTML page, perhaps an error of a download`",
        "<?xml version='1.0'?><svg/>, `SVG, a drawing`",
        "8BPS, Photoshop's PSD",
        "P6 1 1 255, PNM",
        "version https://git-lfs.github.com/spec/v1, a pointer of Git LFS: run git lfs pull"
      })
  void otherFilesAreRefusedAsWhatTheyAre(String content, String kind) {
    byte[] bytes = (content == null ? "" : content).getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> READER.read("x", bytes))
        .isInstanceOf(ImageException.class)
        .hasMessage("x: " + kind + ", not a JPEG, PNG, GIF, BMP, WebP or TIFF picture");
  }

  @Test
  void filesAreReadByPath(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("named-wrongly.txt");
    Files.write(file, TestImages.bytes("grey.gif"));
    assertThat(READER.read(file).height()).isEqualTo(18);
    for (Path bad : List.of(folder, folder.resolve("none.jpg"))) {
      assertThatThrownBy(() -> READER.read(bad))
          .isInstanceOf(ImageException.class)
          .hasMessageStartingWith(bad.toString());
    }
  }

  @Test
  void progressiveScansAreCountedByWhatTheyGoOver() throws Exception {
    byte[] bytes = written("jpeg", true, 2000);
    int last = lastScan(bytes);
    byte[] scan = Arrays.copyOfRange(bytes, last, bytes.length - 2);
    ByteArrayOutputStream many = new ByteArrayOutputStream();
    many.write(bytes, 0, bytes.length - 2);
    for (int i = 0; i < 150; i++) {
      many.writeBytes(scan);
    }
    many.write(bytes, bytes.length - 2, 2);

    assertThat(READER.read("a.jpg", bytes).width()).isEqualTo(2000);
    assertThat(Cost.ofRefusing(() -> READER.read("a.jpg", many.toByteArray())))
        .matches("a.jpg: a JPEG whose \\d+ scans go over \\d+ samples, expected at most 200 .*");
  }

  private static int lastScan(byte[] jpeg) {
    for (int i = jpeg.length - 2; ; i--) {
      if (jpeg[i] == (byte) 0xff && jpeg[i + 1] == (byte) 0xda) {
        return i;
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"jpeg, false", "jpeg, true", "png, false", "gif, false"})
  void aSmallFileMayNotBeALargeImage(String format, boolean progressive) throws Exception {
    byte[] bytes = written(format, progressive, 1000);
    ImageReader reader = new ImageReader(ReadLimits.DEFAULT.with(Limit.MEMORY, 2 << 20));
    assertThat(Cost.ofRefusing(() -> reader.read("flat", bytes)))
        .matches("flat: decoding its \\d+ bytes takes \\d+ MB, above the limit of 2 MB .*");
  }

  @Test
  void aLargerFileMayTakeMore() {
    ReadLimits limits = ReadLimits.DEFAULT.with(Limit.MEMORY, 2000);
    byte[] bytes = TestImages.bytes("rgb.png");
    assertThatThrownBy(() -> new ImageReader(limits).read("a", bytes))
        .isInstanceOf(ImageException.class);
    assertThat(limits.memory(5_000_000)).isEqualTo(2000);
    assertThat(limits.memory(6_000_000)).isEqualTo(4000);
    assertThat(new ImageReader(limits.with(Limit.MEMORY, 5000)).read("a", bytes).width())
        .isEqualTo(23);
  }

  @Test
  void losslessWebPHasALimitToo() {
    // 16,384 × 6,000 pixels of one colour: VP8L takes no bit for each.
    byte[] bytes = TestImages.bytes("lossless.webp");
    int sizes = 21;
    long packed = 0x3fff | 5_999 << 14;
    for (int i = 0; i < 4; i++) {
      bytes[sizes + i] = (byte) (packed >> 8 * i);
    }
    assertThat(Cost.ofRefusing(() -> READER.read("a.webp", bytes))).contains("above the limit");
  }

  private static byte[] written(String format, boolean progressive, int side) throws Exception {
    BufferedImage image =
        new BufferedImage(
            side,
            side,
            format.equals("gif") ? BufferedImage.TYPE_BYTE_INDEXED : BufferedImage.TYPE_3BYTE_BGR);
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    ImageWriteParam param = writer.getDefaultWriteParam();
    if (progressive) {
      param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), param);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  @Test
  void wantOfMemoryIsNotTheImagesFault() {
    Input in = new Input("a.png", TestImages.bytes("rgb.png"), ReadLimits.DEFAULT);
    OutOfMemoryError shortage = new OutOfMemoryError();
    assertThatThrownBy(() ->
            Decoder.platform(
                in,
                "PNG",
                in.bytes(),
                decoder -> {
                  throw new IIOException("Caught exception during read: ", shortage);
                }))
        .isSameAs(shortage);
    assertThatThrownBy(() ->
            Decoder.platform(
                in,
                "PNG",
                in.bytes(),
                decoder -> {
                  throw new IIOException("Error reading PNG", new ZipException("bad"));
                }))
        .isInstanceOf(ImageException.class)
        .hasMessageStartingWith("a.png: damaged PNG data");
  }

  @Test
  void anExceptionStaysWhatItIsWithTheFileInFront() {
    assertThat(new ImageException("no image").in("a.png"))
        .isInstanceOf(ImageException.class)
        .hasMessage("a.png: no image");
    assertThat(new MobileNetException("no memory").in("a.png"))
        .isNotInstanceOf(ImageException.class)
        .hasMessage("a.png: no memory");
  }

  @Test
  void manyThreadsMayRead() {
    List<String> files = TestImages.table("expected.csv").stream().map(row -> row[0]).toList();
    List<byte[]> alone =
        files.stream().map(f -> READER.read(f, TestImages.bytes(f)).rgb()).toList();
    List<byte[]> together =
        files.parallelStream().map(f -> READER.read(f, TestImages.bytes(f)).rgb()).toList();
    for (int i = 0; i < files.size(); i++) {
      assertThat(together.get(i)).as(files.get(i)).isEqualTo(alone.get(i));
    }
  }

  @Test
  void endingsAreKnown() {
    assertThat(ImageReader.endings())
        .contains(".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif");
  }

  /** Found by fuzzing: of the few bytes the decoder made a picture of 14,634×8,704 pixels. */
  @Test
  void aWebPOfThirtyBytesDoesNotBecomeALargePicture() {
    byte[] data = HexFormat.of().parseHex("1000009d012a39002200");
    byte[] file =
        new FileBytes()
            .latin("RIFF")
            .little(22, 4)
            .latin("WEBPVP8 ")
            .little(data.length, 4)
            .bytes(data)
            .toArray();
    assertThat(Cost.ofRefusing(() -> new ImageReader().read("a.webp", file)))
        .isEqualTo("a.webp: damaged WebP data: cut short");
  }
}
