package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.OneBlock.BatchNorm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The lesson docs/one-block.md is true, in Chinese too: its code is {@link OneBlock}, which equals
 * PyTorch.
 */
class OneBlockTest {
  private static final Path ROOT = Path.of(System.getProperty("mobilenet4j.root"));
  private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @ParameterizedTest
  @CsvSource({"1, 5", "2, 7"})
  void equalsPyTorch(int stride, int side) throws IOException {
    Map<String, float[]> golden = golden(stride);
    float[] x = golden.get("x");
    BatchNorm first = batchNorm(golden, 1);
    BatchNorm second = batchNorm(golden, 2);
    float[] depthwise = golden.get("depthwise");
    float[] pointwise = golden.get("pointwise");
    assertThat(OneBlock.asDrawn(x, side, side, 3, stride, 16, depthwise, first, pointwise, second))
        .containsExactly(golden.get("y"), within(1e-5f));
    assertThat(OneBlock.asRun(x, side, side, 3, stride, 16, depthwise, first, pointwise, second))
        .containsExactly(golden.get("y"), within(1e-5f));
  }

  @ParameterizedTest
  @ValueSource(strings = {"one-block.md", "one-block.zh-CN.md"})
  void theLessonShowsThisCode(String page) throws IOException {
    String lesson = Files.readString(ROOT.resolve("docs").resolve(page));
    String code =
        unindented(
            Files.readString(
                ROOT.resolve("mobilenet/src/test/java/io/github/mobilenet4j/OneBlock.java")));
    assertThat(CODE.matcher(lesson).results().toList())
        .isNotEmpty()
        .allSatisfy(block -> assertThat(code).contains(unindented(block.group(1))));
  }

  private static String unindented(String code) {
    return code.lines().map(String::strip).collect(Collectors.joining("\n"));
  }

  private static BatchNorm batchNorm(Map<String, float[]> golden, int i) {
    return new BatchNorm(
        golden.get("gamma" + i),
        golden.get("beta" + i),
        golden.get("mean" + i),
        golden.get("variance" + i),
        1e-5);
  }

  /** Returns the arrays of the case with this stride, by name. */
  private static Map<String, float[]> golden(int stride) throws IOException {
    try (InputStream in = OneBlockTest.class.getResourceAsStream("/golden/one-block.csv")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split(","))
          .filter(fields -> fields[0].equals("" + stride))
          .collect(Collectors.toMap(fields -> fields[2], fields -> floats(fields[3])));
    }
  }

  private static float[] floats(String values) {
    double[] parsed = Stream.of(values.split(" ")).mapToDouble(Double::parseDouble).toArray();
    float[] floats = new float[parsed.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) parsed[i];
    }
    return floats;
  }
}
