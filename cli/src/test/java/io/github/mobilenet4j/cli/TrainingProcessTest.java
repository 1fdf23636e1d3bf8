package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Safetensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes that train, and are ended in every way. {@code -Dkill.count=20} has the one test
 * kill as often; {@code -Dkill.seed} repeats its moments, and is printed.
 */
class TrainingProcessTest {
  private static final int KILLS = Integer.getInteger("kill.count", 3);
  private static final long SEED = Long.getLong("kill.seed", System.nanoTime());

  @TempDir private Path temporary;
  private Path pictures;

  @BeforeEach
  void pictures() {
    pictures = ColouredFolders.write(temporary.resolve("pictures"), 12);
  }

  private List<String> train(Path output, int epochs, int threads, String... more) {
    List<String> command =
        Run.process(
            "train",
            pictures.toString(),
            "--output=" + output,
            "--width=0.25",
            "--resolution=32",
            "--batch=6",
            "--ema=0.9",
            "--augment=strong",
            "--checkpoint=0.02",
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

  /** SIGKILL at random moments, another number of threads each time: the same files in the end. */
  @Test
  void killedAndResumed() throws IOException, InterruptedException {
    System.out.println("kill.seed " + SEED);
    Random random = new Random(SEED);
    int epochs = 15 + 15 * KILLS;
    Path untouched = temporary.resolve("untouched");
    finish(train(untouched, epochs, 1));

    Path killed = temporary.resolve("killed");
    long before = 0;
    int kills = 0;
    while (kills < KILLS) {
      Process process = start(train(killed, epochs, 1 << kills % 3, "--resume"));
      // One in four is killed while it starts, the others when they are on their way.
      boolean underWay = random.nextInt(4) > 0;
      while (underWay && step(killed) <= before && process.isAlive()) {
        Thread.sleep(50);
      }
      if (process.waitFor(random.nextInt(500), TimeUnit.MILLISECONDS)) {
        break;
      }
      process.destroyForcibly().waitFor();
      kills++;
      long step = step(killed);
      assertThat(step).as("no finished checkpoint is lost").isGreaterThanOrEqualTo(before);
      before = step;
    }
    finish(train(killed, epochs, 2, "--resume"));

    assertThat(kills).as("kill.seed %d", SEED).isGreaterThan(KILLS / 2);
    for (String file : List.of("model.safetensors", "last.safetensors")) {
      assertThat(killed.resolve(file)).hasSameBinaryContentAs(untouched.resolve(file));
    }
    assertThat(withoutTimes(killed.resolve("metrics.csv")))
        .containsExactlyElementsOf(withoutTimes(untouched.resolve("metrics.csv")));
  }

  /** As Ctrl-C does. */
  @Test
  void interrupted() throws IOException, InterruptedException {
    Path folder = temporary.resolve("run");
    Process process = start(train(folder, 10_000, 1));
    while (step(folder) < 3 && process.isAlive()) {
      Thread.sleep(20);
    }
    process.destroy();
    assertThat(process.waitFor()).as(output()).isEqualTo(128 + 15);
    assertThat(output()).contains("stopped; go on: mobilenet4j train --resume --output " + folder);
    assertThat(ModelFile.read(folder.resolve("model.safetensors")).labels().names())
        .containsExactly("blue", "green", "red");
    assertThat(Files.list(folder)).noneMatch(file -> file.toString().endsWith(".part"));
  }

  /** A validation of minutes, for which SIGTERM does not wait. */
  @Test
  void interruptedInValidation() throws IOException, InterruptedException {
    // The same few images, many times: 24,000 of them at α 1 take minutes.
    Path table = temporary.resolve("table.csv");
    StringBuilder rows = new StringBuilder("path,label,split\n");
    for (int i = 0; i < 6000; i++) {
      for (String colour : List.of("blue", "green", "red")) {
        for (String split : i < 4 ? List.of("train", "validation") : List.of("validation")) {
          rows.append("pictures/%1$s/%2$d.png,%1$s,%3$s%n".formatted(colour, i % 12, split));
        }
      }
    }
    Files.writeString(table, rows);
    Path folder = temporary.resolve("run");
    List<String> command =
        Run.process(
            "train",
            table.toString(),
            "--output=" + folder,
            "--width=1",
            "--resolution=128",
            "--batch=6",
            "--checkpoint=0",
            "--epochs=2");
    Process process = start(command);
    while (step(folder) < 1 && process.isAlive()) {
      Thread.sleep(20);
    }
    // The second step, and whatever of the validation.
    Thread.sleep(5000);
    assertThat(process.isAlive()).as(output()).isTrue();
    assertThat(step(folder)).as(output()).isBetween(1L, 2L);
    process.destroy();
    // Two seconds on an idle machine; the validation would be minutes on any.
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).as("ended by SIGTERM").isTrue();
    assertThat(output()).contains("stopped; go on: mobilenet4j train --resume --output " + folder);
    assertThat(step(folder)).isEqualTo(2);
    Process resumed = start(Stream.concat(command.stream(), Stream.of("--resume")).toList());
    while (!output().contains("at its validation") && resumed.isAlive()) {
      Thread.sleep(20);
    }
    resumed.destroyForcibly().waitFor();
    assertThat(output()).contains("resumes " + folder + " in epoch 1 of 2, at its validation");
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
