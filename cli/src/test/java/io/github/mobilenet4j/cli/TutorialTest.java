package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.mobilenet4j.weights.Npy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/from-the-tutorial.md is true: PyTorch runs the tutorial's class on what goes both ways. */
class TutorialTest {
  private static final Path ROOT = Path.of(System.getProperty("mobilenet4j.root"));
  private static final double ROUNDING = 1e-5;

  @TempDir private Path folder;

  @Test
  void thePageShowsTheClassThatIsTested() throws IOException {
    String script = Files.readString(ROOT.resolve("cli/src/test/python/tutorial.py"));
    String code =
        script.substring(script.indexOf("class MobileNet"), script.indexOf("def save")).strip();
    for (String page : List.of("from-the-tutorial.md", "from-the-tutorial.zh-CN.md")) {
      assertThat(Files.readString(ROOT.resolve("docs").resolve(page))).contains(code);
    }
  }

  /** What the class has saved is read, and computes the same. */
  @Test
  void theClassesWeightsAreRead() throws IOException, InterruptedException {
    python("save", file("net.pth"), file("x.npy"), file("expected.npy"));
    logits("net.pth");
    float[] expected = Npy.read(Path.of(file("expected.npy"))).floats();
    float[] found = Npy.read(Path.of(file("logits.npy"))).floats();
    assertThat(found).hasSize(10);
    double most = 0;
    double largest = 0;
    for (int i = 0; i < found.length; i++) {
      most = Math.max(most, Math.abs(found[i] - expected[i]));
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    assertThat(most).isLessThan(ROUNDING * largest);
  }

  /** What is trained like the tutorial's is loaded by its class, and computes the same. */
  @Test
  void theClassLoadsWhatIsTrained() throws IOException, InterruptedException {
    python("save", file("net.pth"), file("x.npy"), file("expected.npy"));
    String images = ColouredFolders.write(folder.resolve("images"), 4).toString();
    String run = folder.resolve("run").toString();
    Run train =
        Run.of(
            "train",
            images,
            "--like=tutorial",
            "--width=1",
            "--resolution=224",
            "--epochs=1",
            "--batch=3",
            "--output=" + run);
    assertThat(train.err()).isEmpty();
    String model = run + "/model.safetensors";
    String[] export = {"export", "--dialect=tutorial", model, file("trained.pth")};
    assertThat(Run.of(export).exitCode()).isZero();
    logits("run/model.safetensors");
    String printed = python("compare", file("trained.pth"), file("x.npy"), file("logits.npy"));
    assertThat(Double.parseDouble(printed.strip())).isLessThan(ROUNDING);
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private void logits(String model) {
    Run run =
        Run.of(
            "logits",
            "--model=" + file(model),
            "--input=" + file("x.npy"),
            "--output=" + file("logits.npy"));
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  /** Returns what the script prints, or skips the test where PyTorch is not there. */
  private static String python(String... arguments) throws IOException, InterruptedException {
    String python = System.getProperty("judge.python", "/usr/bin/python3");
    List<String> command =
        new ArrayList<>(
            List.of(python, ROOT.resolve("cli/src/test/python/tutorial.py").toString()));
    Stream.of(arguments).forEach(command::add);
    assumeTrue(Files.isExecutable(Path.of(python)), "skipped: " + python + " is not there");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    Matcher missing = Pattern.compile("No module named '(torch|numpy)'").matcher(printed);
    assumeTrue(!missing.find(), () -> "skipped: " + python + " has no " + missing.group(1));
    assertThat(code).as(printed).isZero();
    return printed;
  }
}
