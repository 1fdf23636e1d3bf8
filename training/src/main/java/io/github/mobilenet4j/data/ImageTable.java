package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Text;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A CSV file (RFC 4180, or with semicolons or tabs) of picture files and their classes. Paths are
 * relative to its folder.
 *
 * <p>With headings, the columns are found by name and by looking, others are not read: {@code path}
 * (or file, filename, image, image_id, …), {@code label} (or class, category, target, breed, …)
 * and, if it is there, {@code split} (or set, subset) with train, validation or test. Without, the
 * columns are path and label.
 */
final class ImageTable {
  private ImageTable() {}

  /**
   * @param file where the table lies, for messages and as the beginning of relative paths
   * @param bytes its content
   */
  static Listing list(Path file, byte[] bytes) {
    List<Csv.Row> rows = Csv.read(file.toString(), Text.of(file, bytes));
    if (rows.isEmpty()) {
      throw new MobileNetException(file + ": empty, expected a line for each picture");
    }
    TableColumns columns = TableColumns.of(file.toString(), rows, field -> isFile(file, field));
    List<Listing.Entry> entries = new ArrayList<>();
    for (Csv.Row row : columns.headings() ? rows.subList(1, rows.size()) : rows) {
      List<String> fields = row.fields();
      entries.add(
          new Listing.Entry(
              columns.split() >= 0 ? split(file, row, fields.get(columns.split())) : Split.TRAIN,
              filled(file, row, "label", fields.get(columns.label())),
              resolve(file, row, filled(file, row, "path", fields.get(columns.path())))));
    }
    return new Listing(file.toString(), file.resolveSibling(""), entries);
  }

  private static boolean isFile(Path table, String field) {
    try {
      return !field.isBlank() && Files.isRegularFile(resolve(table, field.strip()));
    } catch (InvalidPathException _) {
      return false;
    }
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
      return resolve(file, path);
    } catch (InvalidPathException e) {
      throw fault(file, row, "\"%s\" cannot be a path: %s".formatted(path, e.getReason()));
    }
  }

  /** A path of Windows, with backslashes, is one anywhere; unless a file is really called so. */
  private static Path resolve(Path file, String path) {
    Path plain = file.resolveSibling(path);
    return path.indexOf('\\') < 0 || path.indexOf('/') >= 0 || Files.exists(plain)
        ? plain
        : file.resolveSibling(path.replace('\\', '/'));
  }

  private static MobileNetException fault(Path file, Csv.Row row, String what) {
    return new MobileNetException("%s: line %s: %s".formatted(file, row.line(), what));
  }
}
