package io.github.mobilenet4j.files;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** What a file is by its first bytes, where it is not what was expected. */
public enum FileKind {
  EMPTY("is empty, as a download leaves it that failed", first -> first.length == 0),
  GIT_LFS(
      "is a Git LFS pointer, not the file itself: run git lfs pull where it was cloned",
      begins(0, "version https://git-lfs")),
  HTML(
      "is a web page: what was downloaded is a page, perhaps about the file, not the file",
      first -> {
        String text =
            new String(first, StandardCharsets.ISO_8859_1).replace("\u00ef\u00bb\u00bf", "");
        String begin = text.stripLeading().toLowerCase(Locale.ROOT);
        return begin.startsWith("<!doctype html") || begin.startsWith("<html");
      }),
  XML("is XML: export the model as ONNX", begins(0, "<?xml")),
  GZIP("is compressed (gzip): unpack it", begins(0, "\u001f\u008b")),
  BZIP2("is compressed (bzip2): unpack it", begins(0, "BZh")),
  XZ("is compressed (xz): unpack it", begins(0, "\u00fd7zXZ")),
  ZSTANDARD("is compressed (zstd): unpack it", begins(0, "(\u00b5/\u00fd")),
  SEVEN_ZIP("is a 7z archive: unpack it", begins(0, "7z\u00bc\u00af")),
  RAR("is a rar archive: unpack it", begins(0, "Rar!")),
  TAR("is a tar archive: unpack it", begins(257, "ustar")),
  ZIP(
      "is a zip archive: of these Models.read (mobilenet4j-formats) reads PyTorch's and Keras',"
          + " others are to be unpacked",
      begins(0, "PK\u0003\u0004")),
  TFLITE(
      "is a TensorFlow Lite model: Models.read (mobilenet4j-formats) reads it", begins(4, "TFL3")),
  HDF5(
      "is an HDF5 file, as Keras writes it: Models.read (mobilenet4j-formats) reads it",
      begins(0, "\u0089HDF")),
  PICKLE(
      "is a pickle, as PyTorch writes it: Models.read (mobilenet4j-formats) reads it",
      first -> first.length > 1 && first[0] == (byte) 0x80 && first[1] >= 2 && first[1] <= 5),
  SAVED_MODEL(
      "is a TensorFlow SavedModel: Models.read (mobilenet4j-formats) reads its folder",
      begins(0, "\u0008\u0001\u0012")),
  ONNX(
      "is an ONNX model: Models.read (mobilenet4j-formats) reads it",
      // The version of its format, then the producer's name, or the graph where it has none.
      first ->
          first.length > 2
              && first[0] == 0x08
              && first[1] >= 3
              && first[1] <= 32
              && (first[2] == 0x12 || first[2] == 0x3A)),
  TFJS(
      "is TensorFlow.js' model.json: Models.read (mobilenet4j-formats) reads it",
      begins(
          0,
          "{\"format\": \"layers-model\"",
          "{\"format\":\"layers-model\"",
          "{\"modelTopology\"")),
  GGUF("is GGUF, a format of language models", begins(0, "GGUF")),
  NUMPY(
      "is a NumPy array: a model is in more than one, such as a safetensors file",
      begins(0, "\u0093NUMPY")),
  PNG("is an image (PNG), not a model", begins(0, "\u0089PNG")),
  JPEG("is an image (JPEG), not a model", begins(0, "\u00ff\u00d8\u00ff")),
  GIF("is an image (GIF), not a model", begins(0, "GIF8")),
  WEBP("is an image (WebP), not a model", begins(8, "WEBP")),
  PDF("is a PDF document", begins(0, "%PDF")),
  JSON("is JSON, without weights: they are in a file of their own", begins(0, "{\"", "{\n", "{\r")),
  ZEROS(
      "begins with zeros, as a download leaves it that was not finished",
      first -> first.length >= 64 && IntStream.range(0, 64).allMatch(i -> first[i] == 0));

  /** How many bytes are looked at. */
  public static final int BYTES = 512;

  private final String says;
  private final Predicate<byte[]> recognises;

  FileKind(String says, Predicate<byte[]> recognises) {
    this.says = says;
    this.recognises = recognises;
  }

  /** Returns whether one of some texts of a character a byte stands at a place. */
  private static Predicate<byte[]> begins(int from, String... texts) {
    return first ->
        Arrays.stream(texts)
            .anyMatch(text ->
                first.length >= from + text.length()
                    && new String(first, from, text.length(), StandardCharsets.ISO_8859_1)
                        .equals(text));
  }

  /**
   * Returns what a file is, empty if it is nothing that is known here.
   *
   * @param first its first {@link #BYTES} bytes, or all if it is shorter
   */
  public static Optional<FileKind> of(byte[] first) {
    return Arrays.stream(values()).filter(kind -> kind.recognises.test(first)).findFirst();
  }

  /** Returns what it is and what can be done, to follow the file's name. */
  public String says() {
    return says;
  }
}
