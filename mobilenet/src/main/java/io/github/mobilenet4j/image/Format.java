package io.github.mobilenet4j.image;

import java.util.List;
import java.util.function.Function;

/** The kinds of picture files, told apart by their first bytes and never by their names. */
enum Format {
  JPEG(Jpeg::of, ".jpg", ".jpeg", ".jpe", ".jfif"),
  PNG(Png::of, ".png"),
  GIF(Gif::of, ".gif"),
  BMP(Bmp::of, ".bmp", ".dib"),
  WEBP(WebP::of, ".webp");

  private final Function<Input, Picture> parser;
  private final List<String> endings;

  Format(Function<Input, Picture> parser, String... endings) {
    this.parser = parser;
    this.endings = List.of(endings);
  }

  /** Returns the usual endings of file names, in lower case, with the dot. */
  List<String> endings() {
    return endings;
  }

  /** Reads and checks the header. */
  static Picture parse(Input in) {
    return of(in).parser.apply(in);
  }

  private static Format of(Input in) {
    if (in.has(0, "\u00ff\u00d8\u00ff")) {
      return JPEG;
    } else if (in.has(0, Png.SIGNATURE)) {
      return PNG;
    } else if (in.has(0, "GIF87a") || in.has(0, "GIF89a")) {
      return GIF;
    } else if (in.has(0, "RIFF") && in.has(8, "WEBP")) {
      return WEBP;
    } else if (in.has(0, "BM")) {
      return BMP;
    }
    throw in.bad("not a JPEG, PNG, GIF, BMP or WebP picture (%d bytes)".formatted(in.length()));
  }
}
