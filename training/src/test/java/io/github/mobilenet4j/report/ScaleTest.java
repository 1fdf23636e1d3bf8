package io.github.mobilenet4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaleTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0     | 1      | 0.0 0.2 0.4 0.6 0.8 1.0",
        "41.9  | 93.2   | 40 60 80 100",
        "0.31  | 2.2    | 0.0 0.5 1.0 1.5 2.0 2.5",
        "3     | 3      | 3 4",
        "0     | 0      | 0 2e-07",
        "-0.5  | 0.5    | -0.6 -0.4 -0.2 0.0 0.2 0.4 0.6",
        "1e-6  | 5e-6   | 1e-06 2e-06 3e-06 4e-06 5e-06",
        "1000  | 5,000  | 1,000 2,000 3,000 4,000 5,000",
      })
  void marksAreRoundAndHoldAllValues(String least, String most, String marks) {
    double low = Double.parseDouble(least);
    double high = Double.parseDouble(most.replace(",", ""));
    Scale scale = Scale.around(low, high, 0, 100);
    assertThat(labels(scale)).isEqualTo(marks);
    assertThat(scale.at(low)).isBetween(-1e-9, 100 + 1e-9);
    assertThat(scale.at(high)).isBetween(-1e-9, 100 + 1e-9);
  }

  @ParameterizedTest
  @CsvSource({"1,4,1 2 3 4", "1,60,20 40 60", "7,8,7 8"})
  void epochsHaveWholeMarks(int first, int last, String marks) {
    assertThat(labels(Scale.whole(first, last, 0, 1))).isEqualTo(marks);
  }

  private static String labels(Scale scale) {
    return Arrays.stream(scale.marks()).mapToObj(scale::label).collect(Collectors.joining(" "));
  }
}
