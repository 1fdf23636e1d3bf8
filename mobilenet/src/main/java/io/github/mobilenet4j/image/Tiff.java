package io.github.mobilenet4j.image;

import java.util.Arrays;

/**
 * TIFF 6.0, its first image: of strips or tiles, 1 to 16 bits, grey, palette, RGB or CMYK, with or
 * without alpha.
 *
 * @param palette {@code [256, 3]}, null where the samples are the colours
 * @param samples how pixels are stored
 * @param blocks the strips or tiles
 */
@SuppressWarnings("ArrayRecordComponent")
record Tiff(
    Input in, TiffTags tags, TiffData packing, byte[] palette, Storage samples, Blocks blocks)
    implements EncodedImage {
  private static final int WIDTH = 256;
  private static final int HEIGHT = 257;
  private static final int BITS = 258;
  private static final int COMPRESSION = 259;
  private static final int PHOTOMETRIC = 262;
  private static final int FILL_ORDER = 266;
  private static final int STRIP_OFFSETS = 273;
  private static final int ORIENTATION = 274;
  private static final int SAMPLES = 277;
  private static final int ROWS_PER_STRIP = 278;
  private static final int STRIP_BYTES = 279;
  private static final int PLANAR = 284;
  private static final int PREDICTOR = 317;
  private static final int PALETTE = 320;
  private static final int TILE_WIDTH = 322;
  private static final int TILE_HEIGHT = 323;
  private static final int TILE_OFFSETS = 324;
  private static final int TILE_BYTES = 325;
  private static final int EXTRA_SAMPLES = 338;
  private static final int SAMPLE_FORMAT = 339;

  private static final int PREMULTIPLIED = 1;
  private static final int MOST_SAMPLES = 5;
  private static final int MOST_BLOCKS = 1_000_000;

  /** What the samples mean. */
  enum Colours {
    WHITE_IS_ZERO(1),
    BLACK_IS_ZERO(1),
    RGB(3),
    PALETTE(1),
    MASK(0),
    CMYK(4);

    final int count;

    Colours(int count) {
      this.count = count;
    }
  }

  /**
   * How pixels are stored.
   *
   * @param count of a pixel, alpha included
   * @param bits of each
   * @param differences whether each but the first is the difference from the pixel before
   * @param premultiplied whether the fourth is an alpha by which the colours were multiplied
   */
  record Storage(
      Colours colours, int count, int bits, boolean differences, boolean premultiplied) {}

  /**
   * The strips or tiles.
   *
   * @param planes 1, or as many as samples where each has its own blocks
   * @param width columns of a block
   * @param height rows of a block
   * @param strips whether the last may be lower than the others
   */
  record Blocks(
      int imageWidth, int imageHeight, int planes, int width, int height, boolean strips) {
    int across() {
      return Math.ceilDiv(imageWidth, width);
    }

    int down() {
      return Math.ceilDiv(imageHeight, height);
    }

    long count() {
      return (long) across() * down() * planes;
    }

    int rows(int row) {
      return strips ? Math.min(height, imageHeight - row * height) : height;
    }
  }

  static Tiff of(Input in) {
    TiffTags tags = new TiffTags(in);
    long width = tags.value(WIDTH, 0);
    long height = tags.value(HEIGHT, 0);
    in.checkSize(width, height);
    TiffData packing = packing(in, tags);
    Storage samples = samples(in, tags);
    Blocks blocks = blocks(in, tags, (int) width, (int) height, samples);
    long dataBytes = 0;
    for (int i = 0; i < blocks.count(); i++) {
      dataBytes += tags.value(blocks.strips ? STRIP_BYTES : TILE_BYTES, i, (int) blocks.count());
    }
    if (dataBytes > in.length()) {
      throw in.bad(
          "damaged TIFF data: %s bytes of data in a file of %s".formatted(dataBytes, in.length()));
    }
    in.checkPlausible(width * height * samples.count * samples.bits / 8, dataBytes * packing.ratio);
    byte[] palette = samples.colours == Colours.PALETTE ? palette(in, tags, samples.bits) : null;
    return new Tiff(in, tags, packing, palette, samples, blocks);
  }

  private static TiffData packing(Input in, TiffTags tags) {
    long compression = tags.value(COMPRESSION, 1);
    if (tags.value(FILL_ORDER, 1) != 1) {
      throw in.bad("a TIFF whose bits are in the other order, which is not read");
    }
    return Arrays.stream(TiffData.values())
        .filter(data -> data.number == compression)
        .findFirst()
        .orElseThrow(() ->
            in.bad(
                "a TIFF compressed by %s, expected none, LZW, deflate or PackBits"
                    .formatted(
                        switch ((int) compression) {
                          case 2, 3, 4 -> "a fax machine's method";
                          case 6, 7 -> "JPEG";
                          default -> "method " + compression;
                        })));
  }

  private static Storage samples(Input in, TiffTags tags) {
    int count = (int) Math.min(tags.value(SAMPLES, 1), 1 << 16);
    int bits = (int) Math.min(tags.value(BITS, 1), 1 << 16);
    long photometric = tags.value(PHOTOMETRIC, count >= 3 ? 2 : 1);
    Colours colours =
        photometric >= 0 && photometric < Colours.values().length
            ? Colours.values()[(int) photometric]
            : Colours.MASK;
    if (colours == Colours.MASK) {
      throw in.bad(
          "a TIFF of colours %s, expected grey, RGB, palette or CMYK".formatted(photometric));
    }
    if (count < colours.count || count > MOST_SAMPLES) {
      throw in.bad(
          "a TIFF of %s samples a pixel, expected %s, or one more for alpha"
              .formatted(count, colours.count));
    }
    for (int i = 1; i < Math.min(count, tags.count(BITS)); i++) {
      if (tags.value(BITS, i, count) != bits) {
        throw in.bad("a TIFF of samples of different sizes, which is not read");
      }
    }
    if (tags.value(SAMPLE_FORMAT, 1) != 1 || bits > 16) {
      throw in.bad("a TIFF of measured values, not of colours: no samples of 1 to 16 bits");
    }
    boolean whole = bits == 8 || bits == 16;
    boolean small = (bits == 1 || bits == 2 || bits == 4) && count == 1;
    if (!whole && !small || colours == Colours.PALETTE && bits > 8) {
      throw in.bad(
          "a TIFF of %s samples of %s bits a pixel, which is not read".formatted(count, bits));
    }
    long predictor = tags.value(PREDICTOR, 1);
    if (predictor != 1 && (predictor != 2 || !whole)) {
      throw in.bad("a TIFF with predictor %s, which is not read".formatted(predictor));
    }
    return new Storage(
        colours,
        count,
        bits,
        predictor == 2,
        colours == Colours.RGB && count == 4 && tags.value(EXTRA_SAMPLES, 0) == PREMULTIPLIED);
  }

  private static Blocks blocks(Input in, TiffTags tags, int width, int height, Storage samples) {
    int planes = tags.value(PLANAR, 1) == 2 ? samples.count : 1;
    boolean strips = !tags.has(TILE_OFFSETS);
    long blockWidth = strips ? width : tags.value(TILE_WIDTH, 0);
    long blockHeight =
        strips ? Math.min(tags.value(ROWS_PER_STRIP, height), height) : tags.value(TILE_HEIGHT, 0);
    // A tile may be larger than the image, by its edge.
    if (blockWidth < 1
        || blockHeight < 1
        || blockWidth > Math.max(width, 4096)
        || blockHeight > Math.max(height, 4096)) {
      throw in.bad("damaged TIFF data: blocks of %s×%s pixels".formatted(blockWidth, blockHeight));
    }
    Blocks blocks = new Blocks(width, height, planes, (int) blockWidth, (int) blockHeight, strips);
    if (blocks.count() > MOST_BLOCKS) {
      throw in.bad(
          "a TIFF of %s blocks, expected at most %s".formatted(blocks.count(), MOST_BLOCKS));
    }
    return blocks;
  }

  /** TIFF has 16 bits a colour; all reds come first. */
  private static byte[] palette(Input in, TiffTags tags, int bits) {
    int colours = 1 << bits;
    byte[] palette = new byte[256 * 3];
    for (int i = 0; i < colours; i++) {
      for (int c = 0; c < 3; c++) {
        palette[3 * i + c] = (byte) (tags.value(PALETTE, c * colours + i, 3 * colours) / 256);
      }
    }
    return palette;
  }

  @Override
  public int width() {
    return blocks.imageWidth;
  }

  @Override
  public int height() {
    return blocks.imageHeight;
  }

  @Override
  public int orientation() {
    long value = tags.value(ORIENTATION, Orientation.UPRIGHT);
    return value >= 1 && value <= 8 ? (int) value : Orientation.UPRIGHT;
  }

  /** All samples as bytes, a block, and the colours. */
  @Override
  public long memory() {
    return (long) width() * height() * (samples.count + 3) + (long) rowBytes() * blocks.height;
  }

  private int rowBytes() {
    int perPixel = blocks.planes == 1 ? samples.count : 1;
    return Math.toIntExact(Math.ceilDiv((long) blocks.width * perPixel * samples.bits, 8));
  }

  @Override
  public RgbImage decode() {
    byte[] all = new byte[Math.multiplyExact(width() * height(), samples.count)];
    int perPlane = blocks.across() * blocks.down();
    for (int plane = 0; plane < blocks.planes; plane++) {
      for (int b = 0; b < perPlane; b++) {
        int row = b / blocks.across();
        byte[] bytes = new byte[rowBytes() * blocks.rows(row)];
        int index = plane * perPlane + b;
        int count = (int) blocks.count();
        packing.unpack(
            in,
            tags.value(blocks.strips ? STRIP_OFFSETS : TILE_OFFSETS, index, count),
            (int) tags.value(blocks.strips ? STRIP_BYTES : TILE_BYTES, index, count),
            bytes);
        place(bytes, row, b % blocks.across(), plane, all);
      }
    }
    return new RgbImage(height(), width(), rgb(all));
  }

  /** Puts the samples of a block where they belong, of more than 8 bits the high 8. */
  private void place(byte[] bytes, int blockRow, int blockColumn, int plane, byte[] all) {
    int perPixel = blocks.planes == 1 ? samples.count : 1;
    int left = blockColumn * blocks.width;
    int columns = Math.min(blocks.width, width() - left);
    int rows = Math.min(blocks.rows(blockRow), height() - blockRow * blocks.height);
    for (int y = 0; y < rows; y++) {
      int begin = y * rowBytes();
      if (samples.differences) {
        sum(bytes, begin, perPixel);
      }
      int to = ((blockRow * blocks.height + y) * width() + left) * samples.count + plane;
      for (int i = 0; i < columns * perPixel; i++) {
        all[to + i / perPixel * samples.count + i % perPixel] = sample(bytes, begin, i);
      }
    }
  }

  private byte sample(byte[] bytes, int begin, int i) {
    return switch (samples.bits) {
      case 8 -> bytes[begin + i];
      case 16 -> bytes[begin + 2 * i + (tags.isLittleEndian() ? 1 : 0)];
      default -> {
        int bit = i * samples.bits;
        int most = (1 << samples.bits) - 1;
        yield (byte) (bytes[begin + bit / 8] >> 8 - samples.bits - bit % 8 & most);
      }
    };
  }

  /** Undoes differences from the pixel before, TIFF 6.0, section 14. */
  private void sum(byte[] bytes, int begin, int perPixel) {
    int size = samples.bits / 8;
    int low = tags.isLittleEndian() ? 0 : size - 1;
    int high = size - 1 - low;
    for (int i = begin + perPixel * size; i < begin + rowBytes(); i += size) {
      int before = i - perPixel * size;
      int value = (bytes[i + low] & 0xff) + (bytes[before + low] & 0xff);
      if (size == 2) {
        value += (bytes[i + high] & 0xff) + (bytes[before + high] & 0xff) << 8;
        bytes[i + high] = (byte) (value >> 8);
      }
      bytes[i + low] = (byte) value;
    }
  }

  private byte[] rgb(byte[] all) {
    byte[] rgb = new byte[width() * height() * 3];
    int most = (1 << Math.min(samples.bits, 8)) - 1;
    for (int i = 0, o = 0; o < rgb.length; i += samples.count, o += 3) {
      switch (samples.colours) {
        case PALETTE -> System.arraycopy(palette, 3 * (all[i] & 0xff), rgb, o, 3);
        case RGB -> {
          for (int c = 0; c < 3; c++) {
            rgb[o + c] = samples.premultiplied ? divided(all[i + c], all[i + 3]) : all[i + c];
          }
        }
        case CMYK -> {
          for (int c = 0; c < 3; c++) {
            rgb[o + c] = Samples.inked(all[i + c], all[i + 3]);
          }
        }
        default -> {
          int grey = (all[i] & 0xff) * 255 / most;
          byte value = (byte) (samples.colours == Colours.WHITE_IS_ZERO ? 255 - grey : grey);
          Arrays.fill(rgb, o, o + 3, value);
        }
      }
    }
    return rgb;
  }

  /** As Pillow takes colours back from their product with alpha. */
  private static byte divided(byte product, byte alpha) {
    int a = alpha & 0xff;
    int c = product & 0xff;
    return (byte) (a == 0 || a == 255 ? c : Math.min(255 * c / a, 255));
  }
}
