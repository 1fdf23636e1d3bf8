package io.github.mobilenet4j.bench;

import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The engines whose training can be compared, each with what its process needs. */
enum TrainingContender {
  MOBILENET4J(MobileNet4jTraining::new, Map.of()),
  LIBTORCH(LibTorchTraining::new, Map.of()),
  /**
   * With an allocator that gives no memory back. As installed, glibc unmaps the activations of each
   * step, and the kernel zeroes their pages again in the next.
   */
  LIBTORCH_TUNED(
      LibTorchTraining::new,
      Map.of(
          "MALLOC_MMAP_MAX_", "0",
          "MALLOC_TRIM_THRESHOLD_", "100000000000",
          "MALLOC_TOP_PAD_", "268435456",
          "MALLOC_ARENA_MAX", "1"));

  private final Function<TrainingEngine.Job, TrainingEngine> maker;
  private final Map<String, String> environment;

  TrainingContender(
      Function<TrainingEngine.Job, TrainingEngine> maker, Map<String, String> environment) {
    this.maker = maker;
    this.environment = environment;
  }

  TrainingEngine prepare(TrainingEngine.Job job) {
    return maker.apply(job);
  }

  /** Returns the variables that its process has beside this one's. */
  Map<String, String> environment() {
    return environment;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
