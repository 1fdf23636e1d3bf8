package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.training.run.TrainingOption;
import io.github.mobilenet4j.training.run.TrainingOptions;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The flags of the {@link TrainingOption}s, and what the command line says by them. They are made
 * only for who asks for them: the options and their defaults take longer to load than many a
 * command takes.
 */
final class TrainingFlags {
  /** For a time budget alone. */
  private static final int MANY_EPOCHS = 1000;

  /** What the command line says, by flag. */
  private final Map<String, Object> values = new HashMap<>();

  private boolean added;

  /** Adds the flags to a command, once. */
  void addTo(CommandSpec command) {
    if (added) {
      return;
    }
    added = true;
    for (TrainingOption.Group group : TrainingOption.Group.values()) {
      ArgGroupSpec.Builder flags =
          ArgGroupSpec.builder()
              .exclusive(false)
              .validate(false)
              .heading("%n" + group.heading() + ":%n");
      for (TrainingOption<?> option : TrainingOption.all()) {
        option
            .flag()
            .filter(flag -> flag.group() == group)
            .ifPresent(flag -> flags.addArg(spec(flag, option.defaultText())));
      }
      command.addArgGroup(flags.build());
    }
  }

  private <F> OptionSpec spec(TrainingOption.Flag<F> flag, String defaultText) {
    OptionSpec.Builder spec =
        OptionSpec.builder(flag.name())
            .type(flag.type())
            .paramLabel(flag.syntax().substring(flag.syntax().indexOf('=') + 1))
            .description(flag.help() + described(defaultText))
            .setter(
                new ISetter() {
                  @Override
                  public <T> T set(T value) {
                    values.put(flag.name(), value);
                    return null;
                  }
                });
    if (flag.type() == Boolean.class) {
      spec.arity("0");
    }
    flag.parser().ifPresent(parser -> spec.converters(new Checked<>(parser)));
    return spec.build();
  }

  private static String described(String defaultText) {
    return defaultText.isEmpty()
        ? ""
        : (defaultText.startsWith("for ") ? " Default, " : " Default: ") + defaultText + ".";
  }

  /** Returns whether the command line has one of some flags. */
  boolean has(Collection<String> names) {
    return names.stream().anyMatch(values::containsKey);
  }

  /**
   * Returns options with these changes.
   *
   * @throws MobileNetException if a value is out of its range
   */
  TrainingOptions applyTo(TrainingOptions.Builder options) {
    if (values.get("--minutes") != null && values.get("--epochs") == null) {
      options.epochs(MANY_EPOCHS);
    }
    for (TrainingOption<?> option : TrainingOption.all()) {
      option.flag().ifPresent(flag -> apply(flag, options));
    }
    return options.build();
  }

  private <F> void apply(TrainingOption.Flag<F> flag, TrainingOptions.Builder options) {
    Object value = values.get(flag.name());
    if (value != null) {
      flag.setter().accept(options, flag.type().cast(value));
    }
  }
}
