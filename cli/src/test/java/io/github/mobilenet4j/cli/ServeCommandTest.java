package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ServeCommandTest {
  private static final Pattern ADDRESS = Pattern.compile("serving mobilenet at (http://\\S+)");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setErr(new PrintWriter(err));
    commandLine.setOut(new PrintWriter(out));
    return commandLine.execute(args);
  }

  @Test
  void servesTheBundledModelUntilItIsAskedToEnd() throws Exception {
    Thread command =
        Thread.ofPlatform().start(() -> run("serve", "--port", "0", "--deadline", "60"));
    Matcher address = ADDRESS.matcher("");
    for (int i = 0; i < 1200 && command.isAlive() && !address.reset(out.toString()).find(); i++) {
      Thread.sleep(50);
    }
    assertThat(address.reset(out.toString()).find()).as(err.toString()).isTrue();
    Path koala = Path.of(System.getProperty("mobilenet4j.root"), "samples/koala.jpg");
    try (HttpClient client = HttpClient.newHttpClient()) {
      String answer =
          client
              .send(
                  HttpRequest.newBuilder(URI.create(address.group(1) + "/classify?top=1"))
                      .POST(BodyPublishers.ofFile(koala))
                      .build(),
                  BodyHandlers.ofString())
              .body();
      assertThat(answer).contains("\"label\":\"koala\"");
      client.shutdownNow();
    }
    command.interrupt();
    command.join();
  }

  @Test
  void saysWhatIsWrong() {
    assertThat(run("serve", "--model", "pets")).isEqualTo(2);
    assertThat(run("serve", "--tls-key", "key.pem")).isEqualTo(2);
    assertThat(run("serve", "--deadline", "-1")).isEqualTo(2);
    assertThat(run("serve", "--model", "a/b=x.safetensors")).isEqualTo(1);
    assertThat(run("serve", "--model", "a=none.safetensors", "--port", "0")).isEqualTo(1);
    assertThat(run("serve", "--token-file", "none")).isEqualTo(1);
    assertThat(err.toString())
        .contains("expected NAME=FILE")
        .contains("belong together")
        .contains("no number of seconds")
        .contains("'a/b' is no name of a model")
        .contains("none.safetensors")
        .contains("cannot read none");
  }

  /** Every command makes this one's object: then the HTTP server's classes would be loaded too. */
  @Test
  void itsSignaturesLeadToNoServer() {
    Stream<Class<?>> types =
        Stream.concat(
            Arrays.stream(ServeCommand.class.getDeclaredFields()).map(Field::getType),
            Arrays.stream(ServeCommand.class.getDeclaredMethods())
                .flatMap(ServeCommandTest::signature));
    assertThat(types.map(Class::getName))
        .noneMatch(name -> name.startsWith("org.eclipse.jetty"))
        .noneMatch(name -> name.endsWith("InferenceServer"));
  }

  private static Stream<Class<?>> signature(Method method) {
    return Stream.concat(
        Stream.of(method.getReturnType()), Arrays.stream(method.getParameterTypes()));
  }
}
