package io.github.mobilenet4j.server.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final long SECOND = 1_000_000_000;

  private final long[] now = new long[1];
  private final Admission admission =
      new Admission(new Admission.Limits(10, 1000, 6), () -> now[0]);

  private Admission.Permit admit(int images, long pixels, String client) {
    return admission.admit(images, pixels, client, now[0] + SECOND);
  }

  private static void assertRefused(ThrowingCallable call, Reason reason) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason));
  }

  @Test
  void countsImagesAndPixelsOfAllAndImagesOfEach() {
    Admission.Permit first = admit(6, 600, "a");
    assertRefused(() -> admit(1, 0, "a"), Reason.CLIENT);
    assertRefused(() -> admit(1, 401, "b"), Reason.OVERLOAD);
    assertRefused(() -> admit(5, 0, "b"), Reason.OVERLOAD);
    assertRefused(() -> admit(11, 0, "b"), Reason.BAD_REQUEST);
    assertRefused(() -> admit(1, 1001, "b"), Reason.PIXELS);
    first.decoded();
    assertThat(admission.pixels()).isZero();
    try (Admission.Permit second = admit(4, 1000, "b")) {
      assertThat(admission.images()).isEqualTo(10);
      assertRefused(() -> admission.check(now[0] + SECOND), Reason.OVERLOAD);
      second.decoded();
    }
    first.close();
    first.close();
    assertThat(admission.images()).isZero();
    assertThat(admission.pixels()).isZero();
    admit(6, 0, "a").close();
  }

  @Test
  void refusesWhoCouldNotBeAnsweredInTime() {
    admission.expect(Duration.ofMillis(200));
    Admission.Permit first = admit(3, 0, "a");
    Admission.Permit second = admit(1, 0, "b");
    assertRefused(() -> admit(1, 0, "c"), Reason.OVERLOAD);
    second.close();
    first.close();
    // Alone it is tried, however long it takes.
    admission.admit(1, 0, "c", now[0] + 1).close();
  }

  @Test
  void learnsHowLongAnImageTakes() {
    admission.expect(Duration.ofSeconds(10));
    for (int i = 0; i < 200; i++) {
      try (Admission.Permit permit = admit(2, 0, "a")) {
        now[0] += SECOND / 50;
        permit.answered();
      }
    }
    // 10 ms each: there is time for six, and for no client of six more.
    Admission.Permit all = admission.admit(6, 0, "a", now[0] + SECOND);
    admission.admit(1, 0, "b", now[0] + SECOND / 10).close();
    assertRefused(() -> admission.admit(1, 0, "b", now[0] + SECOND / 20), Reason.OVERLOAD);
    all.close();
  }
}
