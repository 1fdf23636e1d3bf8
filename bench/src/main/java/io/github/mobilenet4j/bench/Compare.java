package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.util.Locale;
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
      TrainingTimes.class
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
