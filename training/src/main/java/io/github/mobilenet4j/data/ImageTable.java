package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A CSV file (RFC 4180, UTF-8) of picture files and their classes. Paths are relative to its
 * folder.
 *
 * <p>With headings, the columns are found by name, others are not read: {@code path} (or file,
 * filename, image, picture), {@code label} (or class, category) and, if it is there, {@code split}
 * (or set, subset) with train, validation or test. Without, the columns are path and label.
 */
final class ImageTable {
  private static final Set<String> PATH =
      Set.of("path", "file", "filename", "file_name", "filepath", "image", "picture");
  private static final Set<String> LABEL = Set.of("label", "class", "category");
  private static final Set<String> SPLIT = Set.of("split", "set", "subset");

  private ImageTable() {}

  /**
   * @param file where the table lies, for messages and as the beginning of relative paths
   * @param bytes its content
   */
  static Listing list(Path file, byte[] bytes) {
    List<Csv.Row> rows = Csv.read(file.toString(), text(file, bytes));
    if (rows.isEmpty()) {
      throw new MobileNetException(file + ": empty, expected a line for each picture");
    }
    List<String> first = rows.getFirst().fields();
    int path = column(first, PATH);
    int label = column(first, LABEL);
    int split = column(first, SPLIT);
    boolean headings = path >= 0 && label >= 0;
    if (!headings && first.size() != 2) {
      throw new MobileNetException(
          "%s: columns %s, expected headings with path and label among them, or these two alone"
              .formatted(file, first));
    }
    List<Listing.Entry> entries = new ArrayList<>();
    for (Csv.Row row : headings ? rows.subList(1, rows.size()) : rows) {
      List<String> fields = row.fields();
      entries.add(
          new Listing.Entry(
              headings && split >= 0 ? split(file, row, fields.get(split)) : Split.TRAIN,
              filled(file, row, "label", fields.get(headings ? label : 1)),
              resolve(file, row, filled(file, row, "path", fields.get(headings ? path : 0)))));
    }
    return new Listing(file.toString(), file.resolveSibling(""), entries);
  }

  private static String text(Path file, byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new MobileNetException(file + ": is not text in UTF-8", e);
    }
  }

  private static int column(List<String> headings, Set<String> names) {
    for (int i = 0; i < headings.size(); i++) {
      if (names.contains(headings.get(i).strip().toLowerCase(Locale.ROOT))) {
        return i;
      }
    }
    return -1;
  }

  private static Split split(Path file, Csv.Row row, String name) {
    Optional<Split> split = Split.named(name.strip());
    return split.orElseThrow(() ->
        fault(file, row, "split is \"%s\", expected train, validation or test".formatted(name)));
  }

  private static String filled(Path file, Csv.Row row, String column, String value) {
    if (value.isBlank()) {
      throw fault(file, row, "the " + column + " is empty");
    }
    return value.strip();
  }

  private static Path resolve(Path file, Csv.Row row, String path) {
    try {
      return file.resolveSibling(path);
    } catch (InvalidPathException e) {
      throw fault(file, row, "\"%s\" cannot be a path: %s".formatted(path, e.getReason()));
    }
  }

  private static MobileNetException fault(Path file, Csv.Row row, String what) {
    return new MobileNetException("%s: line %s: %s".formatted(file, row.line(), what));
  }
}
