package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.evaluation.Verification;
import io.github.mobilenet4j.evaluation.Verifier;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Says whether two models compute the same. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Say whether two models compute the same: before and after an export.",
    customSynopsis = {
      "mobilenet4j verify MODEL --against FILE --images PATH... [--same-input]",
      "                   [--tolerance=T] [--layers] [--json]",
      "                   [--dialect=NAMES] [--against-dialect=NAMES]",
      "                   [--entry=NAME] [--against-entry=NAME]"
    },
    description = {
      "",
      "Runs both on the same pictures and compares what comes out of every layer, so that the"
          + " formats may differ, and BatchNorm be folded in one of them. Differences are relative"
          + " to the largest value of the layer. The default tolerance forgives sums in another"
          + " order; float16 needs about 1e-2, 8 bits 1e-1.",
      "",
      "Each model has its own preprocessing, as in production: two files with the same weights"
          + " and another preprocessing do not do the same. If they differ there, they are also"
          + " compared on the same input, so that you see where the difference comes from. In the"
          + " same way classes are paired by name, and where as many have other names also by their"
          + " places. A background class that one model has in front is left out.",
      "",
      "A file of ONNX, TensorFlow Lite or another format is read back and computed here: that"
          + " tells whether it holds what it should, not what another program makes of it.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j verify pets.pth --against pets.onnx --images pictures/",
      "  mobilenet4j verify a.h5 --against a.tflite --images cat.jpg dog.jpg --layers",
      "  mobilenet4j verify a.h5 --against b.h5 --images pictures/ --json | jq .agree",
      "",
      "Exit codes: 0 they agree, 1 failure, 2 bad use, 3 they differ.",
      "",
      "JSON, one object on one line:",
      "  {\"agree\":…,\"tolerance\":…,\"images\":…,\"classes\":…,",
      "   \"differences\":[{\"name\":…,\"model\":…,\"against\":…}],",
      "   \"answers\":[{\"sameInput\":…,\"classesByOrder\":…,\"largest\":…,\"relative\":…,",
      "   \"sameTop1\":…,\"farthest\":…}],\"firstLayer\":…,",
      "   \"layers\":[{\"name\":…,\"largest\":…,\"relative\":…}],",
      "   \"unreadable\":[{\"path\":…,\"error\":…}]}",
      "agree is about the first of answers: both models as they are. largest is the",
      "largest difference, or null where there is none to tell, such as NaN's;",
      "relative is that of the largest value. firstLayer is null if none differs."
    })
final class VerifyCommand implements Callable<Integer> {
  private static final int DIFFERENT = 3;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "The model to trust, of any format.")
  private ModelSource trusted;

  @Mixin private PrecisionOption precision;

  @Option(
      names = "--against",
      paramLabel = "FILE",
      required = true,
      description = "The model to compare with it, of any format.")
  private ModelSource against;

  @Option(
      names = "--images",
      paramLabel = "PATH",
      converter = ImageFiles.PathConverter.class,
      arity = "1..*",
      required = true,
      description = "Pictures, and folders that are searched for pictures.")
  private List<Path> images;

  @Option(
      names = "--same-input",
      description =
          "Give both models MODEL's preprocessing and resolution: for files that do not say"
              + " theirs.")
  private boolean sameInput;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      defaultValue = "1e-4",
      converter = Tolerance.class,
      description =
          "How large a difference may be, as a part of the largest value. Default:"
              + " ${DEFAULT-VALUE}.")
  private double tolerance;

  @Option(names = "--layers", description = "Show the layers also where none differs.")
  private boolean layers;

  @Option(
      names = "--dialect",
      paramLabel = "NAMES",
      description =
          "Whose names MODEL's tensors have, where that is not recognised: tutorial, timm,"
              + " hugging_face or keras.")
  private Dialect dialect;

  @Option(
      names = "--against-dialect",
      paramLabel = "NAMES",
      description = "The same for the other model.")
  private Dialect againstDialect;

  @Option(names = "--entry", paramLabel = "NAME", description = ModelOption.ENTRY)
  private String entry;

  @Option(
      names = "--against-entry",
      paramLabel = "NAME",
      description = "The same for the other model.")
  private String againstEntry;

  @Option(names = "--json", description = "Print one JSON object on one line.")
  private boolean json;

  /** A number ≥ 0. */
  static final class Tolerance implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      try {
        double number = Double.parseDouble(value);
        if (number >= 0 && number < Double.POSITIVE_INFINITY) { // JSON has no infinity
          return number;
        }
      } catch (NumberFormatException _) {
        // Said below.
      }
      throw new TypeConversionException("'" + value + "' is not a number >= 0");
    }
  }

  @Override
  public Integer call() {
    List<ImageStream.Item> unreadable = new ArrayList<>();
    List<Path> paths =
        images.stream()
            .flatMap(path ->
                ImageFiles.of(path, (file, fault) -> unreadable(unreadable, file, fault)).stream())
            .toList();
    Model first = trusted.read(dialect, entry);
    Model second = against.read(againstDialect, againstEntry);
    List<ModelDifference> differences = ModelDifference.of(first, second);
    VerificationTables tables =
        new VerificationTables(spec.commandLine(), trusted.name(), against.name(), tolerance);
    if (!json) {
      tables.differences(differences, first, second);
    }
    Verification verification =
        verify(first, sameInput ? second.withInputOf(first) : second, paths, unreadable);
    if (json) {
      VerificationJson.of(differences, verification, tolerance, unreadable)
          .print(spec.commandLine().getOut());
    } else {
      tables.verification(verification, layers);
    }
    return verification.agree(tolerance) ? 0 : DIFFERENT;
  }

  private void unreadable(List<ImageStream.Item> to, Path path, MobileNetException fault) {
    to.add(new ImageStream.Item(path, null, fault, 0));
    Errors.report(spec.commandLine().getErr(), fault.getMessage());
  }

  private Verification verify(
      Model first, Model second, List<Path> paths, List<ImageStream.Item> unreadable) {
    int processors = Runtime.getRuntime().availableProcessors();
    try (Verifier verifier = new Verifier(first, second, precision.of(first));
        ImageStream stream = new ImageStream(paths, processors);
        ProgressBar progress = Terminal.bar(paths.size())) {
      while (stream.hasNext()) {
        ImageStream.Item item = stream.next();
        if (item.fault() == null) {
          verifier.add(item.path().toString(), item.image());
        } else {
          unreadable(unreadable, item.path(), item.fault());
        }
        if (progress != null) {
          progress.step();
        }
      }
      return verifier.verification();
    }
  }
}
