package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Safetensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Real processes that train, and are ended in every way. {@code -Dkill.count=200} has the one test
 * end as many; {@code -Dkill.seed} repeats its moments, and is printed.
 */
class TrainingProcessTest {
  private static final int KILLS = Integer.getInteger("kill.count", 3);
  private static final long SEED = Long.getLong("kill.seed", System.nanoTime());

  @TempDir private Path temporary;
  private Path images;

  @BeforeEach
  void images() {
    images = ColouredFolders.write(temporary.resolve("pictures"), 12);
  }

  private List<String> train(Path output, int epochs, int threads, String... more) {
    List<String> command =
        Run.process(
            true,
            "train",
            images.toString(),
            "--output=" + output,
            "--width=0.25",
            "--resolution=32",
            "--batch=6",
            "--ema=0.9",
            "--augment=strong",
            "--checkpoint=0.02",
            "--quantize",
            "--epochs=" + epochs,
            "--threads=" + threads);
    command.addAll(List.of(more));
    return command;
  }

  private Process start(List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(temporary.resolve("output.txt").toFile())
        .start();
  }

  private String output() throws IOException {
    return Files.readString(temporary.resolve("output.txt"), StandardCharsets.UTF_8);
  }

  private void finish(List<String> command) throws IOException, InterruptedException {
    assertThat(start(command).waitFor()).as(output()).isZero();
  }

  private static long step(Path folder) {
    Path file = folder.resolve("checkpoint.safetensors");
    if (!Files.exists(file)) {
      return 0;
    }
    String progress = Safetensors.read(file).metadata().get("progress");
    return Long.parseLong(progress.replaceAll(".*\"step\":(\\d+).*", "$1"));
  }

  private static List<String> withoutTimes(Path metrics) throws IOException {
    return Files.readAllLines(metrics).stream()
        .map(row -> row.replaceAll(",[^,]*,[^,]*$", ""))
        .toList();
  }

  /** How a process is ended. */
  private enum Ending {
    CTRL_C(130) {
      @Override
      void end(PseudoTerminal terminal) throws IOException {
        terminal.pressCtrlC();
      }
    },
    SIGTERM(143) {
      @Override
      void end(PseudoTerminal terminal) throws IOException {
        terminal.process().ifPresent(ProcessHandle::destroy);
      }
    },
    SIGKILL(137) {
      @Override
      void end(PseudoTerminal terminal) throws IOException {
        terminal.process().ifPresent(ProcessHandle::destroyForcibly);
      }
    };

    private final int exitCode;

    Ending(int exitCode) {
      this.exitCode = exitCode;
    }

    abstract void end(PseudoTerminal terminal) throws IOException;
  }

  /**
   * Ended in a terminal at random moments, with another number of threads each time: the same files
   * in the end.
   */
  @Test
  void endedAndResumed() throws IOException, InterruptedException {
    PseudoTerminal.assumeThere();
    System.out.println("kill.seed " + SEED);
    Random random = new Random(SEED);
    int epochs = 15 + 15 * KILLS;
    Path untouched = temporary.resolve("untouched");
    finish(train(untouched, epochs, 1));

    Path ended = temporary.resolve("ended");
    long before = 0;
    int kills = 0;
    while (kills < KILLS) {
      Ending ending = Ending.values()[kills % 3];
      List<String> command = train(ended, epochs, 1 << random.nextInt(3), "--resume");
      try (PseudoTerminal terminal = PseudoTerminal.start(temporary, command)) {
        // One in four is ended while it starts, the others when they are on their way.
        boolean underWay = random.nextInt(4) > 0;
        long done = before;
        terminal.waitUntil(() -> terminal.process().isPresent());
        terminal.waitUntil(() -> !underWay || step(ended) > done);
        if (terminal.ends(random.nextInt(underWay ? 500 : 3000))) {
          break;
        }
        ending.end(terminal);
        String what = "%s, kill %s, -Dkill.seed=%s: ".formatted(ending, kills, SEED);
        assertThat(terminal.ends()).as(what + terminal.screen()).isTrue();
        // All may have been done in the moment before.
        assertThat(terminal.exitCode()).as(what + terminal.screen()).isIn(0, ending.exitCode);
        if (underWay && ending != Ending.SIGKILL && terminal.exitCode() != 0) {
          assertThat(terminal.screen()).as(what).contains("stopped; go on: ");
        }
      }
      kills++;
      long step = step(ended);
      assertThat(step).as("no finished checkpoint is lost").isGreaterThanOrEqualTo(before);
      before = step;
    }
    finish(train(ended, epochs, 2, "--resume"));

    assertThat(kills).as("kill.seed %s", SEED).isGreaterThan(KILLS / 2);
    for (String file : List.of("model.safetensors", "last.safetensors", "model-int8.safetensors")) {
      assertThat(ended.resolve(file)).hasSameBinaryContentAs(untouched.resolve(file));
    }
    assertThat(withoutTimes(ended.resolve("metrics.csv")))
        .containsExactlyElementsOf(withoutTimes(untouched.resolve("metrics.csv")));
  }

  /** In the middle of the steps, whose bar is shown. */
  @ParameterizedTest
  @EnumSource(names = {"CTRL_C", "SIGTERM"})
  void stopped(Ending ending) throws IOException, InterruptedException {
    PseudoTerminal.assumeThere();
    Path folder = temporary.resolve("run");
    try (PseudoTerminal terminal = PseudoTerminal.start(temporary, train(folder, 10_000, 1))) {
      terminal.waitUntil(() -> step(folder) >= 3);
      terminal.waitFor("correct");
      ending.end(terminal);
      assertThat(terminal.ends()).as(terminal.screen()).isTrue();
      assertThat(terminal.exitCode()).as(terminal.screen()).isEqualTo(ending.exitCode);
      assertThat(terminal.screen())
          .contains("mobilenet4j: stopping and saving; once more ends it at once")
          .contains("stopped; go on: mobilenet4j train --resume --output " + folder);
    }
    assertThat(ModelFile.read(folder.resolve("model.safetensors")).labels().names())
        .containsExactly("blue", "green", "red");
    assertThat(Files.list(folder)).noneMatch(file -> file.toString().endsWith(".part"));
  }

  /** It does not wait for the rest of the images. */
  @Test
  void stoppedInTheMiddleOfValidation() throws IOException, InterruptedException {
    PseudoTerminal.assumeThere();
    Path folder = temporary.resolve("run");
    ColouredFolders.write(temporary.resolve("more"), 400);
    List<String> command =
        train(folder, 10_000, 1, "--width=1", "--resolution=128", "--validation=0.97");
    command.set(command.indexOf(images.toString()), temporary.resolve("more").toString());
    command.removeAll(List.of("--width=0.25", "--resolution=32"));
    try (PseudoTerminal terminal = PseudoTerminal.start(temporary, command)) {
      terminal.waitFor("validating");
      terminal.pressCtrlC();
      assertThat(terminal.ends()).as(terminal.screen()).isTrue();
      assertThat(terminal.exitCode()).as(terminal.screen()).isEqualTo(130);
      assertThat(terminal.screen())
          .contains("stopped; go on: ")
          .as("the line of an epoch that is validated")
          .doesNotContain("epoch   1/");
    }
    assertThat(step(folder)).isEqualTo(6);
    command.add("--resume");
    try (PseudoTerminal terminal = PseudoTerminal.start(temporary, command)) {
      terminal.waitFor("validating");
      assertThat(terminal.screen())
          .contains("resumes " + folder + " in epoch 1 of 10000, at its validation");
    }
  }

  /** The model is to be written to a pipe that nobody reads: it would wait for ever. */
  @Test
  void askedAgainItEndsAtOnce() throws IOException, InterruptedException {
    PseudoTerminal.assumeThere();
    Path folder = Files.createDirectory(temporary.resolve("run"));
    String pipe = folder.resolve("model.safetensors").toString();
    assumeTrue(new ProcessBuilder("mkfifo", pipe).start().waitFor() == 0, "no mkfifo");
    try (PseudoTerminal terminal = PseudoTerminal.start(temporary, train(folder, 10_000, 1))) {
      terminal.waitFor("epoch 1/");
      terminal.pressCtrlC();
      terminal.waitFor("stopping");
      assertThat(terminal.ends(1000)).as(terminal.screen()).isFalse();
      terminal.pressCtrlC();
      assertThat(terminal.ends()).as(terminal.screen()).isTrue();
      assertThat(terminal.exitCode()).as(terminal.screen()).isEqualTo(130);
    }
  }

  @Test
  void twoAtOnce() throws IOException, InterruptedException {
    Path folder = temporary.resolve("run");
    Process process = start(train(folder, 10_000, 1));
    while (step(folder) < 3 && process.isAlive()) {
      Thread.sleep(20);
    }
    for (String resume : List.of("", "--resume")) {
      List<String> second = train(folder, 10_000, 1, resume);
      second.remove("");
      Path output = temporary.resolve("second.txt");
      Process refused =
          new ProcessBuilder(second)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      assertThat(refused.waitFor()).isEqualTo(1);
      assertThat(output)
          .content()
          .contains("mobilenet4j: " + folder + ": another training is under way in this folder");
    }
    assertThat(process.isAlive()).as(output()).isTrue();
    process.destroyForcibly().waitFor();
    finishes(folder);
  }

  /** A limit of the size of files stands for a full disk. */
  @Test
  void diskFull() throws IOException, InterruptedException {
    Path folder = temporary.resolve("run");
    Process process = start(train(folder, 10_000, 1));
    while (step(folder) < 3 && process.isAlive()) {
      Thread.sleep(20);
    }
    process.destroyForcibly().waitFor();
    byte[] checkpoint = Files.readAllBytes(folder.resolve("checkpoint.safetensors"));

    List<String> limited =
        new ArrayList<>(List.of("sh", "-c", "ulimit -f 100 && exec \"$@\"", "sh"));
    limited.addAll(train(folder, 10_000, 1, "--resume"));
    assertThat(start(limited).waitFor()).as(output()).isEqualTo(1);
    assertThat(output())
        .containsPattern(
            "mobilenet4j: cannot write .*: File too large; .*checkpoint.* is untouched");
    assertThat(folder.resolve("checkpoint.safetensors")).hasBinaryContent(checkpoint);
    finishes(folder);
  }

  private void finishes(Path folder) throws IOException, InterruptedException {
    Process process = start(train(folder, 10_000, 1, "--resume"));
    long before = step(folder);
    while (step(folder) <= before && process.isAlive()) {
      Thread.sleep(20);
    }
    process.destroyForcibly().waitFor();
    assertThat(step(folder)).isGreaterThan(before);
  }
}
