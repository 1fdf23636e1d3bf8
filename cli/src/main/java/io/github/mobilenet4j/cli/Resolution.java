package io.github.mobilenet4j.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Input rows and columns, written {@code 224} or {@code 97x131}. */
record Resolution(int height, int width) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,6})(?:[x×](\\d{1,6}))?");

  static final class Converter implements ITypeConverter<Resolution> {
    @Override
    public Resolution convert(String value) {
      Matcher m = FORM.matcher(value);
      if (!m.matches()) {
        throw new TypeConversionException(
            "'" + value + "' is not a resolution, expected rows or rows x columns: 224 or 97x131");
      }
      int height = Integer.parseInt(m.group(1));
      return new Resolution(height, m.group(2) == null ? height : Integer.parseInt(m.group(2)));
    }
  }
}
