package io.github.mobilenet4j.server;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Debian's Chromium, driven by Debian's Node: for tests of pages. */
public final class Chromium implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path NODE = Path.of("/usr/bin/node");
  private static final Pattern NUMBER = Pattern.compile("−?\\d+(?:\\.\\d+)?");

  private static final String AXE =
      """
      async () => (await axe.run()).violations
          .filter(v => v.impact === 'serious' || v.impact === 'critical')
          .map(v => v.id + ': ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join('; '))
      """;

  private final Playwright playwright;
  private final Browser browser;

  private Chromium(Playwright playwright, Browser browser) {
    this.playwright = playwright;
    this.browser = browser;
  }

  /** Skips the tests where they are not installed. */
  public static void assumeInstalled() {
    for (Path needed : List.of(CHROMIUM, NODE)) {
      assumeTrue(Files.exists(needed), "skipped: " + needed + " is not installed");
    }
  }

  /**
   * Starts it.
   *
   * @param arguments beside those that a machine without screen needs
   */
  public static Chromium start(String... arguments) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("PLAYWRIGHT_NODEJS_PATH", NODE.toString());
    environment.put("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    Playwright playwright = Playwright.create(new Playwright.CreateOptions().setEnv(environment));
    Browser browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(CHROMIUM)
                    .setArgs(
                        Stream.concat(
                                Stream.of("--no-sandbox", "--disable-gpu"), Stream.of(arguments))
                            .toList()));
    return new Chromium(playwright, browser);
  }

  /** Returns the browser. */
  public Browser browser() {
    return browser;
  }

  /** Returns the numbers of a text, with its own minus. */
  public static List<Double> numbers(String text) {
    return NUMBER
        .matcher(text.replace("− ", "−"))
        .results()
        .map(found -> Double.parseDouble(found.group().replace('−', '-')))
        .toList();
  }

  /** Returns what axe finds on a page that is serious or critical. */
  public static List<?> barriers(Page page) throws IOException {
    try (InputStream axe = Chromium.class.getResourceAsStream("/axe.min.js")) {
      page.evaluate(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
    }
    return (List<?>) page.evaluate(AXE);
  }

  @Override
  public void close() {
    playwright.close();
  }
}
