package io.github.mobilenet4j.server.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.server.protocol.Refusal;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class BatchQueueTest {
  private static final long DEADLINE = 1000;

  private final long[] now = new long[1];
  private final BatchQueue queue = new BatchQueue(1, () -> now[0]);

  /** Takes up to 4 images. */
  private static final class Runner implements BatchRunner {
    @Override
    public int most() {
      return 4;
    }

    @Override
    public void run(List<Slice> slices, boolean alone) {}
  }

  private final BatchRunner cats = new Runner();
  private final BatchRunner dogs = new Runner();

  private Job add(BatchRunner runner, int images) {
    return add(queue, runner, images);
  }

  private static Job add(BatchQueue queue, BatchRunner runner, int images) {
    Job job = new Job(runner, images, new float[images], new float[images], DEADLINE);
    queue.add(job);
    return job;
  }

  private Batch poll() {
    return queue.poll().orElseThrow();
  }

  @Test
  void takesWhatIsThereAndWaitsForNoMore() {
    add(cats, 1);
    assertThat(poll().images()).isEqualTo(1);
    assertThat(queue.poll()).isEmpty();
    add(cats, 1);
    add(cats, 2);
    add(cats, 3);
    Batch full = poll();
    assertThat(full.slices()).extracting(Slice::count).containsExactly(1, 2, 1);
    assertThat(poll().slices()).extracting(Slice::from).containsExactly(1);
  }

  @Test
  void eachWorkerTakesItsShare() {
    BatchQueue two = new BatchQueue(2, () -> now[0]);
    Job large = add(two, cats, 5);
    Batch first = two.poll().orElseThrow();
    Batch second = two.poll().orElseThrow();
    assertThat(List.of(first.images(), second.images())).containsExactly(3, 1);
    assertThat(first.alone()).isFalse();
    Batch third = two.poll().orElseThrow();
    assertThat(third.slices().getFirst().from()).isEqualTo(4);
    two.computed(second, 10);
    two.computed(first, 30);
    assertThat(large.isDone()).isFalse();
    two.computed(third, 10);
    assertThat(large.await()).isEqualTo(new Job.Times(0, 50));
  }

  @Test
  void whatComesAloneHasAllProcessorsAndTheOthersPause() {
    BatchQueue four = new BatchQueue(4, () -> now[0]);
    add(four, cats, 2);
    Batch alone = four.poll().orElseThrow();
    assertThat(alone.alone()).isTrue();
    assertThat(alone.images()).isEqualTo(2);
    add(four, cats, 1);
    assertThat(four.poll()).isEmpty();
    four.computed(alone, 10);
    Batch next = four.poll().orElseThrow();
    assertThat(next.alone()).isTrue();
    four.failed(next, new IllegalStateException("no"));
    add(four, cats, 3);
    Batch many = four.poll().orElseThrow();
    assertThat(many.alone()).isFalse();
    // Where something is computed, one image is for one worker.
    assertThat(four.poll().orElseThrow().alone()).isFalse();
  }

  @Test
  void closedItStillGivesWhatWaitsForTheOneThatIsAlone() throws Exception {
    BatchQueue two = new BatchQueue(2, () -> now[0]);
    add(two, cats, 1);
    Batch alone = two.take().orElseThrow();
    add(two, dogs, 1);
    two.close();
    FutureTask<Optional<Batch>> worker = new FutureTask<>(two::take);
    Thread.ofPlatform().start(worker);
    two.computed(alone, 1);
    assertThat(worker.get()).isPresent();
    assertThat(two.take()).isEmpty();
  }

  @Test
  void aBatchIsOfOneModelAndTheFirstToComeIsFirst() {
    add(cats, 1);
    add(dogs, 1);
    add(cats, 1);
    assertThat(poll().images()).isEqualTo(2);
    assertThat(poll().runner()).isSameAs(dogs);
  }

  @Test
  void whatIsLargerThanABatchGoesBehindTheOthersInBetween() {
    Job large = add(cats, 9);
    Job small = add(dogs, 1);
    Batch first = poll();
    assertThat(first.jobs()).containsExactly(large);
    assertThat(first.images()).isEqualTo(4);
    assertThat(poll().jobs()).containsExactly(small);
    assertThat(poll().slices().getFirst().from()).isEqualTo(4);
    assertThat(poll().images()).isEqualTo(1);
    assertThat(queue.length()).isZero();
  }

  @Test
  void whatComesTooLateIsToldSo() {
    Job late = add(cats, 1);
    now[0] = DEADLINE + 1;
    assertThat(queue.poll()).isEmpty();
    assertThatThrownBy(late::await).isInstanceOf(Refusal.class).hasMessageContaining("deadline");
  }

  @Test
  void whatWasBegunIsFinished() {
    Job large = add(cats, 6);
    Batch first = poll();
    large.cancel();
    now[0] = DEADLINE + 5;
    Batch second = poll();
    queue.computed(first, 30);
    queue.computed(second, 20);
    assertThat(large.await()).isEqualTo(new Job.Times(0, 50));
  }

  @Test
  void whatWasCancelledIsNotBegun() {
    Job gone = add(cats, 1);
    gone.cancel();
    assertThat(queue.poll()).isEmpty();
    assertThatThrownBy(gone::await).hasMessageContaining("cancelled");
  }

  @Test
  void aFaultEndsTheWholeJob() {
    Job large = add(cats, 6);
    queue.failed(poll(), new IllegalStateException("no"));
    assertThatThrownBy(large::await).hasMessage("no");
    assertThat(queue.poll()).isEmpty();
  }

  @Test
  void closedItTakesNoMoreAndGivesWhatIsThere() throws InterruptedException {
    add(cats, 1);
    queue.close();
    assertThat(queue.take()).isPresent();
    assertThat(queue.take()).isEqualTo(Optional.empty());
    assertThatThrownBy(() -> add(cats, 1)).hasMessageContaining("ends");
  }
}
