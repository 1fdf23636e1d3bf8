package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.hub.DownloadListener;
import io.github.mobilenet4j.hub.Hub;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code mobilenet4j} command. Exit codes: 0 done, 1 failure, 2 bad use. */
@Command(
    name = "mobilenet4j",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    header = "MobileNet V1 in pure Java: says what photographs show.",
    description = {
      "",
      "MobileNet V1 is a small convolutional network (Howard et al., arXiv:1704.04861). A model"
          + " file (FILE below) holds its weights and all that goes with them: labels,"
          + " preprocessing, padding. Files of PyTorch, Keras, ONNX and TensorFlow Lite can be used"
          + " as they are. hf:OWNER/NAME in its place downloads a model from Hugging Face's hub,"
          + " once (mobilenet4j help fetch).",
      ""
    },
    subcommands = {
      ClassifyCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      InfoCommand.class,
      ExportCommand.class,
      ConvertCommand.class,
      VerifyCommand.class,
      FetchCommand.class,
      LogitsCommand.class,
      BenchmarkCommand.class,
      WarmUpCommand.class,
      GenerateCompletion.class,
      HelpCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j classify photo.jpg",
      "  mobilenet4j classify --model hf:timm/mobilenetv1_100.ra4_e3600_r224_in1k photo.jpg",
      "  mobilenet4j classify --model FILE --json holiday/ > holiday.jsonl",
      "  mobilenet4j train pets/",
      "  mobilenet4j evaluate --model FILE --report report.html pictures/",
      "  mobilenet4j export FILE model.onnx",
      "  mobilenet4j verify FILE --against model.onnx --images pictures/",
      "  mobilenet4j info --width 0.5 --resolution 160 --compare",
      "  mobilenet4j benchmark --threads 1 --layers",
      "  source <(mobilenet4j generate-completion)",
      "",
      "Help for one command: mobilenet4j help classify",
      "Exit codes: 0 done, 1 failure, 2 bad use."
    })
final class Main implements Runnable {
  static final int FAILURE = 1;

  /** Held here, or its level would be forgotten with it. */
  private static final Logger HDF = Logger.getLogger("io.jhdf");

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of a failure.")
  private boolean debug;

  @Option(
      names = "--offline",
      scope = ScopeType.INHERIT,
      description = "Download nothing: a model by name has to be in the cache.")
  private boolean offline;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private Main() {}

  /** Runs the command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    // A warning is one line too.
    System.setProperty("java.util.logging.SimpleFormatter.format", "mobilenet4j: %5$s%n");
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    // jHDF tells of every group that it writes.
    HDF.setLevel(Level.SEVERE);
    Main main = new Main();
    CommandLine commandLine = new CommandLine(main);
    commandLine
        .getSubcommands()
        .get("generate-completion")
        .getCommandSpec()
        .usageMessage()
        .hidden(false);
    return commandLine
        .registerConverter(ModelSource.class, main::converted)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(Main::badUse)
        .setExecutionExceptionHandler(main::failure);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /**
   * Returns what a text on the command line names.
   *
   * @throws MobileNetException if it is neither a file's name nor a model's
   */
  ModelSource source(String text) {
    return new ModelSource(text, name -> download((hub, display) -> hub.fetch(name, display)));
  }

  private ModelSource converted(String text) {
    try {
      return source(text);
    } catch (MobileNetException | InvalidPathException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  /** Downloads as the environment and the command line allow. */
  Path download(BiFunction<Hub, DownloadListener, Path> work) {
    Hub.Builder hub = Hub.builder();
    if (offline) {
      hub.offline(true);
    }
    try (DownloadDisplay display = new DownloadDisplay(spec.commandLine().getErr())) {
      return work.apply(hub.build(), display);
    }
  }

  private static int badUse(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    // What picocli says of option groups begins so.
    String message = e.getMessage().replaceFirst("^Error: ", "");
    report(command.getErr(), message + suggestion(e) + " (help: " + name + " --help)");
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static String suggestion(ParameterException e) {
    return e instanceof UnmatchedArgumentException u && !u.getSuggestions().isEmpty()
        ? ", did you mean " + String.join(" or ", u.getSuggestions()) + "?"
        : "";
  }

  private int failure(Exception e, CommandLine command, ParseResult parsed) {
    command.getOut().flush();
    boolean expected = e instanceof MobileNetException;
    report(
        command.getErr(), expected ? e.getMessage() : "unexpected " + e + " (--debug shows where)");
    if (debug) {
      e.printStackTrace(command.getErr());
    }
    return FAILURE;
  }

  /** Prints one line on the error stream. */
  static void report(PrintWriter err, String message) {
    err.println("mobilenet4j: " + message.strip().replaceAll("\\s*\\R\\s*", " "));
    err.flush();
  }

  /** This build and the JVM that runs it. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {
        "mobilenet4j " + (version == null ? "(development)" : version),
        "Java ${java.version} (${java.vendor}), ${os.name} ${os.arch}"
      };
    }
  }
}
