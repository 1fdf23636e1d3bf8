package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.kernels.Workers;
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
    @Override
    public Integer convert(String value) {
      int count = new AtLeastOne().convert(value);
      if (count > Workers.MOST_THREADS) {
        throw new TypeConversionException(
            "%s threads are more than any machine has use for, at most %s are started"
                .formatted(value, Workers.MOST_THREADS));
      }
      return count;
    }
  }

  int count() {
    return count;
  }
}
