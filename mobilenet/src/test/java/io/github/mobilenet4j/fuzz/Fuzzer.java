package io.github.mobilenet4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Lets readers read files that generators made. A reader may accept a file or throw {@link
 * io.github.mobilenet4j.MobileNetException}; it may not throw anything else, take two seconds of
 * processor time or 256 MB, or run out of memory, whatever is in a file of 5 MB.
 *
 * <p>In every build 300 files a reader, the same ones each time: {@code -Dfuzz.count} and {@code
 * -Dfuzz.seed} for more, and others. {@code LongFuzzTest} of the module cli goes on where coverage
 * leads.
 */
public final class Fuzzer {
  private static final long SEED = Long.getLong("fuzz.seed", 0);
  private static final int COUNT = Integer.getInteger("fuzz.count", 300);

  private static final int MOST_DECISIONS = 200;

  private Fuzzer() {}

  /** Returns a test for each target. */
  public static Stream<DynamicTest> tests(List<Target> targets) {
    return targets.stream()
        .map(target -> DynamicTest.dynamicTest(target.name(), () -> quick(target)));
  }

  private static void quick(Target target) {
    int accepted = 0;
    for (byte[] seed : target.seeds()) {
      accepted += check(target, Target.decisions(seed), "a good file") ? 1 : 0;
    }
    for (long seed = SEED; seed < SEED + COUNT; seed++) {
      accepted += check(target, decisions(seed), "seed " + seed) ? 1 : 0;
    }
    // All refused would mean that the files never get past the first check.
    assertThat(accepted).as("accepted of %s", COUNT).isPositive();
  }

  private static boolean check(Target target, byte[] decisions, String source) {
    Outcome outcome = read(target, target.file(decisions));
    Optional<String> fault = outcome.fault(1);
    if (fault.isPresent()) {
      byte[] least = Shrinker.shrink(target, decisions, fault.get());
      throw new AssertionError(
          "%s, %s: %s (%s); decisions %s"
              .formatted(target.name(), source, fault.get(), outcome, Arrays.toString(least)),
          outcome.thrown());
    }
    return outcome.isAccepted();
  }

  /** Returns decisions by chance. */
  public static byte[] decisions(long seed) {
    Random random = new Random(seed);
    byte[] decisions = new byte[1 + random.nextInt(MOST_DECISIONS)];
    random.nextBytes(decisions);
    // As it is, a file of chance gets nowhere.
    decisions[0] = (byte) (1 + random.nextInt(255));
    return decisions;
  }

  /** Returns what comes of reading a file. */
  public static Outcome read(Target target, byte[] file) {
    return Outcome.of(() -> target.reader().read(file));
  }
}
