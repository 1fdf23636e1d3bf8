package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class BenchmarkCommandTest {
  @Test
  void percentilesAndRatesComeFromTheTimes() {
    long[] nanos = {1_000_000, 2_000_000, 3_000_000, 4_000_000};
    Benchmark benchmark =
        new Benchmark(
            io.github.mobilenet4j.inference.Precision.FLOAT32, nanos, 0, 2, 1_500_000, List.of());
    assertThat(benchmark.milliseconds(0)).isEqualTo(1);
    assertThat(benchmark.milliseconds(0.5)).isEqualTo(3);
    assertThat(benchmark.milliseconds(0.99)).isEqualTo(4);
    assertThat(benchmark.imagesPerSecond()).isEqualTo(2 / 3e-3);
    assertThat(benchmark.gigaflops()).isEqualTo(1);
  }

  @Test
  void jsonHasEachOperator() {
    Run run =
        Run.of(
            ("benchmark --width 0.25 --resolution 32 --classes 2 --threads 1 --seconds 0.01"
                    + " --layers --json")
                .split(" "));
    assertThat(run.err()).isEmpty();
    JsonNode benchmark = run.json().getFirst();
    assertThat(benchmark.get("p50Milliseconds").asDouble()).isPositive();
    double peak = benchmark.get("peakGigaflops").asDouble();
    assertThat(benchmark.get("shareOfPeak").asDouble())
        .isEqualTo(benchmark.get("gigaflops").asDouble() / peak)
        .isBetween(0.0, 1.0);
    assertThat(benchmark.get("operators")).hasSize(15);
    assertThat(benchmark.get("operators").get(13).get("name").asString()).isEqualTo("block13");
  }

  @Test
  void aBatchThatNoArrayHoldsIsOneLine() {
    Run run = Run.of("benchmark", "--batch", "3000000");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).startsWith("mobilenet4j: batch is 3000000, ").hasLineCount(1);
  }
}
