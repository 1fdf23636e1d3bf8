package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a JVM of its own chooses, by its flags. */
class KernelChoiceTest {
  private static final String VECTOR_API = "--add-modules=jdk.incubator.vector";
  private static final String NO_MACHINE_CODE = "--illegal-native-access=deny";
  private static final String THROWN = "Exception in thread \"main\" java.lang.";
  private static final String WHAT_TO_ADD = "add the JVM flag --add-modules jdk.incubator.vector";

  /** Runs in the other JVM. Asks twice: the choice is made once. */
  static final class Main {
    public static void main(String[] args) {
      KernelChoice.current();
      KernelChoice choice = KernelChoice.current();
      System.out.println(choice.kernels().getClass().getSimpleName() + ": " + choice.reason());
    }
  }

  /** Returns what the other JVM printed, errors and warnings among it. */
  private static String choice(String... flags) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.add("-cp");
    command.add(
        Stream.of(KernelChoice.class, Main.class)
            .map(c -> c.getProtectionDomain().getCodeSource().getLocation())
            .map(location -> Path.of(location.getPath()).toString())
            .collect(Collectors.joining(File.pathSeparator)));
    command.add(Main.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return printed;
  }

  @Test
  void machineCodeComesFirst() throws Exception {
    assumeTrue(Processor.widestVectorBits() > 0, "skipped: no machine code here");
    assertThat(choice())
        .containsPattern(
            "MachineCodeKernels: machine code, AVX[-0-9]+, the fastest that runs here");
  }

  @Test
  void vectorApiComesSecond() throws Exception {
    assertThat(choice(VECTOR_API, NO_MACHINE_CODE))
        .containsPattern("VectorKernels: .+; Vector API, \\d+ bits, the fastest that runs here")
        .doesNotContain("plain loops");
  }

  @Test
  void plainLoopsComeLastAndOneWarningSaysWhichFlagToAdd() throws Exception {
    assertThat(choice(NO_MACHINE_CODE))
        .containsPattern("PlainKernels: .*" + WHAT_TO_ADD)
        .containsOnlyOnce("WARNING: Slow, in plain loops: ")
        .containsPattern("WARNING: Slow.*" + WHAT_TO_ADD);
  }

  @Test
  void theOrderCanBeSet() throws Exception {
    assertThat(choice("-Dmobilenet4j.kernels=vector,plain"))
        .containsPattern("PlainKernels: .*" + WHAT_TO_ADD + "; plain loops, asked for by")
        .containsOnlyOnce("WARNING: Slow, in plain loops: ");
    assertThat(choice("-Dmobilenet4j.kernels=vector,plain", VECTOR_API))
        .containsPattern("VectorKernels: Vector API, \\d+ bits, asked for by");
  }

  @Test
  void whoAsksForPlainLoopsIsNotWarned() throws Exception {
    assertThat(choice("-Dmobilenet4j.kernels=plain"))
        .contains("PlainKernels: plain loops, asked for by -Dmobilenet4j.kernels")
        .doesNotContain("WARNING");
  }

  @Test
  void whatIsAskedForAndCannotRunIsAnError() throws Exception {
    assertThat(choice("-Dmobilenet4j.kernels=vector"))
        .contains(THROWN + "UnsupportedOperationException: mobilenet4j.kernels is vector: ")
        .contains(WHAT_TO_ADD);
    assertThat(choice("-Dmobilenet4j.kernels=machine-code", NO_MACHINE_CODE))
        .contains(THROWN + "UnsupportedOperationException: mobilenet4j.kernels is machine-code: ");
  }

  @Test
  void whatDoesNotExistIsAnError() throws Exception {
    assertThat(choice("-Dmobilenet4j.kernels=fast"))
        .contains(
            THROWN
                + "IllegalArgumentException: mobilenet4j.kernels names fast, expected machine-code,"
                + " vector or plain");
    for (String kernels : List.of("", "vector", "plain")) {
      assertThat(
              choice(
                  VECTOR_API, "-Dmobilenet4j.vectorBits=100", "-Dmobilenet4j.kernels=" + kernels))
          .contains(
              THROWN
                  + "IllegalArgumentException: mobilenet4j.vectorBits is 100, expected 128, 256 or"
                  + " 512");
    }
  }
}
