package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.data.Batches;
import io.github.mobilenet4j.data.KeptFeatures;
import io.github.mobilenet4j.data.Loader;
import io.github.mobilenet4j.evaluation.Backbone;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.evaluation.Teacher;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import java.util.Optional;

/** What the stages of a training share: images that are decoded once, a teacher, a validation. */
final class StageInputs implements AutoCloseable {
  /** The most memory for features that are kept: {@link TrainingOptions#featureViews}. */
  private static final double MOST_FEATURE_BYTES = 1 << 28;

  private final TrainingSetup setup;
  private final Optional<Teacher> teacher;
  private final Loader loader;
  private final Optional<Evaluator> evaluator;

  /** Of a backbone that has not changed since; null where it does. */
  private KeptFeatures kept;

  /**
   * @param teacher whose logits are learned too
   */
  StageInputs(TrainingSetup setup, Optional<Model> teacher) {
    this.setup = setup;
    this.teacher =
        teacher.map(
            model -> new Teacher(model, setup.start(), setup.batch(), setup.resources().threads()));
    try {
      loader = setup.shardLoader().build();
      evaluator = setup.evaluator(setup.data().validation());
    } catch (RuntimeException | Error e) {
      this.teacher.ifPresent(Teacher::close);
      throw e;
    }
  }

  Optional<Teacher> teacher() {
    return teacher;
  }

  /** Returns what validates; empty without images for that. */
  Optional<Evaluator> evaluator() {
    return evaluator;
  }

  /**
   * Returns what a stage learns from: images, or {@link KeptFeatures}, which are computed once for
   * all stages whose backbone stays.
   *
   * @param weights as they are before the stage
   */
  Batches batches(Stage stage, Weights.Trained weights) {
    if (!keepsFeatures(stage)) {
      kept = null;
      return loader;
    }
    if (kept == null) {
      kept = features(weights);
    }
    return kept;
  }

  /**
   * Whether the backbone stays, and what it makes of the images can be kept. That depends on what
   * the result does, and never on the machine.
   */
  private boolean keepsFeatures(Stage stage) {
    Augmentation augmentation = setup.options().augmentation();
    int views = setup.options().featureViews();
    return views > 0
        && teacher.isEmpty()
        && setup.options().shards() == 1
        && stage.rounding() == Stage.Rounding.NONE
        && stage.frozenParts(setup.network()) == TrainingGraph.parts(setup.network())
        && augmentation.get(Augmentation.Parameter.MIXUP) == 0
        && augmentation.get(Augmentation.Parameter.CUTMIX) == 0
        && KeptFeatures.bytes(setup.data().train().size(), setup.network().features(), views)
            <= MOST_FEATURE_BYTES;
  }

  private KeptFeatures features(Weights.Trained weights) {
    TrainingSetup.Resources resources = setup.resources();
    try (Backbone backbone =
        new Backbone(setup.network(), weights, setup.batch(), resources.threads())) {
      return KeptFeatures.of(
          loader,
          setup.network().features(),
          Math.min(setup.options().featureViews(), keptEpochs()),
          backbone);
    }
  }

  /** Returns how many epochs, from the first on, learn from features that are kept. */
  private int keptEpochs() {
    return Stage.of(setup.options()).stream()
        .filter(this::keepsFeatures)
        .mapToInt(Stage::end)
        .max()
        .orElseThrow();
  }

  @Override
  public void close() {
    evaluator.ifPresent(Evaluator::close);
    loader.close();
    teacher.ifPresent(Teacher::close);
  }
}
