package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.server.InferenceServer;
import io.github.mobilenet4j.server.ServerOptions;
import io.github.mobilenet4j.server.models.ModelSpec;
import io.github.mobilenet4j.server.studio.Studio;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Serves models over HTTP. Nothing in its signatures leads to the HTTP server's own classes. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Serve models over HTTP and gRPC.",
    description = {
      "",
      "Speaks the Open Inference Protocol v2 (KServe, Triton) by REST and gRPC on one port, and"
          + " answers an image sent to /classify with what it shows. Listens on this machine alone"
          + " unless --host says more. Ends with Ctrl-C or SIGTERM, when it has answered what it"
          + " has accepted.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j serve",
      "  mobilenet4j serve --model pets=pets.safetensors --model birds=birds.onnx --port 9000",
      "  curl --data-binary @photo.jpg http://127.0.0.1:8080/classify",
      "  curl -F image=@photo.jpg http://127.0.0.1:8080/classify",
      "  MOBILENET4J_TOKEN=… mobilenet4j serve --host 0.0.0.0 --tls-certificate server.pem"
          + " --tls-key key.pem",
      "",
      "Environment: MOBILENET4J_TOKEN, a token that callers have to send (Authorization: Bearer …)."
    })
final class ServeCommand implements Callable<Integer> {
  private static final String TOKEN = "MOBILENET4J_TOKEN";
  private static final String BUNDLED = "mobilenet";

  /** Held here, or its level would be forgotten with it. */
  private static final Logger JETTY = Logger.getLogger("org.eclipse.jetty");

  @Spec private CommandSpec spec;
  @ParentCommand private Invocation invocation;
  @Mixin private ThreadsOption threads;

  @Option(
      names = "--model",
      paramLabel = "NAME=FILE",
      description = {
        "A model and what it is called, NAME@VERSION=FILE for one of several versions. May be given"
            + " several times.",
        "Default: " + BUNDLED + ", a small model that comes with the program."
      })
  private List<String> models = List.of();

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = "Where to listen; 0.0.0.0 for the whole network. Default: ${DEFAULT-VALUE}.")
  private String host;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "The port; 0 for any that is free. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "A file with the token that callers have to send, in place of " + TOKEN + ".")
  private Path tokenFile;

  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE",
      description = "A certificate in PEM, with those between it and the root.")
  private Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "Its private key in PEM (PKCS#8).")
  private Path key;

  @Option(
      names = "--allow-host",
      paramLabel = "NAME",
      description =
          "A host that requests may be for. Default: on this machine localhost, else any.")
  private List<String> hosts = List.of();

  @Option(
      names = "--allow-origin",
      paramLabel = "ORIGIN",
      description = "A site whose pages may call, such as https://example.org. Default: none.")
  private List<String> origins = List.of();

  @Option(
      names = "--batch",
      paramLabel = "N",
      converter = AtLeastOne.class,
      description = "The most images that a thread computes at once. Default: 4.")
  private Integer batch;

  @Option(
      names = "--deadline",
      paramLabel = "S",
      defaultValue = "1",
      description =
          "Seconds that a request may wait; who would have to wait longer is refused at once (503)."
              + " Default: ${DEFAULT-VALUE}.")
  private double deadline;

  @Option(
      names = "--queue",
      paramLabel = "N",
      converter = AtLeastOne.class,
      defaultValue = "256",
      description = "The most images under way. Default: ${DEFAULT-VALUE}.")
  private int queue;

  @Option(
      names = "--client-images",
      paramLabel = "N",
      converter = AtLeastOne.class,
      description = "The most images of one address under way (429). Default: no limit.")
  private Integer clientImages;

  @Option(
      names = "--body-megabytes",
      paramLabel = "MB",
      converter = AtLeastOne.class,
      defaultValue = "32",
      description = "The most of one request (413). Default: ${DEFAULT-VALUE}.")
  private int bodyMegabytes;

  @Option(
      names = "--connections",
      paramLabel = "N",
      converter = AtLeastOne.class,
      defaultValue = "4096",
      description = "The most connections at once. Default: ${DEFAULT-VALUE}.")
  private int connections;

  @Option(
      names = "--notice",
      paramLabel = "S",
      defaultValue = "1",
      description =
          "Seconds in which, asked to end, it still takes requests but says that it is not ready."
              + " Default: ${DEFAULT-VALUE}.")
  private double notice;

  @Option(
      names = "--access-log",
      paramLabel = "FILE",
      description = "A file that gets a line for each request; - for the standard output.")
  private String accessLog;

  @Option(
      names = "--studio",
      paramLabel = "DIR",
      defaultValue = "studio",
      description =
          "Where the projects of the studio lie, the pages at /; made with the first project."
              + " Default: ${DEFAULT-VALUE}.")
  private Path projects;

  @Override
  public Integer call() {
    JETTY.setLevel(Level.WARNING);
    PrintWriter out = spec.commandLine().getOut();
    CountDownLatch asked = new CountDownLatch(1);
    AtomicReference<Studio> studio = new AtomicReference<>();
    try (InferenceServer server =
        new InferenceServer(
            options(),
            specs(),
            known -> {
              studio.set(new Studio(projects, known));
              return studio.get().routes();
            })) {
      if (accessLog != null) {
        server.logTo(lines(out));
      }
      invocation.endWhenAsked(asked::countDown);
      server.start();
      String address =
          "%s://%s:%s".formatted(certificate == null ? "http" : "https", host, server.port());
      out.println("serving " + String.join(", ", server.models().names()) + " at " + address);
      out.println("studio: " + address + "/");
      out.println("try: curl --data-binary @photo.jpg " + address + "/classify");
      out.flush();
      asked.await();
      studio.get().close();
      server.drain();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  private Consumer<String> lines(PrintWriter out) {
    PrintWriter log = out;
    if (!accessLog.equals("-")) {
      try {
        log =
            new PrintWriter(
                Files.newBufferedWriter(
                    Path.of(accessLog), StandardOpenOption.CREATE, StandardOpenOption.APPEND));
      } catch (IOException e) {
        throw MobileNetException.cannot("write", Path.of(accessLog), e);
      }
    }
    PrintWriter lines = log;
    return line -> {
      synchronized (lines) {
        lines.println(line);
        lines.flush();
      }
    };
  }

  private List<ModelSpec> specs() {
    if (models.isEmpty()) {
      return List.of(new ModelSpec(BUNDLED, ModelSpec.FIRST, Optional.empty(), ModelFile::bundled));
    }
    List<ModelSpec> specs = new ArrayList<>();
    for (String model : models) {
      int equals = model.indexOf('=');
      if (equals < 1) {
        throw new ParameterException(
            spec.commandLine(), "--model is '%s', expected NAME=FILE".formatted(model));
      }
      String[] name = model.substring(0, equals).split("@", 2);
      ModelSource source = invocation.source(model.substring(equals + 1));
      specs.add(
          new ModelSpec(
              name[0], name.length == 2 ? name[1] : ModelSpec.FIRST, source.file(), source::read));
    }
    return specs;
  }

  private ServerOptions options() {
    if ((certificate == null) != (key == null)) {
      throw new ParameterException(
          spec.commandLine(), "--tls-certificate and --tls-key belong together");
    }
    ServerOptions.Limits limits = ServerOptions.Limits.DEFAULT;
    return new ServerOptions(
        new ServerOptions.Address(
            host,
            port,
            token(),
            new HashSet<>(hosts),
            new HashSet<>(origins),
            Optional.ofNullable(certificate).map(file -> new ServerOptions.Tls(file, key))),
        new ServerOptions.Limits(
            (long) bodyMegabytes << 20,
            limits.bodiesBytes(),
            limits.reading(),
            limits.pixels(),
            queue,
            clientImages == null ? 0 : clientImages,
            connections,
            limits.bytesPerSecond()),
        new ServerOptions.Work(threads.count(), batch == null ? 0 : batch, seconds(deadline)),
        new ServerOptions.Life(seconds(notice), ServerOptions.Life.DEFAULT.finish()));
  }

  private Duration seconds(double value) {
    if (!(value >= 0 && value <= 86_400)) {
      throw new ParameterException(
          spec.commandLine(), "'%s' is no number of seconds up to a day".formatted(value));
    }
    return Duration.ofNanos(Math.round(value * 1e9));
  }

  private Optional<String> token() {
    String token = System.getenv(TOKEN);
    if (tokenFile != null) {
      try {
        token = Files.readString(tokenFile);
      } catch (IOException e) {
        throw MobileNetException.cannot("read", tokenFile, e);
      }
    }
    if (token == null) {
      return Optional.empty();
    }
    if (token.isBlank()) {
      throw new MobileNetException("the token is empty");
    }
    return Optional.of(token.strip());
  }
}
