package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.training.run.TrainingOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of all options in docs/training.md is made of their definition. */
class TrainingOptionsDocTest {
  private static final String BEGIN = "<!-- options -->\n";
  private static final String END = "<!-- end of options -->";

  @Test
  void theTableIsTheDefinition() throws IOException {
    Path file = SourceFiles.ROOT.resolve("docs/training.md");
    String text = Files.readString(file);
    int begin = text.indexOf(BEGIN) + BEGIN.length();
    String expected = text.substring(0, begin) + table() + text.substring(text.indexOf(END));
    if (Boolean.getBoolean("format.write")) {
      Files.writeString(file, expected);
    } else {
      assertThat(text).as("to write it: -Dformat.write=true").isEqualTo(expected);
    }
  }

  private static String table() {
    return "| option | in `config.json` | default | range | |\n|---|---|---|---|---|\n"
        + TrainingOption.all().stream()
            .flatMap(option -> option.flag().map(flag -> row(option, flag)).stream())
            .collect(Collectors.joining());
  }

  private static String row(TrainingOption<?> option, TrainingOption.Flag<?> flag) {
    String constants =
        flag.type().isEnum()
            ? Stream.of(flag.type().getEnumConstants())
                .map(Object::toString)
                .collect(Collectors.joining(", "))
            : "";
    return "| `%s` | `%s` | %s | %s | %s |\n"
        .formatted(
            flag.syntax(),
            option.name(),
            option.defaultText(),
            option.expected(),
            flag.help().replace("${COMPLETION-CANDIDATES}", constants));
  }
}
