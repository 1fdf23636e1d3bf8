package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.model.PhotographModel;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application of modules, compiled and run as its author would, without any library of ours. */
class ModulePathTest {
  private static final Path JDK = Path.of(System.getProperty("java.home"), "bin");

  @TempDir Path folder;

  @BeforeEach
  void compile() throws IOException, InterruptedException {
    Path module =
        Files.writeString(
            folder.resolve("module-info.java"), "module app { requires io.github.mobilenet4j; }");
    Path main =
        Files.writeString(
            Files.createDirectory(folder.resolve("app")).resolve("Main.java"),
            """
            package app;

            import io.github.mobilenet4j.image.RgbImage;
            import io.github.mobilenet4j.inference.Classifier;
            import io.github.mobilenet4j.kernels.KernelChoice;
            import io.github.mobilenet4j.weights.ModelFile;

            class Main {
              public static void main(String[] args) {
                try (Classifier classifier = Classifier.of(ModelFile.bundled())) {
                  RgbImage black = new RgbImage(8, 8, new byte[8 * 8 * 3]);
                  System.out.println(
                      KernelChoice.current().kernels().getClass().getSimpleName()
                          + " " + classifier.classify(black, 1).size());
                }
              }
            }
            """);
    assertThat(
            output(
                "javac",
                "-Xlint:all,-incubating", // said even of what kernels only may use
                "-Werror",
                "-p",
                modules(),
                "-d",
                folder.resolve("out").toString(),
                module.toString(),
                main.toString()))
        .isEmpty();
  }

  /** Neither a warning of incubator modules nor one of native access. */
  @Test
  void startsWithoutAWord() throws IOException, InterruptedException {
    assertThat(run("-Dmobilenet4j.kernels=machine-code,plain"))
        .matches("(MachineCode|Plain)Kernels 1\\R");
  }

  @Test
  void theVectorApiIsUsedWhereItIsThere() throws IOException, InterruptedException {
    assertThat(run("-Dmobilenet4j.kernels=vector", "--add-modules=jdk.incubator.vector"))
        .isEqualToIgnoringNewLines(
            "WARNING: Using incubator modules: jdk.incubator.vector" + "VectorKernels 1");
  }

  private String run(String... flags) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of(flags));
    words.addAll(
        List.of(
            "--enable-native-access=io.github.mobilenet4j.kernels",
            "-p",
            modules() + File.pathSeparator + folder.resolve("out"),
            "-m",
            "app/app.Main"));
    return output("java", words.toArray(String[]::new));
  }

  private static String modules() {
    return Stream.of(Classifier.class, Kernels.class, PhotographModel.class)
        .map(ModulePathTest::place)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String place(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static String output(String tool, String... words)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(JDK.resolve(tool).toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.endsWith("_OPTIONS"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
