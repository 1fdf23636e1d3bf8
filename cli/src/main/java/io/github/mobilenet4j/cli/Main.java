package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.ShutdownDelay;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.hub.DownloadListener;
import io.github.mobilenet4j.hub.Hub;
import io.github.mobilenet4j.network.Resolution;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jline.utils.Signals;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code mobilenet4j} command. Exit codes: 0 done, 1 failure, 2 bad use. */
@Command(
    name = "mobilenet4j",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
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
      ExplainCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      CalibrateCommand.class,
      InfoCommand.class,
      ExportCommand.class,
      ConvertCommand.class,
      QuantizeCommand.class,
      VerifyCommand.class,
      ServeCommand.class,
      FetchCommand.class,
      LogitsCommand.class,
      BenchmarkCommand.class,
      WarmUpCommand.class,
      CompletionCommand.class,
      HelpCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j classify photo.jpg",
      "  mobilenet4j classify --model hf:timm/mobilenetv1_100.ra4_e3600_r224_in1k photo.jpg",
      "  mobilenet4j classify --model FILE --json holiday/ > holiday.jsonl",
      "  mobilenet4j explain photo.jpg",
      "  mobilenet4j train pets/",
      "  mobilenet4j evaluate --model FILE --report report.html pictures/",
      "  mobilenet4j export FILE model.onnx",
      "  mobilenet4j quantize FILE int8.safetensors --images pictures/",
      "  mobilenet4j verify FILE --against model.onnx --images pictures/",
      "  mobilenet4j info --width 0.5 --resolution 160 --compare",
      "  mobilenet4j serve --model pets=FILE",
      "  mobilenet4j benchmark --threads 1 --layers",
      "  source <(mobilenet4j generate-completion)",
      "",
      "Help for one command: mobilenet4j help classify",
      "Exit codes: 0 done, 1 failure, 2 bad use."
    })
final class Main implements Runnable, Invocation {
  private static final Map<String, Integer> SIGNALS = Map.of("INT", 2, "TERM", 15);

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

  private final Output output = new Output();
  private final List<ShutdownDelay> delays = new ArrayList<>();

  private Main() {}

  /** Runs the command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    // The command speaks English, and so do the libraries that sort and print for it.
    Locale.setDefault(Locale.ROOT);
    Runtime.getRuntime().addShutdownHook(new Thread(Main::endAtOnceWhenAskedAgain));
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.setFormatter(new OneLine());
    }
    System.exit(commandLine().execute(args));
  }

  /** Who presses Ctrl-C again does not want to wait for what is being saved. */
  private static void endAtOnceWhenAskedAgain() {
    Thread listening =
        new Thread(() -> {
          try {
            // A signal to all processes of a terminal may come twice.
            Thread.sleep(500);
          } catch (InterruptedException _) {
            return;
          }
          SIGNALS.forEach((signal, number) ->
              Signals.register(signal, () -> Runtime.getRuntime().halt(128 + number)));
        });
    listening.setDaemon(true);
    listening.start();
  }

  /** A warning is one line too. */
  private static final class OneLine extends Formatter {
    @Override
    public String format(LogRecord entry) {
      return Errors.line(formatMessage(entry)) + System.lineSeparator();
    }
  }

  static CommandLine commandLine() {
    // jHDF tells of every group that it writes.
    HDF.setLevel(Level.SEVERE);
    Main main = new Main();
    CommandLine commandLine = new CommandLine(main).setOut(main.output.writer());
    TrainCommand train = commandLine.getSubcommands().get(TrainCommand.NAME).getCommand();
    commandLine
        .getCommandSpec()
        .preprocessor((args, _, _, _) -> {
          if (args.contains(TrainCommand.NAME) || args.contains(CompletionCommand.NAME)) {
            train.addFlags();
          }
          return false;
        });
    return commandLine
        .registerConverter(ModelSource.class, main::converted)
        .registerConverter(Resolution.class, new Checked<>(Resolution::of))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(Main::badUse)
        .setExecutionStrategy(main::execute);
  }

  /** Runs what was parsed. Whatever happens is said here, and then the JVM may end. */
  private int execute(ParseResult parsed) {
    PrintWriter out = parsed.commandSpec().commandLine().getOut();
    PrintWriter err = parsed.commandSpec().commandLine().getErr();
    try {
      int exitCode = new RunLast().execute(parsed);
      out.flush();
      IOException fault = output.fault();
      if (fault == null) {
        return exitCode;
      }
      Errors.report(err, "cannot write the output: " + fault.getMessage());
    } catch (ExecutionException e) {
      out.flush();
      failure(err, e.getCause());
    } catch (Error e) {
      out.flush();
      failure(err, e);
    } finally {
      delays.forEach(ShutdownDelay::close);
    }
    return Errors.FAILURE;
  }

  @Override
  public void endWhenAsked(Runnable asked) {
    delays.add(new ShutdownDelay(asked));
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  private ModelSource converted(String text) {
    try {
      return source(text);
    } catch (MobileNetException | InvalidPathException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  @Override
  public Path download(BiFunction<Hub, DownloadListener, Path> work) {
    Hub.Builder hub = Hub.builder();
    if (offline) {
      hub.offline(true);
    }
    try (DownloadDisplay display = new DownloadDisplay(spec.commandLine().getErr())) {
      return work.apply(hub.build(), display);
    }
  }

  @Override
  public void note(String message) {
    Errors.report(spec.commandLine().getErr(), message);
  }

  private static int badUse(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    // What picocli says of option groups begins so.
    String message = e.getMessage().replaceFirst("^Error: ", "");
    Errors.report(command.getErr(), message + suggestion(e) + " (help: " + name + " --help)");
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static String suggestion(ParameterException e) {
    return e instanceof UnmatchedArgumentException u && !u.getSuggestions().isEmpty()
        ? ", did you mean " + String.join(" or ", u.getSuggestions()) + "?"
        : "";
  }

  private void failure(PrintWriter err, Throwable fault) {
    Errors.report(err, Errors.explanation(fault));
    if (debug) {
      StringWriter trace = new StringWriter();
      fault.printStackTrace(new PrintWriter(trace, true));
      trace
          .toString()
          .lines()
          .map(line -> line.startsWith("\t") ? "\t" + Visible.of(line.strip()) : Visible.of(line))
          .forEach(err::println);
      err.flush();
    }
  }
}
