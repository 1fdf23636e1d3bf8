package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.fuzz.Outcome;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What a reader may take for a file of up to 5 MB, whatever is in it. */
public final class Cost {
  private Cost() {}

  /**
   * Reads a hostile file.
   *
   * @return the message of the {@link MobileNetException} that it ends in
   */
  public static String ofRefusing(ThrowingCallable reader) {
    Outcome outcome = Outcome.of(reader::call);
    assertThat(outcome.fault(1)).as("%s", outcome).isEmpty();
    assertThat(outcome.thrown()).isInstanceOf(MobileNetException.class);
    return outcome.thrown().getMessage();
  }
}
