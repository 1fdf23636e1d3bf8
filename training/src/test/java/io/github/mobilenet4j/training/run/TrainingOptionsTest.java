package io.github.mobilenet4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.training.ClassWeights;
import io.github.mobilenet4j.training.Optimizer;
import io.github.mobilenet4j.training.Schedule;
import io.github.mobilenet4j.training.WeightDecay;
import io.github.mobilenet4j.weights.Initialization;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingOptionsTest {
  static List<TrainingOptions> options() {
    TrainingOptions defaults = TrainingOptions.fromScratch().build();
    return List.of(
        defaults,
        defaults.toBuilder()
            .widthMultiplier(0.3)
            .input(97, 131)
            .initialization(Initialization.TRUNCATED_NORMAL)
            .optimizer(new Optimizer.RmsProp(0.9, 0.8, 1e-3, Optimizer.RmsProp.Formula.PYTORCH))
            .schedule(Schedule.Exponential.DEFAULT)
            .weightDecay(new WeightDecay(1e-4, WeightDecay.Scope.KERNELS))
            .classWeights(new ClassWeights.Balanced())
            .seed(-5_000_000_000L)
            .strict(true)
            .build(),
        defaults.toBuilder()
            .optimizer(Optimizer.AdamW.DEFAULT)
            .schedule(new Schedule.Constant())
            .classWeights(new ClassWeights.Listed(List.of(1.0, 0.25, 3.0)))
            .augmentation(Augmentation.STRONG)
            .build());
  }

  @ParameterizedTest
  @MethodSource("options")
  void jsonGivesTheSameOptions(TrainingOptions options) {
    String text = Json.lines(options.toJson());
    assertThat(TrainingOptions.fromJson("config.json", Json.parse("config.json", text)))
        .isEqualTo(options);
    assertThat(options.toBuilder().build()).isEqualTo(options);
  }

  @Test
  void tableIsForPeople() {
    TrainingOptions options =
        TrainingOptions.fromScratch()
            .optimizer(Optimizer.RmsProp.DEFAULT)
            .weightDecay(new WeightDecay(4e-5, WeightDecay.Scope.KERNELS))
            .learningRate(0.01)
            .backboneRate(1 / 3.0)
            .classWeights(new ClassWeights.Listed(List.of(1.0, 2.5)))
            .augmentation(Augmentation.LIGHT.with(Augmentation.Parameter.MIXUP, 0.2))
            .warmUpEpochs(0)
            .seed(0)
            .build();
    assertThat(options.toTable())
        .containsEntry("input", "128 × 128")
        .containsEntry("crop", "resize then crop")
        .containsEntry("epochs", "30")
        .containsEntry("optimizer", "rmsprop,decay=0.9,momentum=0.9,epsilon=1,formula=tensorflow")
        .containsEntry("learning rate", "0.01")
        .containsEntry("learning rate of the backbone", "0.00333333")
        .containsEntry("schedule", "cosine,floor=0")
        .containsEntry("weight decay", "0.00004,scope=kernels")
        .containsEntry("class weights", "1,2.5")
        .containsEntry("seed", "0")
        .doesNotContainKeys("minutes", "patience", "moving average", "warm-up epochs", "strict")
        .extractingByKey("augmentation")
        .satisfies(text -> assertThat(Augmentation.of(text)).isEqualTo(options.augmentation()));
  }

  @Test
  void jsonIsForPeople() {
    assertThat(Json.lines(TrainingOptions.fromScratch().build().toJson()))
        .contains(
            "  \"initialization\": \"truncated_normal\",\n",
            "  \"optimizer\": {\n    \"type\": \"sgd\",\n    \"momentum\": 0.9,\n"
                + "    \"nesterov\": true\n  },\n",
            "  \"classWeights\": {\n    \"type\": \"equal\"\n  },\n");
  }

  @Test
  void saysWhatIsWrongInJson() {
    refused("epochs", "many", "config.json.epochs is many, expected int");
    refused("epochs", 1.5, "config.json.epochs is 1.5, expected int");
    refused("epochs", 0L, "config.json: epochs is 0, expected >= 1");
    refused("initialization", "she", "config.json.initialization is she, expected he or trunc");
    refused(
        "optimizer",
        Map.of("type", "adam"),
        "config.json.optimizer.type is adam, expected sgd or rmsprop or adamw");
    refused("optimizer", Map.of("type", "sgd"), "config.json.optimizer.momentum is missing");
    refused("speed", 1L, "config.json has a field speed, expected only widthMultiplier, ");
    assertThatThrownBy(() -> TrainingOptions.fromJson("config.json", List.of()))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("config.json is [], expected an object");
  }

  private static void refused(String field, Object value, String message) {
    Map<String, Object> json = new LinkedHashMap<>(TrainingOptions.fromScratch().build().toJson());
    json.replaceAll((_, v) -> v instanceof Integer i ? (Object) i.longValue() : v);
    json.put(field, value);
    assertThatThrownBy(() -> TrainingOptions.fromJson("config.json", json))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void theRateFollowsOptimizerAndBatch() {
    TrainingOptions.Builder builder = TrainingOptions.fromScratch().batch(128);
    assertThat(builder.build().learningRate()).isEqualTo(0.1);
    assertThat(builder.optimizer(Optimizer.AdamW.DEFAULT).build().learningRate()).isEqualTo(0.002);
    assertThat(builder.build().weightDecay().rate()).isEqualTo(0.05);
  }

  @Test
  void classWeightsHaveAMeanOfOneOverThePictures() {
    int[] counts = {30, 10, 0};
    assertThat(new ClassWeights.Equal().factors(counts)).containsExactly(1, 1, 1);
    float[] balanced = new ClassWeights.Balanced().factors(counts);
    assertThat(balanced[0] * 30).isEqualTo(balanced[1] * 10).isEqualTo(20);
    assertThat(new ClassWeights.Listed(List.of(1.0, 5.0, 9.0)).factors(counts))
        .containsExactly(0.5f, 2.5f, 4.5f);
    assertThatThrownBy(() -> new ClassWeights.Listed(List.of(1.0)).factors(counts))
        .hasMessage("1 class weights for 3 classes");
    assertThatThrownBy(() -> new ClassWeights.Listed(List.of(1.0, -1.0)))
        .hasMessage("class weights are [1.0, -1.0], expected numbers >= 0, not all 0");
  }

  @ParameterizedTest
  @CsvSource({"1, 100", "30000, 100", "50000, 60", "99999, 30", "1281167, 30"})
  void largeSetsTakeFewerEpochs(int images, int epochs) {
    assertThat(TrainingOptions.epochsFor(images)).isEqualTo(epochs);
  }
}
