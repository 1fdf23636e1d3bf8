package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.files.RecordJson;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.training.ClassWeights;
import io.github.mobilenet4j.training.WeightDecay;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Options as a person reads them: what is off is left out, and what has settings of its own is
 * written as the command line reads it, {@code sgd,momentum=0.9,nesterov=true}.
 */
final class OptionTable {
  private final Map<String, String> rows = new LinkedHashMap<>();

  private OptionTable() {}

  /** Returns a text for each name, in the order to be shown. */
  static Map<String, String> of(TrainingOptions options) {
    OptionTable table = new OptionTable();
    table.network(options);
    table.length(options);
    table.learning(options);
    table.put("augmentation", options.augmentation().toString());
    table.put("seed", Long.toString(options.seed()));
    table.put("strict", options.strict() ? "yes" : "");
    return table.rows;
  }

  private void network(TrainingOptions options) {
    Preprocessing preprocessing = options.preprocessing();
    put("width multiplier", plain(options.widthMultiplier()));
    put("input", options.height() + " × " + options.width());
    put("crop", words(preprocessing.crop()));
    put("crop fraction", plain(preprocessing.cropFraction()));
    put("mean", list(preprocessing.mean()));
    put("std", list(preprocessing.std()));
    put("dropout", positive(options.dropout()));
    put("initialization", words(options.initialization()));
    put(
        "frozen blocks",
        options.frozenBlocks() == TrainingOptions.WHOLE_BACKBONE
            ? "all"
            : positive(options.frozenBlocks()));
  }

  private void length(TrainingOptions options) {
    put("epochs", plain(options.epochs()));
    put("epochs of the head", positive(options.classifierEpochs()));
    put("minutes", positive(options.minutes()));
    put("patience", positive(options.patience()));
  }

  private void learning(TrainingOptions options) {
    put("batch", plain(options.batch()));
    put("optimizer", variant((Record) options.optimizer()));
    put("learning rate", plain(options.learningRate()));
    double backbone = options.learningRate() * options.backboneRate();
    put("learning rate of the backbone", options.backboneRate() == 1 ? "" : plain(backbone));
    put("schedule", variant((Record) options.schedule()));
    put("warm-up epochs", positive(options.warmUpEpochs()));
    WeightDecay decay = options.weightDecay();
    put(
        "weight decay",
        decay.rate() == 0
            ? ""
            : plain(decay.rate()) + ",scope=" + decay.scope().name().toLowerCase(Locale.ROOT));
    put("label smoothing", positive(options.labelSmoothing()));
    put("gradient's norm", positive(options.clipNorm()));
    put("moving average", positive(options.emaDecay()));
    put(
        "class weights",
        switch (options.classWeights()) {
          case ClassWeights.Equal _ -> "";
          case ClassWeights.Balanced _ -> "balanced";
          case ClassWeights.Listed listed -> list(listed.weights());
        });
    put("BatchNorm's momentum", plain(options.batchNormMomentum()));
  }

  private void put(String name, String text) {
    if (!text.isEmpty()) {
      rows.put(name, text);
    }
  }

  private static String variant(Record record) {
    String settings =
        RecordJson.of(record).entrySet().stream()
            .map(e ->
                ","
                    + e.getKey()
                    + "="
                    + (e.getValue() instanceof Double d ? plain(d) : e.getValue()))
            .collect(Collectors.joining());
    return record.getClass().getSimpleName().toLowerCase(Locale.ROOT) + settings;
  }

  private static String words(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String list(List<Double> values) {
    return values.stream().map(OptionTable::plain).collect(Collectors.joining(","));
  }

  private static String positive(double value) {
    return value > 0 ? plain(value) : "";
  }

  /** Returns 0.00004 rather than 4.0E-5, and 0.00333333 for a third of 0.01. */
  private static String plain(double value) {
    return new BigDecimal(value, new MathContext(6)).stripTrailingZeros().toPlainString();
  }
}
