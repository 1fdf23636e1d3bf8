package io.github.mobilenet4j.network;

import io.github.mobilenet4j.MobileNetException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Input rows and columns, written {@code 224} or {@code 97x131}.
 *
 * @param height rows
 * @param width columns
 */
public record Resolution(int height, int width) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,6})(?:[x×](\\d{1,6}))?");

  /**
   * Reads a resolution.
   *
   * @throws MobileNetException if the text is none
   */
  public static Resolution of(String text) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      throw new MobileNetException(
          "'" + text + "' is not a resolution, expected rows or rows x columns: 224 or 97x131");
    }
    int height = Integer.parseInt(m.group(1));
    return new Resolution(height, m.group(2) == null ? height : Integer.parseInt(m.group(2)));
  }
}
