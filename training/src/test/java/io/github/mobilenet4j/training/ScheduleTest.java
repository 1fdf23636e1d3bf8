package io.github.mobilenet4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class ScheduleTest {
  /** 20 steps an epoch, 6 epochs; of src/test/python/optimizers.py. */
  @ParameterizedTest
  @CsvFileSource(resources = "/golden/schedules.csv", useHeadersInDisplayName = true)
  void everyStepIsPyTorchs(
      int step,
      double constant,
      double cosine,
      double cosineFloor,
      double cosineWarmUp,
      double stepwise,
      double exponential) {
    assertThat(factor(new Schedule.Constant(), step, 0)).isEqualTo(constant);
    assertThat(factor(Schedule.Cosine.DEFAULT, step, 0)).isCloseTo(cosine, within(1e-9));
    assertThat(factor(new Schedule.Cosine(0.1), step, 0)).isCloseTo(cosineFloor, within(1e-9));
    assertThat(factor(Schedule.Cosine.DEFAULT, step, 2)).isCloseTo(cosineWarmUp, within(1e-9));
    assertThat(factor(new Schedule.Step(0.94, 2.5), step, 0)).isCloseTo(stepwise, within(1e-9));
    assertThat(factor(Schedule.Exponential.DEFAULT, step, 0)).isCloseTo(exponential, within(1e-9));
  }

  private static double factor(Schedule schedule, int step, double warmUp) {
    return schedule.factor(step / 20.0, 6, 1 / 20.0, warmUp);
  }

  @Test
  void aRiseLongerThanTheTrainingOnlyRises() {
    assertThat(Schedule.Cosine.DEFAULT.factor(2.5, 3, 0.5, 6)).isEqualTo(0.5);
  }

  @Test
  void refusesWhatIsOutOfRange() {
    assertThatThrownBy(() -> new Schedule.Step(0, 1))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("factor is 0.0 every 1.0 epochs, expected in (0, 1] every > 0 epochs");
    assertThatThrownBy(() -> new Schedule.Cosine(2)).hasMessage("floor is 2.0, expected in [0, 1]");
  }
}
