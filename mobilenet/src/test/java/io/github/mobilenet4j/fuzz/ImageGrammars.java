package io.github.mobilenet4j.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Picture files whose segments, chunks and blocks are in order but announce anything: any size with
 * hardly any data, scans without end, tables that do not fit.
 */
public final class ImageGrammars {
  private ImageGrammars() {}

  /** A side of a picture: mostly small, else up to what fits the field. */
  private static long side(Choices choices) {
    return switch (choices.below(4)) {
      case 0 -> 1 + choices.below(40);
      case 1 -> choices.of(0, 1, 255, 3000, 10_000, 16_000, 16_383, 16_384, 65_535);
      default -> choices.number();
    };
  }

  /** Sides at which a picture is large but allowed. */
  private static long plausible(Choices choices) {
    return choices.coin() ? side(choices) : 1000 + choices.below(10) * 1000L;
  }

  /** Returns how many units of data there are: as many as the size asks for, or any number. */
  private static int size(long asked, Choices choices) {
    return choices.coin()
        ? 1 + (int) Math.min(asked, FileBytes.MOST)
        : choices.count(FileBytes.MOST / 16);
  }

  /** EXIF's block: a TIFF file with one directory. */
  public static byte[] exif(Choices choices) {
    boolean little = choices.coin();
    FileBytes out = new FileBytes();
    if (!choices.oneIn(4)) {
      out.latin("Exif\0\0");
    }
    out.latin(little ? "II*\0" : "MM\0*");
    number(out, choices.oneIn(4) ? choices.number() : 8, 4, little);
    int entries = choices.count(60_000);
    number(out, choices.oneIn(4) ? choices.number() : entries, 2, little);
    for (int i = 0; i < entries && out.room() > 0; i++) {
      number(out, choices.oneIn(2) ? 0x112 : choices.number(), 2, little);
      number(out, choices.of(3L, 4L, 1L, choices.number()), 2, little);
      number(out, 1, 4, little);
      number(out, choices.number(), 4, little);
    }
    return out.toArray();
  }

  private static void number(FileBytes out, long value, int count, boolean little) {
    if (little) {
      out.little(value, count);
    } else {
      out.big(value, count);
    }
  }

  /** A directory of all tags that say how pixels are stored, and blocks of data anywhere. */
  public static byte[] tiff(Choices choices) {
    boolean little = choices.coin();
    boolean tiled = choices.oneIn(3);
    long width = side(choices);
    long height = choices.coin() ? plausible(choices) : side(choices);
    int blocks = choices.coin() ? 1 + choices.below(8) : choices.count(500_000);
    long[][] tags = {
      {256, width},
      {257, height},
      {258, choices.of(1L, 2L, 4L, 8L, 16L, choices.number())},
      {259, choices.of(1L, 5L, 8L, 32773L, 32946L, choices.number())},
      {262, choices.of(0L, 1L, 2L, 3L, 5L, choices.number())},
      {274, choices.below(10)},
      {277, choices.of(1L, 2L, 3L, 4L, 5L, choices.number())},
      {
        tiled ? 322 : 278,
        choices.coin() ? Math.ceilDiv(height, Math.max(blocks, 1)) : choices.number()
      },
      {323, choices.number()},
      {284, choices.of(1, 1, 2)},
      {317, choices.of(1, 1, 2, 3)},
      {338, choices.below(3)}
    };
    FileBytes out = new FileBytes().latin(little ? "II*\0" : "MM\0*");
    number(out, 8, 4, little);
    number(out, tags.length + 3L, 2, little);
    for (long[] tag : tags) {
      number(out, tag[0], 2, little);
      number(out, 4, 2, little);
      number(out, 1, 4, little);
      number(out, tag[1], 4, little);
    }
    int size = choices.coin() ? 4 : 2;
    int numbers = 8 + 2 + 12 * (tags.length + 3);
    for (int tag : new int[] {tiled ? 324 : 273, tiled ? 325 : 279, 320}) {
      number(out, tag, 2, little);
      number(out, size == 4 ? 4 : 3, 2, little);
      number(out, tag == 320 ? 768 : blocks, 4, little);
      number(out, numbers + (tag % 2 == 1 ? (long) size * blocks : 0), 4, little);
    }
    byte[] data =
        choices.coin()
            ? choices.data(choices.count(4_000_000))
            : Deflated.zlib(choices.octet(), choices.count(1 << 28));
    for (int i = 0; i < 2 * blocks && out.room() > 0; i++) {
      long at = numbers + 2L * size * blocks;
      number(
          out, i < blocks ? at : choices.oneIn(3) ? choices.number() : data.length, size, little);
    }
    return out.bytes(data).toArray();
  }

  public static byte[] jpeg(Choices choices) {
    FileBytes out = new FileBytes().big(0xffd8, 2);
    for (int i = choices.below(4); i > 0; i--) {
      switch (choices.below(4)) {
        case 0 -> segment(out, 0xe1, exif(choices), choices);
        case 1 ->
            segment(
                out, 0xee, "Adobe\0\0\0\0\0\0\1".getBytes(StandardCharsets.ISO_8859_1), choices);
        case 2 ->
            segment(
                out,
                0xe0,
                "JFIF\0\1\1\0\0\1\0\1\0\0".getBytes(StandardCharsets.ISO_8859_1),
                choices);
        default ->
            segment(out, 0xe0 + choices.below(31), choices.data(choices.count(65_000)), choices);
      }
    }
    for (int table = 0; table < 2; table++) {
      byte[] quantities = choices.oneIn(8) ? choices.data(65) : filled(65, 1);
      quantities[0] = (byte) (choices.oneIn(8) ? choices.octet() : table);
      segment(out, 0xdb, quantities, choices);
    }
    int components = choices.of(1, 3, 4, 3, choices.below(256));
    boolean progressive = choices.coin();
    FileBytes frame = new FileBytes().octet(choices.oneIn(16) ? choices.octet() : 8);
    long height = plausible(choices);
    long width = plausible(choices);
    frame.big(height, 2).big(width, 2).octet(components);
    for (int c = 0; c < components; c++) {
      frame.octet(choices.oneIn(16) ? choices.octet() : c + 1);
      frame.octet(choices.of(0x11, 0x21, 0x22, 0x14, 0x41, 0x44, 0x12, choices.octet()));
      frame.octet(choices.oneIn(16) ? choices.octet() : 0);
    }
    segment(
        out,
        choices.oneIn(16) ? 0xc0 + choices.below(16) : progressive ? 0xc2 : 0xc0,
        frame.toArray(),
        choices);
    for (int kind : new int[] {0, 0x10}) {
      // Two codes of a bit each: 0 is the first, 1 the second symbol.
      byte[] codes = new byte[19];
      codes[0] = (byte) kind;
      codes[2] = 2;
      int symbol = choices.of(0, 0xe0, 0xf0, 0x10, choices.octet());
      codes[18] = (byte) symbol;
      segment(out, 0xc4, choices.oneIn(8) ? choices.data(choices.count(300)) : codes, choices);
    }
    if (choices.oneIn(8)) {
      segment(out, 0xdd, new FileBytes().big(choices.number(), 2).toArray(), choices);
    }
    int kinds = 1 + choices.below(3);
    for (int i = 0; i < kinds; i++) {
      byte[] scan = scan(components, progressive, (height & 0xffff) * (width & 0xffff), choices);
      out.repeat(choices.count(2000), scan);
    }
    return out.big(0xffd9, 2).toArray();
  }

  private static byte[] scan(int components, boolean progressive, long pixels, Choices choices) {
    int count = progressive && choices.coin() ? 1 : components;
    FileBytes header = new FileBytes().octet(count);
    for (int c = 0; c < count; c++) {
      header.octet(choices.oneIn(16) ? choices.octet() : 1 + c).octet(choices.of(0, 0, 0x11));
    }
    int from = progressive && count == 1 ? choices.of(1, 0, choices.below(64)) : 0;
    header.octet(from).octet(from == 0 && progressive ? 0 : 63);
    header.octet(choices.of(0, 1, 0x10, 0x21, 0x0d, choices.octet()));
    FileBytes out = new FileBytes();
    segment(out, 0xda, header.toArray(), choices);
    int data = choices.of(0, 0xfe, 0x55, choices.below(255));
    return out.repeat(size(pixels * components / 512, choices), (byte) data).toArray();
  }

  private static void segment(FileBytes out, int marker, byte[] data, Choices choices) {
    long length = choices.oneIn(64) ? choices.number() : data.length + 2;
    out.big(0xff00 | marker, 2).big(length, 2).bytes(data);
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  public static byte[] png(Choices choices) {
    FileBytes out = new FileBytes().latin("\u0089PNG\r\n\u001a\n");
    long width = plausible(choices);
    long height = plausible(choices);
    int depth = choices.of(8, 1, 2, 4, 16, choices.octet());
    int colour = choices.of(2, 0, 3, 4, 6, choices.octet());
    FileBytes header = new FileBytes().big(width, 4).big(height, 4).octet(depth).octet(colour);
    chunk(out, "IHDR", header.octet(0).octet(0).octet(choices.of(0, 1)).toArray(), choices);
    for (int i = choices.below(4); i > 0; i--) {
      String type =
          choices.of(
              "PLTE", "tRNS", "eXIf", "iCCP", "zTXt", "IDAT", "IHDR", "gAMA", "cHRM", "sPLT");
      byte[] data =
          type.equals("eXIf")
              ? exif(choices)
              : choices.oneIn(4)
                  ? deflated(choices.count(100_000_000), choices)
                  : choices.data(choices.count(1_000_000));
      FileBytes chunk = new FileBytes();
      chunk(chunk, type, data, choices);
      out.repeat(choices.count(100_000), chunk.toArray());
    }
    if (colour == 3 && !choices.oneIn(4)) {
      chunk(out, "PLTE", new byte[768], choices);
    }
    long row = 1 + width * depth * choices.of(1, 2, 3, 4) / 8;
    long whole = choices.oneIn(4) ? choices.count(1 << 30) : row * height;
    byte[] data = deflated(whole, choices);
    int pieces = choices.oneIn(8) ? 1 + choices.count(1000) : 1;
    int each = data.length / pieces + 1;
    for (int at = 0; at < data.length; at += each) {
      byte[] piece = Arrays.copyOfRange(data, at, Math.min(at + each, data.length));
      chunk(out, "IDAT", piece, choices);
    }
    chunk(out, "IEND", new byte[0], choices);
    return out.toArray();
  }

  private static void chunk(FileBytes out, String type, byte[] data, Choices choices) {
    FileBytes body = new FileBytes().latin(type).bytes(data);
    CRC32 crc = new CRC32();
    crc.update(body.toArray());
    out.big(choices.oneIn(64) ? choices.number() : data.length, 4).bytes(body);
    out.big(choices.oneIn(64) ? 0 : crc.getValue(), 4);
  }

  /** Returns what so many equal bytes become. */
  private static byte[] deflated(long length, Choices choices) {
    return Deflated.zlib(choices.of(0, 1, 4, choices.octet()), Math.clamp(length, 0, 1L << 30));
  }

  public static byte[] gif(Choices choices) {
    FileBytes out = new FileBytes().latin(choices.of("GIF89a", "GIF87a"));
    long width = plausible(choices);
    long height = plausible(choices);
    out.little(width, 2).little(height, 2);
    int colours = choices.below(8);
    out.octet(choices.oneIn(4) ? colours : 0x80 | colours).octet(choices.octet()).octet(0);
    out.bytes(new byte[3 * (2 << colours)]);
    for (int frames = choices.count(20_000); frames >= 0 && out.room() > 0; frames--) {
      FileBytes extension = new FileBytes().octet(0x21).octet(choices.of(0xf9, 0xfe, 0xff, 1));
      extension.octet(4).bytes(choices.data(4)).octet(0);
      out.repeat(choices.count(100_000), extension.toArray());
      out.octet(0x2c).little(choices.of(0L, choices.number()), 2);
      out.little(choices.of(0L, choices.number()), 2);
      out.little(choices.coin() ? width : side(choices), 2);
      out.little(choices.coin() ? height : side(choices), 2);
      out.octet(choices.of(0, 0x40, 0x80 | choices.below(8), choices.octet()));
      out.octet(choices.of(2, 8, 1, 11, 12, choices.octet()));
      byte[] block = choices.data(255);
      long pixels = (width & 0xffff) * (height & 0xffff);
      out.repeat(
          size(pixels / 2731 / 255, choices), new FileBytes().octet(255).bytes(block).toArray());
      out.octet(0);
    }
    return out.octet(0x3b).toArray();
  }

  public static byte[] bmp(Choices choices) {
    int header = choices.of(40, 12, 108, 124, 64, choices.octet());
    FileBytes out = new FileBytes().latin("BM").little(choices.number(), 4).little(0, 4);
    long offset = choices.oneIn(4) ? choices.number() : 14 + header + 1024;
    out.little(offset, 4).little(header, 4);
    int each = header == 12 ? 2 : 4;
    long width = plausible(choices);
    long height = plausible(choices);
    int bits = choices.of(24, 1, 4, 8, 16, 32, choices.octet());
    out.little(width, each).little(choices.coin() ? height : -height, each);
    out.little(1, 2).little(bits, 2);
    if (header != 12) {
      out.little(choices.of(0, 1, 2, 3, choices.octet()), 4).little(choices.number(), 4);
      out.little(0, 8).little(choices.of(0L, choices.number()), 4).little(0, 4);
      out.bytes(choices.data(Math.max(0, header - 40)));
    }
    out.bytes(choices.data(1024));
    byte[] piece = choices.data(1 + choices.below(16));
    long bytes = Math.clamp(width, 0, 1 << 20) * Math.clamp(height, 0, 1 << 20) * bits / 8;
    return out.repeat(size(bytes / choices.of(1, 128) / piece.length, choices), piece).toArray();
  }

  public static byte[] webp(Choices choices) {
    FileBytes body = new FileBytes().latin("WEBP");
    if (choices.coin()) {
      FileBytes canvas = new FileBytes().little(choices.octet(), 4);
      canvas.little(plausible(choices) - 1, 3).little(plausible(choices) - 1, 3);
      riff(body, "VP8X", canvas.toArray(), choices);
    }
    for (int i = choices.below(3); i > 0; i--) {
      byte[] data = choices.coin() ? exif(choices) : choices.data(choices.count(1_000_000));
      FileBytes chunk = new FileBytes();
      riff(chunk, choices.of("EXIF", "ICCP", "ALPH", "ANIM", "XMP "), data, choices);
      body.repeat(choices.count(100_000), chunk.toArray());
    }
    if (choices.oneIn(4)) {
      FileBytes frame = new FileBytes().little(choices.number(), 3).little(choices.number(), 3);
      frame.little(side(choices), 3).little(side(choices), 3).little(100, 3).octet(0);
      frame(frame, choices);
      riff(body, "ANMF", frame.toArray(), choices);
    }
    frame(body, choices);
    return new FileBytes().latin("RIFF").little(body.size(), 4).bytes(body).toArray();
  }

  private static void frame(FileBytes out, Choices choices) {
    FileBytes data = new FileBytes();
    boolean lossy = choices.coin();
    long width = plausible(choices);
    long height = plausible(choices);
    if (lossy) {
      data.little(choices.of(0x10L, 0x30L, choices.number()), 3).big(0x9d012a, 3);
      data.little(width, 2).little(height, 2);
    } else {
      data.octet(0x2f).little((width - 1 & 0x3fff) | (height - 1 & 0x3fff) << 14, 4);
      if (choices.coin()) {
        // No transform, no cache, five codes of one symbol each: a picture of one colour.
        data.bytes((byte) 0, (byte) 0x88, (byte) 0x88, (byte) 8);
      }
    }
    byte[] piece = choices.data(1 + choices.below(32));
    long pixels = (width & 0x3fff) * (height & 0x3fff);
    data.repeat(size(pixels / 683 / piece.length, choices), piece);
    riff(out, lossy ? "VP8 " : "VP8L", data.toArray(), choices);
  }

  private static void riff(FileBytes out, String type, byte[] data, Choices choices) {
    out.latin(type).little(choices.oneIn(64) ? choices.number() : data.length, 4).bytes(data);
    out.align(2);
  }
}
