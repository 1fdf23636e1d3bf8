package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command {@code bench/compare}. */
@Command(
    name = "bench/compare",
    description = "Runs this project beside native engines, and its kernels one by one.",
    subcommands = {
      CompareInference.class,
      CompareTraining.class,
      KernelTimes.class,
      TrainingTimes.class,
      ServeTimes.class
    },
    usageHelpWidth = 100,
    synopsisSubcommandLabel = "COMMAND")
final class Compare {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  private boolean help;

  private Compare() {}

  /** Runs the command and ends the JVM: 0 when all was timed, 1 on failure, 2 on bad use. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Compare())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionExceptionHandler((e, command, _) -> {
              if (!(e instanceof MobileNetException)) {
                throw e;
              }
              command.getErr().println(command.getCommandName() + ": " + e.getMessage());
              return command.getCommandSpec().exitCodeOnExecutionException();
            })
            .execute(args));
  }

  /** Returns what Linux calls the processor, with family and model, which tell more. */
  static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      Map<String, String> facts =
          lines
              .takeWhile(line -> !line.isEmpty())
              .map(line -> line.split("\\s*:\\s*", 2))
              .collect(Collectors.toMap(pair -> pair[0], pair -> pair[pair.length - 1]));
      return "%s, family %s, model %s"
          .formatted(facts.get("model name"), facts.get("cpu family"), facts.get("model"));
    } catch (IOException _) {
      return System.getProperty("os.arch");
    }
  }

  /** Tells how busy the machine is before anything is timed. */
  static void tellLoad() {
    OperatingSystemMXBean machine = ManagementFactory.getOperatingSystemMXBean();
    System.err.printf(
        Locale.ROOT,
        "load average %.1f on %d processors%n",
        machine.getSystemLoadAverage(),
        machine.getAvailableProcessors());
  }
}
