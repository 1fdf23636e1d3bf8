package io.github.mobilenet4j.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A command on a terminal of its own, which util-linux' {@code script} makes. */
final class PseudoTerminal implements AutoCloseable {
  private static final char CTRL_C = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Process script;
  private final OutputStream keyboard;
  private final Path screen;
  private final Path pid;

  private PseudoTerminal(Process script, Path screen, Path pid) {
    this.script = script;
    this.keyboard = script.getOutputStream();
    this.screen = screen;
    this.pid = pid;
  }

  /** Skips the test where there is no such program. */
  static void assumeThere() throws InterruptedException {
    try {
      Process version = new ProcessBuilder("script", "--version").redirectErrorStream(true).start();
      String said = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assumeTrue(
          version.waitFor() == 0 && said.contains("util-linux"),
          "no pseudo-terminal: script is not util-linux'");
      Process env = new ProcessBuilder("env", "--default-signal=INT", "true").start();
      assumeTrue(env.waitFor() == 0, "no pseudo-terminal: env cannot set signals");
    } catch (IOException e) {
      assumeTrue(false, "no pseudo-terminal: " + e.getMessage());
    }
  }

  /**
   * @param folder for its files
   */
  static PseudoTerminal start(Path folder, List<String> command) throws IOException {
    Path screen = Files.createTempFile(folder, "screen", ".txt");
    Path pid = Files.createTempFile(folder, "pid", ".txt");
    String line =
        command.stream()
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    ProcessBuilder script =
        new ProcessBuilder(
                "script",
                "--quiet",
                "--flush",
                "--return",
                "--command",
                // A build in the background ignores Ctrl-C, and so would all that it starts.
                "stty cols 120; echo $$ >'%s'; exec env --default-signal=INT %s"
                    .formatted(pid, line),
                "/dev/null")
            .redirectErrorStream(true)
            .redirectOutput(screen.toFile());
    script.environment().put("SHELL", "/bin/sh");
    return new PseudoTerminal(script.start(), screen, pid);
  }

  void pressCtrlC() throws IOException {
    keyboard.write(CTRL_C);
    keyboard.flush();
  }

  /** Returns the command's process, if it began and has not ended. */
  Optional<ProcessHandle> process() throws IOException {
    String number = Files.readString(pid).strip();
    return number.isEmpty() ? Optional.empty() : ProcessHandle.of(Long.parseLong(number));
  }

  /** Returns all that was ever shown. */
  String screen() throws IOException {
    return Files.readString(screen, StandardCharsets.UTF_8);
  }

  /** What is waited for. */
  interface Condition {
    boolean holds() throws IOException;
  }

  /** Waits until something is shown, or the command ends. */
  void waitFor(String text) throws IOException, InterruptedException {
    waitUntil(() -> screen().contains(text));
  }

  /** Waits until something is so, or the command ends; not for ever. */
  void waitUntil(Condition condition) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    while (isAlive() && !condition.holds()) {
      if (System.nanoTime() - begin > PATIENCE.toNanos()) {
        throw new AssertionError("nothing happens: " + screen());
      }
      Thread.sleep(20);
    }
  }

  /** Returns whether the command ends; not for ever. */
  boolean ends() throws InterruptedException {
    return ends(PATIENCE.toMillis());
  }

  /** Returns whether the command ends in this time. */
  boolean ends(long milliseconds) throws InterruptedException {
    return script.waitFor(milliseconds, TimeUnit.MILLISECONDS);
  }

  /** Returns the exit code, as a shell has it. */
  int exitCode() {
    return script.exitValue();
  }

  boolean isAlive() {
    return script.isAlive();
  }

  /** Ends what is still there. */
  @Override
  public void close() throws IOException {
    process().ifPresent(ProcessHandle::destroyForcibly);
    script.destroyForcibly().onExit().join();
  }
}
