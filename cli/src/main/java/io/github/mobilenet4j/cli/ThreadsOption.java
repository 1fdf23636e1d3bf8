package io.github.mobilenet4j.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How many threads compute. */
final class ThreadsOption {
  @Option(
      names = "--threads",
      paramLabel = "T",
      converter = Count.class,
      description = "Threads for one picture or batch. Default: one a processor.")
  private int count = Runtime.getRuntime().availableProcessors();

  /** A whole number from 1 to what no machine has use for. */
  static final class Count implements ITypeConverter<Integer> {
    private static final int MOST = 1024;

    @Override
    public Integer convert(String value) {
      int count = new AtLeastOne().convert(value);
      if (count > MOST) {
        throw new TypeConversionException(
            "%s threads are more than any machine has use for, at most %s are started"
                .formatted(value, MOST));
      }
      return count;
    }
  }

  int count() {
    return count;
  }
}
