package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.training.Optimizer;
import io.github.mobilenet4j.training.Schedule;
import io.github.mobilenet4j.training.WeightDecay;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.training.run.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainCommandTest {
  @TempDir private Path temporary;
  private Path images;

  @BeforeEach
  void images() {
    images = ColouredFolders.write(temporary.resolve("pictures"), 6);
  }

  private Run train(Path output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                images.toString(),
                "--output=" + output,
                "--width=0.25",
                "--resolution=32",
                "--batch=5",
                "--threads=1",
                "--epochs=2"));
    arguments.addAll(List.of(more));
    return Run.of(arguments.toArray(String[]::new));
  }

  @Test
  void trainsAModelThatClassifies() {
    Path folder = temporary.resolve("run");
    Run run = train(folder);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .startsWith(
            images
                + ": 3 classes; pictures: 15 to learn from, 3 for validation, 0 for a test\n"
                + "to learn from: blue 5, green 5, red 5\n"
                + "note: only 3 pictures will tell how good the result is; a larger --validation or"
                + " more pictures say it more exactly\n"
                + "MobileNet V1 0.25, 32×32: 213,843 parameters; 2 epochs\n"
                + "* marks the best epoch so far\n")
        .containsPattern(
            "epoch   2/2  loss \\S+  top-1 \\S+ %  validation: loss \\S+  top-1 \\S+ %  \\S+"
                + " images/s")
        .containsPattern("of 3 pictures that .* are correct \\(95 %: \\S+ % to \\S+ %\\)\nnote: ")
        .contains("model:  " + folder.resolve("model.safetensors"));
    assertThat(folder.resolve("report.html")).exists();
    Run classify =
        Run.of(
            "classify",
            "--model=" + folder.resolve("model.safetensors"),
            images.resolve("red/1.png").toString());
    assertThat(classify.out()).contains("blue", "green", "red");
  }

  @Test
  void trainsIntegers() {
    Path floats = temporary.resolve("floats");
    train(floats);
    Path folder = temporary.resolve("integers");
    Run run =
        Run.of(
            "train",
            images.toString(),
            "--from=" + floats.resolve("model.safetensors"),
            "--quantize",
            "--width=0.25",
            "--batch=5",
            "--threads=1",
            "--output=" + folder);
    assertThat(run.err()).isEmpty();
    Path integers = folder.resolve("model-int8.safetensors");
    assertThat(run.out())
        .contains(
            "5 epochs\n",
            "from epoch 1 on it learns in what 8 bits hold, and validation is in such integers\n",
            "int8:   " + integers,
            "classify --model " + integers)
        .containsPattern("epoch   1/5 .* validation in int8: loss")
        .containsPattern("best:   epoch \\d in int8; of 3 pictures");
    Path tflite = temporary.resolve("model.tflite");
    assertThat(Run.of("export", integers.toString(), tflite.toString()).exitCode()).isZero();
    assertThat(
            Run.of("classify", "--model=" + tflite, images.resolve("red/1.png").toString()).err())
        .isEmpty();
    // Other classes: only the last third of a whole fine-tuning.
    assertThat(train(temporary.resolve("scratch"), "--quantize", "--epochs=3").out())
        .contains("from epoch 3 on it learns in what 8 bits hold");
    Run refused = train(temporary.resolve("x"), "--quantize", "--minutes=1");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains("expected none with quantize");
  }

  /** What {@code --like} is for: the tutorial's class computes what was trained. */
  @Test
  void trainsForTheTutorialsClass() {
    Path plain = temporary.resolve("plain");
    train(plain);
    String out = temporary.resolve("net.pth").toString();
    String[] export = {"export", "--dialect=tutorial", plain + "/model.safetensors", out};
    Run refused = Run.of(export);
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("padding SYMMETRIC", "train --like tutorial");

    Path folder = temporary.resolve("like");
    assertThat(train(folder, "--like=tutorial").exitCode()).isZero();
    export[2] = folder + "/model.safetensors";
    assertThat(Run.of(export).exitCode()).isZero();
    // The file cannot say for which size of images it is.
    assertThat(Run.of("verify", export[2], "--against=" + out, "--images=" + images).out())
        .contains("given the same input: their networks compute the same");
    Run both = train(temporary.resolve("x"), "--like=timm", "--from=" + export[2]);
    assertThat(both.err()).contains("like is timm, expected none");
  }

  @Test
  void theReportSaysItAsTheCommandLineDoes() throws IOException {
    Path first = temporary.resolve("first");
    train(
        first,
        "--optimizer=adamw,beta1=0.8",
        "--schedule=step,everyEpochs=2",
        "--weight-decay=1e-5,scope=all",
        "--augment=light,mixup=0.2");
    String report = Files.readString(first.resolve("report.html"));
    List<String> flags = new ArrayList<>();
    Map.of(
            "optimizer", "--optimizer=",
            "schedule", "--schedule=",
            "weight decay", "--weight-decay=",
            "augmentation", "--augment=",
            "learning rate", "--lr=")
        .forEach((name, flag) -> {
          Matcher row = Pattern.compile("<dt>" + name + "</dt><dd>(.*?)</dd>").matcher(report);
          assertThat(row.find()).as(name).isTrue();
          flags.add(flag + row.group(1).replaceAll("</?span>", ""));
        });
    Path second = temporary.resolve("second");
    train(second, flags.toArray(String[]::new));
    assertThat(new RunFolder(second).options()).isEqualTo(new RunFolder(first).options());
  }

  @ParameterizedTest
  @CsvSource({"validation_part, a tenth", "data, pets\\u0000", "test_part, 2"})
  void whatTheFolderSaysIsChecked(String name, String value) throws IOException {
    Path folder = temporary.resolve("run");
    train(folder);
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(
        config,
        text.replaceFirst(
            "\"" + name + "\": \".*\"",
            Matcher.quoteReplacement("\"%s\": \"%s\"".formatted(name, value))));
    Run again = Run.of("train", "--repeat=" + folder, "--output=" + temporary.resolve("again"));
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).hasLineCount(1).doesNotContain("unexpected");
  }

  @Test
  void theFolderSaysHowToRepeatIt() {
    Path folder = temporary.resolve("run");
    train(folder, "--seed=7", "--ema=0.9", "--validation=0.3", "--lr-backbone=0.001", "--lr=0.01");
    RunFolder run = new RunFolder(folder);
    assertThat(run.metadata("data")).isEqualTo(images.toString());
    assertThat(run.metadata("validation_part")).isEqualTo("0.3");
    assertThat(run.options())
        .isEqualTo(
            TrainingOptions.fromScratch()
                .widthMultiplier(0.25)
                .resolution(32)
                .batch(5)
                .epochs(2)
                .seed(7)
                .emaDecay(0.9)
                .learningRate(0.01)
                .backboneRate(0.1)
                .build());
  }

  @Test
  void settingsOfOptimizerScheduleAndDecay() {
    Path folder = temporary.resolve("run");
    Run run =
        train(
            folder,
            "--optimizer=rmsprop,formula=pytorch,epsilon=1e-8",
            "--schedule=step,everyEpochs=2.5,factor=0.94",
            "--weight-decay=1e-4,scope=kernels",
            "--class-weights=1,2,1",
            "--augment=light,flip=0",
            "--clip=1");
    assertThat(run.err()).isEmpty();
    TrainingOptions options = new RunFolder(folder).options();
    assertThat(options.optimizer())
        .isEqualTo(new Optimizer.RmsProp(0.9, 0.9, 1e-8, Optimizer.RmsProp.Formula.PYTORCH));
    assertThat(options.schedule()).isEqualTo(new Schedule.Step(0.94, 2.5));
    assertThat(options.weightDecay()).isEqualTo(new WeightDecay(1e-4, WeightDecay.Scope.KERNELS));
    assertThat(options.augmentation().get(Augmentation.Parameter.FLIP)).isZero();
    assertThat(options.clipNorm()).isEqualTo(1);
  }

  @Test
  void resumesWithoutSayingItAllAgain() {
    Path folder = temporary.resolve("run");
    train(folder);
    Run again = train(folder);
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err())
        .isEqualTo(
            "mobilenet4j: %s has a training already; go on: mobilenet4j train --resume --output %s;"
                    .formatted(folder, folder)
                + " begin another: mobilenet4j train %s --output %s-2\n".formatted(images, folder));
    assertThat(Run.of("train", "--resume", folder.toString()).exitCode()).isZero();
    Run resumed = Run.of("train", "--resume", "--output=" + folder);
    assertThat(resumed.err()).isEqualTo("mobilenet4j: all 2 epochs of " + folder + " are done\n");
    assertThat(resumed.exitCode()).isZero();
    assertThat(train(folder, "--resume").exitCode()).isZero();
    Run other = train(folder, "--resume", "--seed=9");
    assertThat(other.exitCode()).isEqualTo(2);
    assertThat(other.err()).contains(folder + " goes on as it was begun: seed is 1 there, not 9");
  }

  @Test
  void saysThatThereIsNothingToResume() {
    Path folder = temporary.resolve("run");
    Run run = train(folder, "--resume");
    assertThat(run.exitCode()).isZero();
    assertThat(run.err())
        .isEqualTo("mobilenet4j: nothing to resume in " + folder + ": the training begins\n");
  }

  @Test
  void resumesWithNothingButWhatItWasBegunWith() throws IOException {
    Path folder = temporary.resolve("run");
    train(folder);
    Run parts = train(folder, "--resume", "--validation=0.4");
    assertThat(parts.exitCode()).isEqualTo(2);
    assertThat(parts.err())
        .contains(folder + " goes on as it was begun: validation_part is 0.1 there, not 0.4");
    assertThat(train(folder, "--resume", "--validation=0.1", "--test=0").exitCode()).isZero();

    Path moved = Files.move(images, temporary.resolve("moved"));
    images = moved;
    assertThat(train(folder, "--resume").exitCode()).isZero();

    Path others = ColouredFolders.write(temporary.resolve("others"), 7);
    images = others;
    assertRefused(
        folder,
        "18 images to learn from (15 then); which images are for validation, by name, class or"
            + " size");

    images = moved;
    Files.move(moved.resolve("green"), moved.resolve("zebra"));
    assertRefused(folder, "classes (new zebra, no green)");
  }

  private void assertRefused(Path folder, String difference) {
    Run run = train(folder, "--resume");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            "mobilenet4j: %s goes on with what it was begun with; different now: %s\n"
                .formatted(folder, difference));
  }

  @Test
  void repeatsToTheSameBits() {
    Path first = temporary.resolve("first");
    train(first, "--ema=0.9");
    Path second = temporary.resolve("second");
    assertThat(Run.of("train", "--repeat=" + first, "--output=" + second).err()).isEmpty();
    assertThat(second.resolve("model.safetensors"))
        .hasSameBinaryContentAs(first.resolve("model.safetensors"));
    Path third = temporary.resolve("third");
    Run.of("train", "--repeat=" + first, "--output=" + third, "--seed=2", "--epochs=1");
    assertThat(new RunFolder(third).options())
        .isEqualTo(new RunFolder(first).options().toBuilder().seed(2).epochs(1).build());
  }

  @Test
  void fineTunes() {
    Path first = temporary.resolve("first");
    train(first);
    Path second = temporary.resolve("second");
    Run run =
        Run.of(
            "train",
            images.toString(),
            "--from=" + first.resolve("model.safetensors"),
            "--output=" + second,
            "--batch=5",
            "--epochs=5",
            "--freeze=2");
    assertThat(run.err()).isEmpty();
    TrainingOptions options = new RunFolder(second).options();
    assertThat(options.widthMultiplier()).isEqualTo(0.25);
    assertThat(options.height()).isEqualTo(32);
    assertThat(options.classifierEpochs()).isEqualTo(1);
    assertThat(options.frozenBlocks()).isEqualTo(2);
    assertThat(new RunFolder(second).metadata("from")).endsWith("model.safetensors");
  }

  @Test
  void fewImagesBeginWithTheBundledModel() {
    Path first = temporary.resolve("first");
    Run run =
        Run.of(
            "train",
            images.toString(),
            "--output=" + first,
            "--resolution=32",
            "--batch=5",
            "--epochs=1");
    assertThat(run.err())
        .isEqualTo(
            "mobilenet4j: as usual, BatchNorm is folded into these weights; for training it is"
                + " measured on 5 pictures\n");
    assertThat(run.out())
        .contains(
            "\nit begins with the bundled model's weights, since these are fewer than 10,000"
                + " pictures; from scratch: --from none\nMobileNet V1 0.75, 32×32: ");
    RunFolder folder = new RunFolder(first);
    assertThat(folder.metadata("from")).isEqualTo("bundled");
    assertThat(folder.options().learningRate()).isEqualTo(0.4 * 0.025 * 5 / 32);

    Path again = temporary.resolve("again");
    assertThat(Run.of("train", "--repeat=" + first, "--output=" + again).out())
        .doesNotContain("it begins with");
    assertThat(again.resolve("model.safetensors"))
        .hasSameBinaryContentAs(first.resolve("model.safetensors"));
  }

  @Test
  void theyBeginFromScratchWhereItIsSaid() {
    Path folder = temporary.resolve("run");
    Run run =
        Run.of(
            "train",
            images.toString(),
            "--output=" + folder,
            "--from=none",
            "--resolution=32",
            "--batch=5",
            "--minutes=0.00001");
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("MobileNet V1 0.5, 32×32: ").doesNotContain("it begins with");
    assertThat(new RunFolder(folder).metadata("from")).isNull();
  }

  @Test
  void picturesThatCannotBeReadAreCounted() throws Exception {
    // 20 pictures are whole batches, of which none is left out.
    Files.writeString(images.resolve("red/broken.png"), "no picture");
    Files.writeString(images.resolve("red/empty.png"), "");
    Run run = train(temporary.resolve("run"), "--validation=0");
    assertThat(run.exitCode()).isZero();
    // Each is named in the log.
    assertThat(run.err())
        .isEqualTo("mobilenet4j: pictures that cannot be read and were left out: 2\n");
    Run strict = train(temporary.resolve("strict"), "--validation=0", "--strict");
    assertThat(strict.exitCode()).isEqualTo(1);
    assertThat(strict.err()).hasLineCount(1).contains(".png");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--optimizer=adam | 'adam' is none of adamw, rmsprop, sgd",
        "--optimizer=sgd,momentun=0.9 | 'momentun=0.9' is no setting of sgd",
        "--optimizer=sgd,momentum=2 | momentum is 2.0, expected in [0, 1)",
        "--schedule=cosine,floor=x | cosine.floor is x, expected double",
        "--augment=some | 'some' is none of light, none, strong",
        "--epochs=0 | epochs is 0, expected >= 1",
        "--lr=-1 | learning rate is -1.0, expected > 0",
        "--class-weights=a | 'a' is not a number",
        "--freeze=15 | frozen blocks is 15, expected 0 to 14",
      })
  void badUse(String option, String message) {
    Run run = train(temporary.resolve("run"), option);
    assertThat(run.err()).hasLineCount(1).contains(message);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(temporary.resolve("run")).doesNotExist();
  }

  @Test
  void needsPictures() {
    assertThat(Run.of("train").err()).contains("DATA is missing");
    assertThat(Run.of("train", "--resume").err()).contains("what to resume?");
    Run run = Run.of("train", temporary.resolve("none").toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).hasLineCount(1).contains("none");
  }

  @Test
  void helpIsComplete() {
    assertThat(Run.of("help", "train").out())
        .contains("Network:", "Learning:", "With --from:", "--lr-backbone", "Examples:");
  }
}
