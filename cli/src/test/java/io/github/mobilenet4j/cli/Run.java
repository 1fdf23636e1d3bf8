package io.github.mobilenet4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the command printed, and its exit code. */
record Run(int exitCode, String out, String err) {
  static Run of(String... args) {
    return of(Main.commandLine(), args);
  }

  static Run of(CommandLine command, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        command
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
            .execute(args);
    return new Run(exitCode, out.toString(), err.toString());
  }

  /** Returns what starts the command as a process of its own. */
  static List<String> process(String... args) {
    return process(false, args);
  }

  /**
   * @param terminal whether it runs in one
   */
  static List<String> process(boolean terminal, String... args) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=1",
                "-Xlog:disable",
                "--enable-native-access=ALL-UNNAMED",
                "-Dmobilenet4j.terminal=" + terminal,
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(args));
    return command;
  }

  /** Returns each line of the output, which must be JSON. */
  List<JsonNode> json() {
    return out.lines().map(new JsonMapper()::readTree).toList();
  }
}
