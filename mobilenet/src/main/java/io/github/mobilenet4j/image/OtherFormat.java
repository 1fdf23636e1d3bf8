package io.github.mobilenet4j.image;

import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** What people take for pictures that are read, told apart by their first bytes. */
enum OtherFormat {
  EMPTY("an empty file", in -> in.length() == 0),
  AVIF("AVIF", in -> isBrand(in, "avif", "avis")),
  HEIC(
      "HEIC, as iPhones take photos",
      in -> isBrand(in, "heic", "heix", "hevc", "heim", "heis", "mif1", "msf1")),
  CR3("a camera's raw file", in -> isBrand(in, "crx ")),
  FILM("a film (MP4, QuickTime)", in -> in.has(4, "ftyp") || in.has(4, "moov")),
  JPEG_2000("JPEG 2000", in -> in.has(4, "jP  \r\n") || in.has(0, "\u00ff\u004f\u00ff\u0051")),
  JPEG_XL("JPEG XL", in -> in.has(4, "JXL \r\n") || in.has(0, "\u00ff\n")),
  JPEG_XR("JPEG XR", in -> in.has(0, "II\u00bc")),
  RAW(
      "a camera's raw file",
      in -> in.has(8, "CR") || in.has(0, "IIRO") || in.has(0, "IIU\0") || in.has(0, "FUJIFILM")),
  BIG_TIFF("BigTIFF", in -> in.has(0, "II+\0") || in.has(0, "MM\0+")),
  PHOTOSHOP("Photoshop's PSD", in -> in.has(0, "8BPS")),
  ICON("an icon (ICO)", in -> in.has(0, "\0\0\1\0")),
  NETPBM("PNM", in -> in.length() > 2 && in.has(0, "P") && "123456".indexOf(in.octet(1)) >= 0),
  PDF("PDF", in -> in.has(0, "%PDF")),
  POSTSCRIPT("PostScript", in -> in.has(0, "%!PS")),
  ZIP("a zip archive", in -> in.has(0, "PK\3\4")),
  GZIP("a gzip file", in -> in.has(0, "\u001f\u008b")),
  NUMPY("a NumPy array", in -> in.has(0, "\u0093NUMPY")),
  LFS("a pointer of Git LFS: run git lfs pull", in -> in.has(0, "version https://git-lfs")),
  SVG("SVG, a drawing", in -> text(in).contains("<svg")),
  HTML(
      "an HTML page, perhaps an error of a download",
      in -> text(in).startsWith("<!doctype html") || text(in).contains("<html")),
  XML("XML", in -> text(in).startsWith("<?xml")),
  JSON("JSON", in -> text(in).startsWith("{\"") || text(in).startsWith("[{"));

  private static final int BEGINNING = 512;

  private final String words;
  private final Predicate<Input> signature;

  OtherFormat(String words, Predicate<Input> signature) {
    this.words = words;
    this.signature = signature;
  }

  /** Returns in words what a file is, or how long it is if that cannot be told. */
  static String of(Input in) {
    for (OtherFormat format : values()) {
      if (format.signature.test(in)) {
        return format.words;
      }
    }
    return "a file of an unknown kind (%s bytes)".formatted(in.length());
  }

  /** Tells whether a file of ISO's media container (ISO 14496-12) is of one of these brands. */
  private static boolean isBrand(Input in, String... brands) {
    if (!in.has(4, "ftyp")) {
      return false;
    }
    for (String brand : brands) {
      if (in.has(8, brand)) {
        return true;
      }
    }
    return false;
  }

  /** Returns how a text begins, in small letters. */
  private static String text(Input in) {
    StringBuilder text = new StringBuilder();
    IntStream.range(0, Math.min(BEGINNING, in.length()))
        .forEach(i -> text.append((char) in.octet(i)));
    return text.toString().replace("\u00ef\u00bb\u00bf", "").strip().toLowerCase(Locale.ROOT);
  }
}
