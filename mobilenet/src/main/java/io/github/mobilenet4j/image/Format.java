package io.github.mobilenet4j.image;

import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/** The kinds of picture files, told apart by their first bytes and never by their names. */
enum Format {
  JPEG(in -> in.has(0, "\u00ff\u00d8\u00ff"), Jpeg::of, ".jpg", ".jpeg", ".jpe", ".jfif"),
  PNG(in -> in.has(0, "\u0089PNG\r\n\u001a\n"), Png::of, ".png"),
  GIF(in -> in.has(0, "GIF87a") || in.has(0, "GIF89a"), Gif::of, ".gif"),
  BMP(in -> in.has(0, "BM"), Bmp::of, ".bmp", ".dib"),
  WEBP(in -> in.has(0, "RIFF") && in.has(8, "WEBP"), WebP::of, ".webp"),
  TIFF(
      in -> (in.has(0, "II*\0") || in.has(0, "MM\0*")) && !in.has(8, "CR"),
      Tiff::of,
      ".tif",
      ".tiff");

  private final Predicate<Input> signature;
  private final Function<Input, EncodedImage> parser;
  private final List<String> endings;

  Format(Predicate<Input> signature, Function<Input, EncodedImage> parser, String... endings) {
    this.signature = signature;
    this.parser = parser;
    this.endings = List.of(endings);
  }

  /** Returns the usual endings of file names, in lower case, with the dot. */
  List<String> endings() {
    return endings;
  }

  /** Reads and checks the header. */
  static EncodedImage parse(Input in) {
    for (Format format : values()) {
      if (format.signature.test(in)) {
        return format.parser.apply(in);
      }
    }
    throw in.bad(
        "%s, not a JPEG, PNG, GIF, BMP, WebP or TIFF picture".formatted(OtherFormat.of(in)));
  }
}
