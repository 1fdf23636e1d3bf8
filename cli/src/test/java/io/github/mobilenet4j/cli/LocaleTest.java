package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.Locales;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is printed and what is written are the same in every locale, but for speeds and times. */
class LocaleTest {
  @TempDir Path folder;
  private Path data;
  private Path model;

  @BeforeEach
  void files() {
    data = ColouredFolders.write(folder.resolve("pictures"), 4);
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(3).build();
    model = folder.resolve("model.safetensors");
    ModelFile.write(model, Untrained.model(network, List.of("blue", "green", "red")));
  }

  private List<List<String>> commands() {
    String file = model.toString();
    String images = data.toString();
    return List.of(
        List.of("info", "--compare"),
        List.of("info", "--json", "--model", file),
        List.of("info", "--width=0.33", "--resolution=1000000"),
        List.of("classify", "--model", file, images),
        List.of("classify", "--model", file, "--json", images),
        List.of("classify", "--model", file, "--top=0", images),
        List.of("evaluate", "--model", file, "--batch=5", images),
        List.of("export", file, "OUT/model.onnx"),
        List.of("verify", file, "--against", "OUT/model.onnx", "--images", images),
        List.of(
            "train",
            images,
            "--output=OUT/run",
            "--width=0.25",
            "--resolution=32",
            "--batch=5",
            "--threads=1",
            "--epochs=2",
            "--optimizer=sgd,momentum=0.5"));
  }

  @Test
  void isTheSameInEveryLocale() throws Exception {
    List<String> said = said(Locale.ROOT);
    TreeMap<String, String> written = written(Locale.ROOT);
    assertThat(written).containsKeys("model.onnx", "run/metrics.csv", "run/report.html");
    for (Locale locale : Locales.odd()) {
      assertThat(said(locale)).as("%s", locale).isEqualTo(said);
      assertThat(written(locale)).as("%s", locale).isEqualTo(written);
    }
  }

  /** What picocli prints too: it sorts options by their letters in the locale. */
  @Test
  void helpIsTheSameInTurkish() throws Exception {
    List<String> command = Run.process("help", "train");
    command.addAll(1, List.of("-Duser.language=tr", "-Duser.country=TR"));
    Process process = new ProcessBuilder(command).start();
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo(Locales.in(Locale.ROOT, () -> Run.of("help", "train")).out());
  }

  private Path output(Locale locale) {
    return folder.resolve("out" + locale.toLanguageTag());
  }

  private List<String> said(Locale locale) throws Exception {
    Path output = Files.createDirectories(output(locale));
    List<String> said = new ArrayList<>();
    for (List<String> command : commands()) {
      String[] arguments =
          command.stream().map(a -> a.replace("OUT", output.toString())).toArray(String[]::new);
      Run run = Locales.in(locale, () -> Run.of(arguments));
      said.add(withoutTimes(run.toString().replace(output.toString(), "OUT")));
    }
    return said;
  }

  /** Returns the names and contents of all files. */
  private TreeMap<String, String> written(Locale locale) throws Exception {
    TreeMap<String, String> files = new TreeMap<>();
    Path output = output(locale);
    try (Stream<Path> all = Files.walk(output)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = withoutTimes(output.relativize(file).toString());
        byte[] bytes = Files.readAllBytes(file);
        // These hold times, and their checksums.
        String content =
            name.matches(".*tfevents.*|.*/checkpoint.safetensors")
                ? ""
                : name.matches(".*\\.(csv|html|json)")
                    ? withoutTimes(new String(bytes, StandardCharsets.UTF_8))
                        .replace(output.toString(), "OUT")
                    : HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        files.put(name, content);
      }
    }
    return files;
  }

  private static String withoutTimes(String text) {
    return text.replaceAll("\"(decodeM|networkM|m)illiseconds\":[0-9.]+|a second +[0-9,.]+", "TIME")
        .replaceAll("[0-9][0-9,.]* (ms|images/s|images a second|a second)", "SPEED")
        .replaceAll("trained in [0-9:]+", "TIME")
        .replaceAll("tfevents\\.[0-9]{10}\\.", "tfevents.TIME.")
        .replaceAll("(?m)^([0-9]+(?:,[-0-9.e+]+){7},[a-z0-9]+),[0-9.]+,[0-9.]+$", "$1,TIME,SPEED");
  }
}
