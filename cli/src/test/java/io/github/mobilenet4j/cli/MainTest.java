package io.github.mobilenet4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

class MainTest {
  static List<String> commands() {
    return Main.commandLine().getSubcommands().entrySet().stream()
        .filter(command -> !command.getValue().getCommandSpec().usageMessage().hidden())
        .map(Map.Entry::getKey)
        .toList();
  }

  @Test
  void theCommandsAreThose() {
    assertThat(commands())
        .contains(
            "classify",
            "train",
            "evaluate",
            "info",
            "export",
            "convert",
            "verify",
            "fetch",
            "logits",
            "benchmark");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpListsEachCommandAndEachHasItsOwn(String command) {
    assertThat(Run.of("--help").out()).contains("\n  " + command + " ");
    assertThat(Run.of("help", command))
        .satisfies(run -> {
          assertThat(run.exitCode()).isZero();
          assertThat(run.out()).contains("Usage: mobilenet4j " + command);
          assertThat(run.err()).isEmpty();
        });
  }

  @Test
  void withoutACommandThereIsHelp() {
    Run run = Run.of();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEqualTo(Run.of("--help").out());
  }

  @Test
  void versionNamesTheProgramAndTheJvm() {
    Run run = Run.of("--version");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("mobilenet4j ").contains(System.getProperty("java.version"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "nfo                       | did you mean info?",
        "info --wdith=1            | Unknown option: '--wdith=1'",
        "info --resolution 1x      | '1x' is not a resolution, expected",
        "info --resolution 31      | input height is 31, expected >= 32",
        "info --width -1           | width multiplier is -1.0, expected > 0",
        "info --classes 0          | '0' is not a whole number >= 1",
        "info --model m --width 1  | mutually exclusive",
        "info --dialect timm       | Missing required argument(s): --model=FILE",
        "info --model https://a/b  | 'https://a/b' is an address, expected a file or a name",
        "info --model hf:timm      | 'hf:timm' names no model, expected hf:OWNER/NAME",
        "export keras:1_224 a.onnx | 'keras:1_224' names no model, expected keras:WIDTH_RESOLUTION",
        "fetch model.safetensors   | 'model.safetensors' names no model, expected hf:OWNER/NAME",
        "classify                  | Missing required parameter: 'PATH'",
        "classify file:a%          | 'file:a%' names no file: ",
        "benchmark --threads 40000 | 40000 threads are more than any machine has use for",
        "classify --top none a.jpg | 'none' is not a whole number >= 1",
        "logits --input a          | Missing required option: '--output=OUT'",
        "benchmark --seconds 0     | --seconds is 0.0, expected > 0",
      })
  void badUseIsOneLineAndExitCode2(String args, String message) {
    Run run = Run.of(args.isEmpty() ? new String[0] : args.split(" "));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("mobilenet4j: ").contains(message).hasLineCount(1);
  }

  @Test
  void failureIsOneLineAndExitCode1() {
    Run run = Run.of("info", "--model", "missing.safetensors");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("mobilenet4j: ")
        .contains("missing.safetensors")
        .hasLineCount(1);
  }

  @Test
  void debugAddsTheStackTrace() {
    Run run = Run.of("info", "--debug", "--model", "missing.safetensors");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("MobileNetException").contains("\tat ");
  }

  @Test
  void completionKnowsTheOptions() {
    assertThat(Run.of("generate-completion").out())
        .contains("'--resolution'", "'--labels'", "\"hugging_face\"")
        .doesNotContain("\"canonical\"");
  }

  /** Asks bash, as its Tab key does. */
  @ParameterizedTest
  @CsvSource({
    "classify --model, pets.pth",
    "train --from, pets.pth",
    "info --model, pets.pth",
    "verify --against, pets.pth",
    "verify, pets.pth",
    "export, pets.pth",
    "classify --precision, int8",
    "verify --dialect, timm"
  })
  void completionKnowsFilesAndNames(String typed, String expected, @TempDir Path folder)
      throws Exception {
    Files.createFile(folder.resolve("pets.pth"));
    Path script = folder.resolve("script");
    Files.writeString(script, Run.of("generate-completion").out());
    List<String> words = new ArrayList<>(List.of(("mobilenet4j " + typed).split(" ")));
    words.add(expected.substring(0, 2));
    String asked =
        "source ./script; COMP_WORDS=(%s); COMP_CWORD=%s; _complete_mobilenet4j; printf '%%s\\n' \"${COMPREPLY[@]}\""
            .formatted(String.join(" ", words), words.size() - 1);
    Process bash =
        new ProcessBuilder("bash", "-c", asked)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    assertThat(new String(bash.getInputStream().readAllBytes(), UTF_8).lines()).contains(expected);
  }

  static List<Arguments> errors() {
    return List.of(
        Arguments.of(new OutOfMemoryError("Java heap space"), "MOBILENET4J_OPTS=-Xmx8g"),
        Arguments.of(new OutOfMemoryError(), "MOBILENET4J_OPTS=-Xmx8g"),
        Arguments.of(
            new OutOfMemoryError("unable to create native thread: possibly out of memory"),
            "fewer --threads"),
        Arguments.of(new StackOverflowError(), "MOBILENET4J_OPTS=-Xss8m"),
        Arguments.of(new IllegalStateException(new OutOfMemoryError("Java heap space")), "-Xmx8g"),
        Arguments.of(new NoClassDefFoundError("a/B"), "unexpected java.lang.NoClassDefFoundError"));
  }

  @ParameterizedTest
  @MethodSource("errors")
  void anErrorIsOneLineToo(Throwable error, String message) {
    CommandLine command = Main.commandLine().addSubcommand("fail", new Fail(error));
    Run run = Run.of(command, "fail");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEqualTo("before\n");
    assertThat(run.err()).startsWith("mobilenet4j: ").contains(message).hasLineCount(1);
  }

  /** A command that fails. */
  @Command(name = "fail")
  private record Fail(Throwable error, CommandSpec[] spec) implements Callable<Integer> {
    Fail(Throwable error) {
      this(error, new CommandSpec[1]);
    }

    @Spec
    void spec(CommandSpec value) {
      spec[0] = value;
    }

    @Override
    public Integer call() throws Exception {
      spec[0].commandLine().getOut().print("before\n");
      if (error instanceof Error e) {
        throw e;
      }
      throw (Exception) error;
    }
  }
}
