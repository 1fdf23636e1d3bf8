package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * A training engine in a process of its own, whose memory and environment are then its own; both
 * ends of the pipe. The child writes the losses of its first steps as one line. Then it reads lines
 * with the milliseconds of a turn and answers each with the nanoseconds of its steps.
 */
final class TrainingProcess implements AutoCloseable {
  /** Steps that are compared before anything is timed: momentum counts from the second one on. */
  static final int FIRST_STEPS = 3;

  private final TrainingContender contender;
  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader predictions;

  /** Starts the process. */
  TrainingProcess(TrainingContender contender, Setting setting) {
    this.contender = contender;
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            TrainingProcess.class.getName(),
            contender.name(),
            Double.toString(setting.alpha()),
            Integer.toString(setting.resolution()),
            Integer.toString(setting.batch()),
            Integer.toString(setting.threads())));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(contender.environment());
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new MobileNetException(contender + ": no process: " + e.getMessage(), e);
    }
    requests = process.outputWriter(StandardCharsets.US_ASCII);
    predictions = process.inputReader(StandardCharsets.US_ASCII);
  }

  /** Waits for the engine and returns the losses of its first steps. */
  double[] losses() {
    return Arrays.stream(prediction().split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  /** Lets the engine have its turn; returns the nanoseconds of the steps that count. */
  List<Long> turn(int millis) {
    try {
      requests.write(millis + "\n");
      requests.flush();
    } catch (IOException e) {
      throw ended(e);
    }
    return Arrays.stream(prediction().split(" ")).map(Long::valueOf).toList();
  }

  private String prediction() {
    try {
      String line = predictions.readLine();
      if (line == null) {
        throw ended(null);
      }
      return line;
    } catch (IOException e) {
      throw ended(e);
    }
  }

  private MobileNetException ended(IOException cause) {
    return new MobileNetException(contender + ": its process ended too early", cause);
  }

  /** Returns the most memory that was resident at a time, in MiB, as Linux has counted it. */
  long peakMebibytes() {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    try {
      return Files.readAllLines(status).stream()
              .filter(line -> line.startsWith("VmHWM:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .findFirst()
              .orElseThrow(() -> new MobileNetException(status + ": has no VmHWM"))
          / 1024;
    } catch (IOException e) {
      throw new MobileNetException(status + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Ends the process. */
  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }

  /** The child's end: contender, α, resolution, batch, threads. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Setting setting =
        new Setting(
            Double.parseDouble(args[1]),
            Integer.parseInt(args[2]),
            Integer.parseInt(args[3]),
            Integer.parseInt(args[4]));
    PrintStream predictions = System.out;
    System.setOut(System.err); // What an engine might say is no answer.
    try (TrainingEngine engine =
            TrainingContender.valueOf(args[0]).prepare(TrainingEngine.Job.random(setting));
        BufferedReader requests =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
      predictions.println(
          DoubleStream.generate(engine::step)
              .limit(FIRST_STEPS)
              .mapToObj(Double::toString)
              .collect(Collectors.joining(" ")));
      for (String line = requests.readLine(); line != null; line = requests.readLine()) {
        predictions.println(
            Race.turn(engine::step, Integer.parseInt(line)).stream()
                .map(String::valueOf)
                .collect(Collectors.joining(" ")));
      }
    }
  }
}
