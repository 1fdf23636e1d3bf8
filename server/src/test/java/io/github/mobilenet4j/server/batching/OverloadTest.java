package io.github.mobilenet4j.server.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.server.protocol.Refusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A minute at three times of what can be done, with a clock that is set: requests come by chance,
 * one worker computes a batch in so long, and all is counted.
 */
class OverloadTest {
  private static final long MILLISECOND = 1_000_000;
  private static final long SECOND = 1000 * MILLISECOND;

  private static final class Runner implements BatchRunner {
    @Override
    public int most() {
      return 4;
    }

    @Override
    public void run(List<Slice> slices, boolean alone) {}
  }

  private long now;
  private final Admission admission = new Admission(new Admission.Limits(256, 1, 0), () -> now);
  private final BatchQueue queue = new BatchQueue(1, () -> now);
  private final BatchRunner runner = new Runner();
  private final Map<Job, Admission.Permit> permits = new HashMap<>();
  private final Map<Job, Long> begun = new HashMap<>();
  private final List<Long> latencies = new ArrayList<>();
  private int refused;
  private int late;

  private void arrive(int images, long deadline) {
    try {
      Admission.Permit permit = admission.admit(images, 0, "a", now + deadline);
      Job job = new Job(runner, images, new float[0], new float[0], now + deadline);
      permits.put(job, permit);
      begun.put(job, now);
      queue.add(job);
    } catch (Refusal _) {
      refused++;
    }
  }

  private void answer(Batch batch, long nanos) {
    queue.computed(batch, nanos);
    for (Job job : batch.jobs()) {
      if (job.isDone()) {
        leave(job);
      }
    }
  }

  private void leave(Job job) {
    try (Admission.Permit permit = permits.remove(job)) {
      if (job.hasFailed()) {
        late++;
      } else {
        permit.answered();
        latencies.add(now - begun.get(job));
      }
    }
  }

  /** Lets requests come for so long; returns when the worker is free. */
  private void run(long seconds, double times, long image, long deadline, Random random) {
    long end = now + seconds * SECOND;
    long next = now;
    long free = now;
    Optional<Batch> running = Optional.empty();
    while (now < end) {
      now = Math.min(next, running.isPresent() ? free : next);
      if (running.isPresent() && now == free) {
        answer(running.get(), running.get().images() * image);
        running = Optional.empty();
      }
      if (now == next) {
        arrive(1 + random.nextInt(2), deadline);
        next += Math.round(-Math.log(1 - random.nextDouble()) * image * 1.5 / times);
      }
      if (running.isEmpty()) {
        running = queue.poll();
        free = now + running.map(Batch::images).orElse(0) * image;
      }
      permits.keySet().stream().filter(Job::hasFailed).toList().forEach(this::leave);
    }
    while (running.isPresent()) {
      now = free;
      answer(running.get(), running.get().images() * image);
      running = queue.poll();
      free = now + running.map(Batch::images).orElse(0) * image;
    }
    permits.keySet().stream().filter(Job::hasFailed).toList().forEach(this::leave);
  }

  @ParameterizedTest
  @CsvSource({"3, 1000", "3, 100", "20, 1000", "20, 200"})
  void whoIsAdmittedIsAnsweredAndTheOthersAreRefused(long image, long deadline) {
    Random random = new Random(1);
    long perImage = image * MILLISECOND;
    // As after a warm-up, when an image alone was measured.
    admission.expect(Duration.ofNanos(2 * perImage));
    run(60, 3, perImage, deadline * MILLISECOND, random);
    Collections.sort(latencies);
    assertThat(latencies.get(latencies.size() * 99 / 100))
        .isLessThanOrEqualTo(2 * deadline * MILLISECOND);
    double capacity = 60.0 * SECOND / perImage / 1.5;
    assertThat(latencies.size() / capacity).isGreaterThan(0.95);
    assertThat(refused).isGreaterThan(latencies.size());
    // Hardly anybody is admitted in vain.
    assertThat(late).isLessThan(latencies.size() / 50);
    assertThat(admission.images()).isZero();

    // At once after it, with half of what can be done, all are answered.
    refused = 0;
    late = 0;
    run(1, 0.5, perImage, deadline * MILLISECOND, random);
    assertThat(refused + late).isZero();
  }
}
