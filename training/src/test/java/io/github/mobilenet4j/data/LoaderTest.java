package io.github.mobilenet4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoaderTest {
  private static final int SIDE = 24;

  private final AtomicInteger decoded = new AtomicInteger();

  /** Pictures of noise, some smaller and some larger than the network's. */
  private Dataset images(int count, Set<Integer> damaged) {
    return Dataset.of(
        List.of("a", "b", "c"),
        IntStream.range(0, count).mapToObj(i -> "picture " + i).toList(),
        IntStream.range(0, count).map(i -> i % 3).toArray(),
        i -> {
          decoded.getAndIncrement();
          if (damaged.contains(i)) {
            throw new ImageException("picture " + i + ": damaged");
          }
          int height = 10 + i * 7 % 80;
          int width = 10 + i * 11 % 70;
          byte[] rgb = new byte[height * width * 3];
          new Random(i).nextBytes(rgb);
          return new RgbImage(height, width, rgb);
        });
  }

  private static Loader.Builder builder(Dataset dataset) {
    return Loader.builder(dataset, Preprocessing.IMAGENET, SIDE, SIDE).batch(8).seed(5);
  }

  /** Batches, with arrays that stay. */
  private static List<Batch> take(Loader loader, int epoch, int firstBatch) {
    List<Batch> batches = new ArrayList<>();
    for (Batch batch : loader.epoch(epoch, firstBatch)) {
      float[] x = Arrays.copyOf(batch.x(), batch.n() * SIDE * SIDE * 3);
      batches.add(
          new Batch(
              batch.number(), batch.n(), x, batch.targets(), batch.labels(), batch.indices()));
    }
    return batches;
  }

  private static void assertSame(List<Batch> batches, List<Batch> expected) {
    assertThat(batches).hasSameSizeAs(expected);
    for (int i = 0; i < batches.size(); i++) {
      Batch batch = batches.get(i);
      assertThat(batch.number()).isEqualTo(expected.get(i).number());
      assertThat(batch.x()).isEqualTo(expected.get(i).x());
      assertThat(batch.targets()).isEqualTo(expected.get(i).targets());
      assertThat(batch.labels()).isEqualTo(expected.get(i).labels());
      assertThat(batch.indices()).isEqualTo(expected.get(i).indices());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "light", "strong"})
  void threadsAndCacheChangeNothing(String augmentation) {
    UnaryOperator<Loader.Builder> options =
        builder -> builder.augmentation(Augmentation.of(augmentation)).shuffle(true);
    List<List<Batch>> expected;
    try (Loader loader = options.apply(builder(images(53, Set.of(3, 40)))).build()) {
      expected = List.of(take(loader, 0, 0), take(loader, 1, 0));
    }
    assertThat(expected.getFirst()).hasSize(7);
    for (int threads : new int[] {1, 2, 4}) {
      for (int cacheBytes : new int[] {0, 20_000, 10_000_000}) {
        try (Loader loader =
            options
                .apply(builder(images(53, Set.of(3, 40))))
                .threads(threads)
                .cacheBytes(cacheBytes)
                .build()) {
          assertSame(take(loader, 0, 0), expected.get(0));
          assertSame(take(loader, 1, 0), expected.get(1));
          assertSame(take(loader, 1, 4), expected.get(1).subList(4, 7));
          assertSame(take(loader, 0, 7), List.of());
        }
      }
    }
  }

  @Test
  void anEpochThatIsLeftDoesNotDisturbTheNext() {
    try (Loader loader = builder(images(53, Set.of())).threads(3).build()) {
      List<Batch> expected = take(loader, 0, 0);
      for (int i = 0; i < 20; i++) {
        Iterator<Batch> left = loader.epoch(1, 0).iterator();
        left.next();
        assertSame(take(loader, 0, 0), expected);
        assertThat(left.hasNext()).isFalse();
      }
    }
  }

  @Test
  void picturesAreAsForInferenceIfNothingElseIsSaid() {
    Dataset dataset = images(20, Set.of());
    try (Loader loader = builder(dataset).build()) {
      List<Batch> batches = take(loader, 0, 0);
      assertThat(batches).extracting(Batch::n).containsExactly(8, 8, 4);
      for (Batch batch : batches) {
        for (int i = 0; i < batch.n(); i++) {
          int index = batch.number() * 8 + i;
          assertThat(batch.indices()[i]).isEqualTo(index);
          assertThat(batch.labels()[i]).isEqualTo(index % 3);
          assertThat(batch.targets()[i * 3 + index % 3]).isEqualTo(1);
          float[] x = new float[SIDE * SIDE * 3];
          Preprocessing.IMAGENET.apply(dataset.image(index), SIDE, SIDE, x, 0);
          assertThat(Arrays.copyOfRange(batch.x(), i * x.length, (i + 1) * x.length)).isEqualTo(x);
        }
      }
    }
  }

  @Test
  void everyPictureComesOnceAnEpochInAnotherOrder() {
    try (Loader loader = builder(images(53, Set.of())).shuffle(true).build()) {
      Set<List<Integer>> orders = new HashSet<>();
      for (int epoch = 0; epoch < 5; epoch++) {
        List<Integer> order =
            take(loader, epoch, 0).stream()
                .flatMap(batch -> Arrays.stream(batch.indices()).boxed())
                .toList();
        assertThat(order)
            .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 53).boxed().toList());
        orders.add(order);
      }
      assertThat(orders).hasSize(5);
    }
  }

  @Test
  void theLastBatchIsLeftOutOnRequest() {
    try (Loader loader = builder(images(53, Set.of())).dropLast(true).build()) {
      assertThat(loader.batches()).isEqualTo(6);
      assertThat(take(loader, 0, 0)).extracting(Batch::n).containsOnly(8).hasSize(6);
    }
  }

  @Test
  void unreadablePicturesAreLeftOutAndNamed() {
    try (Loader loader = builder(images(24, Set.of(1, 8, 9, 10, 11, 12, 13, 14, 15))).build()) {
      List<Batch> batches = take(loader, 0, 0);
      take(loader, 1, 0);

      assertThat(batches).extracting(Batch::n).containsExactly(7, 8);
      assertThat(batches).extracting(Batch::number).containsExactly(0, 2);
      assertThat(batches.getFirst().indices()).containsExactly(0, 2, 3, 4, 5, 6, 7);
      assertThat(loader.unreadable())
          .hasSize(9)
          .startsWith(new Unreadable(1, "picture 1", "picture 1: damaged"));
    }
  }

  @Test
  void anUnreadablePictureIsAnErrorIfStrict() {
    try (Loader loader = builder(images(24, Set.of(9))).strict(true).build()) {
      Iterator<Batch> batches = loader.epoch(0, 0).iterator();
      assertThat(batches.next().n()).isEqualTo(8);
      assertThatThrownBy(batches::next)
          .isInstanceOf(MobileNetException.class)
          .hasMessage("picture 9: damaged");
    }
  }

  /** What the machine lacks for a moment: the same picture can be read a moment later. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void wantOfFilesOrMemoryIsNoUnreadablePicture(boolean memory) {
    AtomicBoolean shortage = new AtomicBoolean(true);
    Dataset plenty = images(24, Set.of());
    Dataset dataset =
        Dataset.of(
            plenty.classes(),
            IntStream.range(0, 24).mapToObj(i -> "picture " + i).toList(),
            IntStream.range(0, 24).map(plenty::label).toArray(),
            i -> {
              if (i == 9 && shortage.get()) {
                if (memory) {
                  throw new OutOfMemoryError("for a test");
                }
                throw new MobileNetException("cannot read picture 9: Too many open files");
              }
              return plenty.image(i);
            });
    try (Loader loader = builder(dataset).threads(2).build()) {
      Iterator<Batch> batches = loader.epoch(0, 0).iterator();
      assertThat(batches.next().n()).isEqualTo(8);
      assertThatThrownBy(batches::next)
          .isExactlyInstanceOf(MobileNetException.class)
          .hasMessageContaining(memory ? "do not fit into the Java heap" : "Too many open files");
      assertThat(batches.hasNext()).isFalse();
      assertThat(loader.unreadable()).isEmpty();
      shortage.set(false);
      assertThat(take(loader, 0, 0)).extracting(Batch::n).containsExactly(8, 8, 8);
    }
  }

  @Test
  void noThreadIsLeftOnceClosed() throws InterruptedException {
    AtomicInteger inside = new AtomicInteger();
    for (int failing : new int[] {-1, 0, 9}) {
      Dataset quick = images(500, Set.of(failing));
      Dataset slow =
          Dataset.of(
              quick.classes(),
              IntStream.range(0, 500).mapToObj(i -> "picture " + i).toList(),
              IntStream.range(0, 500).map(quick::label).toArray(),
              i -> {
                inside.getAndIncrement();
                try {
                  Thread.sleep(5);
                  return quick.image(i);
                } catch (InterruptedException e) {
                  throw new AssertionError("interrupted, which would close a file", e);
                } finally {
                  inside.getAndDecrement();
                }
              });
      try (Loader loader = builder(slow).threads(3).strict(true).build()) {
        Iterator<Batch> batches = loader.epoch(0, 0).iterator();
        try {
          batches.next();
          batches.next();
          assertThat(threads()).isEqualTo(3);
        } catch (MobileNetException e) {
          assertThat(e).hasMessageContaining("damaged");
        }
      }
      assertThat(inside).hasValue(0);
      // A thread may yet be about to end.
      for (int wait = 0; wait < 2000 && threads() > 0; wait++) {
        Thread.sleep(5);
      }
      assertThat(threads()).isZero();
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("mobilenet4j-loader-"))
        .count();
  }

  @Test
  void aClosedLoaderHasNoEpochs() {
    Loader loader = builder(images(24, Set.of())).build();
    Iterable<Batch> left = loader.epoch(0, 0);
    loader.close();
    loader.close();
    assertThat(left.iterator().hasNext()).isFalse();
    assertThatThrownBy(() -> loader.epoch(0, 0))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("the loader is closed, expected an open one");
  }

  @Test
  void noMoreIsReadAheadThanIsSaid() throws InterruptedException {
    try (Loader loader = builder(images(500, Set.of())).threads(2).build()) {
      Iterator<Batch> batches = loader.epoch(0, 0).iterator();
      for (int taken = 0; taken < 3; taken++) {
        int most = (Math.max(taken, 1) + 2) * 8;
        for (int wait = 0; wait < 2000 && decoded.get() < most; wait++) {
          Thread.sleep(5);
        }
        Thread.sleep(50);
        assertThat(decoded).hasValue(most);
        batches.next();
      }
    }
  }

  @Test
  void stopsAfterThePictureUnderWay() {
    AtomicBoolean stop = new AtomicBoolean();
    try (Loader loader =
        builder(images(500, Set.of())).batch(100).threads(2).stopWhen(stop::get).build()) {
      Iterator<Batch> batches = loader.epoch(0, 0).iterator();
      assertThat(batches.next().n()).isEqualTo(100);
      stop.set(true);
      assertThat(batches.hasNext()).isFalse();
      int read = decoded.get();
      assertThat(loader.epoch(0, 0).iterator().hasNext()).isFalse();
      assertThat(decoded.get() - read).isLessThan(10);
    }
  }

  /** As where the first batch is still being made. */
  @Test
  void anUnfinishedBatchIsNotGiven() {
    AtomicBoolean stop = new AtomicBoolean();
    Dataset plenty = images(16, Set.of());
    Dataset stopping =
        Dataset.of(
            plenty.classes(),
            IntStream.range(0, 16).mapToObj(i -> "picture " + i).toList(),
            IntStream.range(0, 16).map(plenty::label).toArray(),
            i -> {
              stop.set(i == 5);
              return plenty.image(i);
            });
    try (Loader loader = builder(stopping).stopWhen(stop::get).build()) {
      assertThat(loader.epoch(0, 0).iterator().hasNext()).isFalse();
      assertThat(loader.unreadable()).isEmpty();
    }
  }

  @Test
  void noReadablePictureIsAnError() {
    try (Loader loader = builder(images(3, Set.of(0, 1, 2))).build()) {
      Iterator<Batch> batches = loader.epoch(0, 0).iterator();
      assertThatThrownBy(batches::hasNext)
          .isInstanceOf(MobileNetException.class)
          .hasMessage("none of the 3 pictures can be read, the first because: picture 0: damaged");
    }
    try (Loader loader = builder(images(0, Set.of())).build()) {
      assertThat(loader.epoch(0, 0).iterator().hasNext()).isFalse();
    }
  }

  @Test
  void picturesInMemoryAreNotDecodedAgain() {
    try (Loader loader = builder(images(53, Set.of())).threads(2).cacheBytes(10_000_000).build()) {
      take(loader, 0, 0);
      take(loader, 1, 0);
      assertThat(decoded).hasValue(53);
    }
    try (Loader loader = builder(images(53, Set.of())).threads(2).cacheBytes(20_000).build()) {
      decoded.set(0);
      take(loader, 0, 0);
      take(loader, 1, 0);
      // 11 of 24·24·3 bytes, and what they cost beside.
      assertThat(decoded).hasValue(106 - 11);
    }
  }

  @Test
  void targetsAreSmoothedThenMixed() {
    try (Loader loader =
        builder(images(16, Set.of()))
            .augmentation(Augmentation.of("none,mixup=0.4,cutmix=1"))
            .labelSmoothing(0.3)
            .build()) {
      for (Batch batch : take(loader, 0, 0)) {
        for (int i = 0; i < batch.n(); i++) {
          int other = batch.labels()[(i + batch.n() - 1) % batch.n()];
          float[] row = Arrays.copyOfRange(batch.targets(), i * 3, i * 3 + 3);
          assertThat(row[0] + row[1] + row[2]).isCloseTo(1, within(1e-6f));
          assertThat(row[batch.labels()[i]] + (other == batch.labels()[i] ? 0 : row[other]))
              .isCloseTo(other == batch.labels()[i] ? 0.8f : 0.9f, within(1e-6f));
        }
      }
    }
  }

  @Test
  void aLoaderDoesNotChangeWithItsBuilder() {
    Loader.Builder builder = builder(images(16, Set.of()));
    try (Loader loader = builder.build()) {
      builder.batch(3).shuffle(true).dropLast(true);
      assertThat(take(loader, 0, 0)).extracting(Batch::n).containsExactly(8, 8);
    }
  }

  @Test
  void badOptionsAreRefused() {
    Dataset dataset = images(20_000, Set.of());
    List<UnaryOperator<Loader.Builder>> bad =
        List.of(
            b -> b.batch(0),
            b -> b.threads(0),
            b -> b.cacheBytes(-1),
            b -> b.labelSmoothing(1),
            b -> b.labelSmoothing(Double.NaN));
    for (UnaryOperator<Loader.Builder> options : bad) {
      assertThatThrownBy(() -> options.apply(builder(dataset)).build())
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("expected");
    }
    assertThatThrownBy(
            () -> Loader.builder(dataset, Preprocessing.UNIT, 224, 224).batch(20_000).build())
        .isInstanceOf(MobileNetException.class)
        .hasMessage("a batch of 20000 pictures of 224×224 pixels is too large");
    try (Loader loader = builder(dataset).build()) {
      assertThatThrownBy(() -> loader.epoch(0, 2501))
          .isInstanceOf(MobileNetException.class)
          .hasMessage("first batch is 2501, expected 0 to 2500");
    }
  }
}
