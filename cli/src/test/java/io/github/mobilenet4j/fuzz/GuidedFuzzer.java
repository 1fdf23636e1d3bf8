package io.github.mobilenet4j.fuzz;

import com.code_intelligence.jazzer.api.Jazzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What Jazzer calls, in a process of its own for a reader. It looks for decisions that lead to new
 * code, and to more time and memory.
 */
public final class GuidedFuzzer {
  /** How much slower a reader is when it is watched. */
  private static final int PATIENCE = 2;

  private static final int MEMORY = 1;
  private static final int TIME = 2;
  private static final long STATISTICS_NANOS = 2_000_000_000L;

  private static Target target;
  private static Faults faults;
  private static Statistics statistics;
  private static long written;

  private GuidedFuzzer() {}

  /** Takes the name of a reader and the folder for what is found. */
  public static void fuzzerInitialize(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[1]);
    target = Targets.named(arguments[0], Files.createDirectories(folder.resolve("files")));
    faults = new Faults(folder);
    statistics = new Statistics(folder.resolve("statistics"));
  }

  /** Reads the file that decisions lead to. */
  public static void fuzzerTestOneInput(byte[] decisions) throws IOException {
    if (decisions.length == 0) {
      return;
    }
    Outcome outcome = Fuzzer.read(target, target.file(decisions));
    maximize(MEMORY, outcome.allocated() >> 10);
    maximize(TIME, outcome.nanos() >> 20);
    Optional<String> fault = outcome.fault(PATIENCE);
    if (fault.isPresent()) {
      faults.suspect(fault.get(), decisions);
    }
    statistics.add(outcome);
    if (System.nanoTime() - written > STATISTICS_NANOS) {
      written = System.nanoTime();
      statistics.write();
    }
  }

  /** Half an octave more is worth remembering. */
  private static void maximize(int id, long value) {
    Jazzer.maximize(2 * (64 - Long.numberOfLeadingZeros(value)), 0, 100, 101, id);
  }
}
