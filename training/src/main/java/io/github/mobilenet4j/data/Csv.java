package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import java.util.ArrayList;
import java.util.List;

/**
 * Comma-separated values as RFC 4180 has them: fields in double quotes may hold commas, line ends
 * and doubled quotes. Lines may end with CR LF or LF; empty lines are skipped. Where the first line
 * has no comma, semicolons or tabs separate, as spreadsheets write them in half the world.
 */
final class Csv {
  /**
   * A record of the file.
   *
   * @param line where it begins, from 1
   */
  record Row(int line, List<String> fields) {}

  /** What a record of two short fields and its image take in memory. */
  private static final int BYTES_OF_A_ROW = 400;

  /** What a table of images has more of is not read anyway. */
  private static final int MOST_FIELDS = 1000;

  private static final String SEPARATORS = ",;\t";

  private final String source;
  private final String text;
  private final char separator;
  private int at;
  private int line = 1;

  private Csv(String source, String text) {
    this.source = source;
    this.text = text;
    separator = separator(text);
  }

  /** Returns what separates fields: a comma if one is in the first line, outside of quotes. */
  private static char separator(String text) {
    int found = SEPARATORS.length();
    boolean quoted = false;
    boolean empty = true;
    for (int i = 0; i < text.length() && found > 0; i++) {
      char c = text.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      }
      if (c == '\n' && !quoted && !empty) {
        break;
      }
      empty &= c == '\n' || c == '\r';
      int index = quoted ? -1 : SEPARATORS.indexOf(c);
      found = index < 0 ? found : Math.min(found, index);
    }
    return SEPARATORS.charAt(found % SEPARATORS.length());
  }

  /**
   * Returns the records of a text.
   *
   * @param source where it comes from, for messages
   * @throws MobileNetException if a quote is out of place, the records have different numbers of
   *     fields or more than a thousand, or there are more than a text of this length may hold
   */
  static List<Row> read(String source, String text) {
    Csv csv = new Csv(source, text);
    List<Row> rows = new ArrayList<>();
    long most = ReadLimits.standard().memory(text.length()) / BYTES_OF_A_ROW;
    while (csv.at < text.length()) {
      if (csv.skip("\n") || csv.skip("\r\n")) {
        csv.line++;
        continue;
      }
      Row row = csv.row();
      if (!rows.isEmpty() && rows.getFirst().fields.size() != row.fields.size()) {
        throw new MobileNetException(
            "%s: line %s has %s fields, expected %s as in the first"
                .formatted(source, row.line, row.fields.size(), rows.getFirst().fields.size()));
      }
      if (row.fields.size() == 1) {
        throw new MobileNetException(
            "%s: line %s has one field, expected two at least".formatted(source, row.line));
      }
      if (rows.size() == most) {
        throw new MobileNetException(
            "%s: more than %s records in a text of %s characters"
                .formatted(source, most, text.length()));
      }
      rows.add(row);
    }
    return rows;
  }

  private Row row() {
    int begin = line;
    List<String> fields = new ArrayList<>();
    do {
      if (fields.size() == MOST_FIELDS) {
        throw fault("more than %s fields".formatted(MOST_FIELDS));
      }
      fields.add(at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
    } while (skip(separator));
    if (!skip("\r\n") && !skip("\n") && at < text.length()) {
      throw fault(
          "\"%s\" after a quoted field, expected %s"
              .formatted(text.charAt(at), separator == ',' ? "a comma" : "\"" + separator + "\""));
    }
    line++;
    return new Row(begin, List.copyOf(fields));
  }

  private String plain() {
    int begin = at;
    while (at < text.length()
        && text.charAt(at) != separator
        && text.charAt(at) != '\n'
        && !text.startsWith("\r\n", at)) {
      if (text.charAt(at) == '"') {
        throw fault("a quote within a field without quotes");
      }
      at++;
    }
    return text.substring(begin, at);
  }

  private String quoted() {
    StringBuilder field = new StringBuilder();
    at++;
    while (true) {
      if (at == text.length()) {
        throw fault("a quote is not closed");
      }
      char c = text.charAt(at++);
      if (c == '"' && !skip("\"")) {
        return field.toString();
      }
      if (c == '\n') {
        line++;
      }
      field.append(c);
    }
  }

  private boolean skip(char expected) {
    boolean found = at < text.length() && text.charAt(at) == expected;
    at += found ? 1 : 0;
    return found;
  }

  private boolean skip(String expected) {
    if (text.startsWith(expected, at)) {
      at += expected.length();
      return true;
    }
    return false;
  }

  private MobileNetException fault(String what) {
    return new MobileNetException("%s: line %s: %s".formatted(source, line, what));
  }
}
