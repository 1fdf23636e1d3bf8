package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads a value of the command line: what its type refuses is bad use, not a failure.
 *
 * @param parser throws {@link MobileNetException} for what it refuses
 */
record Checked<T>(Function<String, T> parser) implements ITypeConverter<T> {
  @Override
  public T convert(String text) {
    try {
      return parser.apply(text);
    } catch (MobileNetException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
