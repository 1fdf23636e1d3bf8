package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.weights.Dialect;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Spec;

/** Prints a script by which the shell completes options and files. */
@Command(
    name = CompletionCommand.NAME,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Print a script by which bash and zsh complete options and files.",
    description = {"", "  source <(mobilenet4j generate-completion)", ""})
final class CompletionCommand implements Runnable {
  static final String NAME = "generate-completion";

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    CommandSpec root = spec.root();
    String script = AutoComplete.bash(root.name(), new CommandLine(completed(root)));
    spec.commandLine().getOut().print(script);
  }

  /**
   * Returns what the shell has to know of a command. A model is a file there: picocli completes
   * files only for what has a file's type.
   */
  private static CommandSpec completed(CommandSpec command) {
    CommandSpec known = CommandSpec.create().name(command.name());
    for (OptionSpec option : command.options()) {
      Class<?> type = type(option);
      known.addOption(
          OptionSpec.builder(option.names())
              .type(type)
              .arity(option.arity())
              // Candidates are kept under this: two options of one label would mix them up.
              .paramLabel(option.longestName())
              .completionCandidates(type.isEnum() ? names(type) : option.completionCandidates())
              .build());
    }
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      known.addPositional(
          PositionalParamSpec.builder().type(type(parameter)).arity(parameter.arity()).build());
    }
    command
        .subcommands()
        .forEach((name, sub) -> known.addSubcommand(name, completed(sub.getCommandSpec())));
    return known;
  }

  /** Returns the constants as people type them, and as help names them. */
  private static List<String> names(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant != Dialect.CANONICAL)
        .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
        .toList();
  }

  private static Class<?> type(ArgSpec argument) {
    Class<?> type =
        argument.typeInfo().isMultiValue()
            ? argument.auxiliaryTypes()[0]
            : argument.typeInfo().getType();
    return type == ModelSource.class ? Path.class : type;
  }
}
