package io.github.mobilenet4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All readers, for as many minutes as {@code -Dfuzz.minutes} says, each as long as the others;
 * {@code -Dfuzz.only=png,onnx} for some. Jazzer leads the way by coverage. What was found stays in
 * {@code cli/target/fuzz}, and the next run goes on from there: a line for each reader in {@code
 * summary.txt}, and in the folder {@code faults} of a reader the files that it cannot bear.
 */
class LongFuzzTest {
  private static final Path FOLDER = Path.of("target", "fuzz").toAbsolutePath();

  /** Code in which new ways are looked for. */
  private static final String WATCHED =
      "io.github.mobilenet4j.**:io.jhdf.**:com.google.**:com.twelvemonkeys.**";

  private static final String NOT_WATCHED = "io.github.mobilenet4j.fuzz.**";
  private static final int SEEDS = 60;
  private static final int MOST_DECISIONS = 1 << 16;
  private static final int HANGS_SECONDS = 40;
  private static final int REPLAY_SECONDS = 120;

  /** What a search has of the heap: enough to tell what takes too much. */
  private static final List<String> SEARCH_HEAP =
      List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch");

  /**
   * What a reader may use and 64 MB that its test needs, half of these for what is young, so that
   * one array may be all that a reader may use. What was taken and let go is no fault.
   */
  private static final List<String> REPLAY_HEAP =
      List.of("-Xmx" + ((Outcome.MOST_BYTES >> 20) + 64) + "m", "-Xmn32m", "-Dfuzz.heap=bounded");

  @Test
  void readers(@TempDir Path temporary) throws IOException, InterruptedException {
    double minutes = Double.parseDouble(System.getProperty("fuzz.minutes", "0"));
    assumeTrue(minutes > 0, "skipped: -Dfuzz.minutes says how long");
    List<String> only = List.of(System.getProperty("fuzz.only", "").split(","));
    List<Target> targets =
        Targets.all(temporary).stream()
            .filter(target -> only.contains("") || only.contains(target.name()))
            .toList();
    long seconds = Math.max(1, Math.round(60 * minutes / targets.size()));
    List<Path> faults = new ArrayList<>();
    for (Target target : targets) {
      Path folder = Files.createDirectories(FOLDER.resolve(target.name()));
      Faults found = new Faults(folder);
      found.suspectAll();
      replay(target, found);
      Path statistics = folder.resolve("statistics");
      Files.deleteIfExists(statistics);
      search(target, folder, seconds);
      if (!Files.exists(statistics)) {
        // Nothing was read, and the process said why.
        faults.add(folder.resolve("output.txt"));
      }
      replay(target, found);
      faults.addAll(found.files());
      String line =
          "%-25s %s, %s ways, %s faults%n"
              .formatted(
                  target.name(),
                  new Statistics(statistics),
                  count(folder.resolve("corpus")),
                  found.files().size());
      System.out.print(line);
      Files.writeString(
          FOLDER.resolve("summary.txt"),
          line,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
    assertThat(faults).as("faults").isEmpty();
  }

  private static void search(Target target, Path folder, long seconds)
      throws IOException, InterruptedException {
    Path corpus = seeded(target, Files.createDirectories(folder.resolve("corpus")));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    long left = seconds;
    // A file that never ends or is the end of the process does not end the search.
    while (left > 0) {
      run(
          folder,
          seconds + 60,
          SEARCH_HEAP,
          "com.code_intelligence.jazzer.Jazzer",
          "--target_class=" + GuidedFuzzer.class.getName(),
          "--target_args=" + target.name() + " " + folder,
          // Comparisons too would make it ten times slower and take gigabytes.
          "--trace=cov",
          "--instrumentation_includes=" + WATCHED,
          "--instrumentation_excludes=" + NOT_WATCHED,
          "--reproducer_path=" + folder,
          "-artifact_prefix=" + new Faults(folder).suspects() + "/",
          "-max_total_time=" + left,
          "-timeout=" + HANGS_SECONDS,
          "-rss_limit_mb=2000",
          "-max_len=" + MOST_DECISIONS,
          "-seed=" + (1 + Long.getLong("fuzz.seed", 0)),
          corpus.toString());
      left = TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime());
    }
  }

  /** Sorts the suspects, each in a process of its own. */
  private static void replay(Target target, Faults faults)
      throws IOException, InterruptedException {
    List<Path> suspects;
    try (Stream<Path> files = Files.list(faults.suspects())) {
      suspects = files.sorted().toList();
    }
    for (Path suspect : suspects) {
      if (!run(
          faults.folder(),
          REPLAY_SECONDS,
          REPLAY_HEAP,
          Replay.class.getName(),
          target.name(),
          faults.folder().toString(),
          suspect.toString())) {
        faults.add(
            "ends the process or never ends, " + suspect.getFileName(),
            target,
            Files.readAllBytes(suspect),
            new Outcome(null, TimeUnit.SECONDS.toNanos(REPLAY_SECONDS), 0));
      }
      Files.delete(suspect);
    }
  }

  /** Runs a main class with these tests' class path; returns whether it ended well and in time. */
  private static boolean run(Path folder, long seconds, List<String> heap, String... command)
      throws IOException, InterruptedException {
    List<String> all =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dfuzz.native=" + Files.isWritable(Path.of("/proc/self/clear_refs")),
                "-XX:+UseSerialGC",
                "-Dmobilenet4j.root=" + System.getProperty("mobilenet4j.root", ".."),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path")));
    all.addAll(heap);
    all.addAll(List.of(command));
    Process process =
        new ProcessBuilder(all)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("output.txt").toFile()))
            .start();
    try {
      return process.waitFor(seconds, TimeUnit.SECONDS) && process.exitValue() == 0;
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static Path seeded(Target target, Path corpus) throws IOException {
    for (int i = 0; i < target.seeds().size(); i++) {
      byte[] seed = Target.decisions(target.seeds().get(i));
      if (seed.length <= MOST_DECISIONS) {
        Files.write(corpus.resolve("seed-" + i), seed);
      }
    }
    for (int i = 0; i < SEEDS; i++) {
      Files.write(corpus.resolve("chance-" + i), Fuzzer.decisions(i));
    }
    return corpus;
  }

  private static long count(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.count();
    }
  }
}
