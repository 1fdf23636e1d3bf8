package io.github.mobilenet4j.report;

import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@link ExplanationData} as one page of HTML that needs no network: its modules, its style sheets
 * and the data are in it, and nothing else may run in it.
 *
 * <p>A server gives a browser the same {@link #modules} one by one, and the data as JSON; {@code
 * mount(element, data)} of {@code explain.js} shows it.
 */
public final class ExplanationPage {
  /** Each needs only those before it. */
  private static final List<String> MODULES =
      List.of(
          "strings.js",
          "data.js",
          "dom.js",
          "draw.js",
          "attention.js",
          "sums.js",
          "network.js",
          "convolutions.js",
          "multipliers.js",
          "explain.js");

  private static final String FOLDER = "explain/";
  private static final String[] STYLES = {"page.css", FOLDER + "explain.css"};
  private static final String START = "mount(document.querySelector('main'), embedded());\n";

  private ExplanationPage() {}

  /** Returns the names of the ES modules, of which {@code explain.js} uses the others. */
  public static List<String> modules() {
    return MODULES;
  }

  /**
   * Returns the text of a module.
   *
   * @param name of {@link #modules}
   * @throws IllegalArgumentException if it is another
   */
  public static String module(String name) {
    if (!MODULES.contains(name)) {
      throw new IllegalArgumentException(name + " is none of " + MODULES);
    }
    return Page.text(FOLDER + name);
  }

  /** Returns the style sheet that the modules need. */
  public static String styles() {
    return Page.styles(STYLES);
  }

  /** Returns the page. */
  public static String of(ExplanationData data) {
    String script = script();
    String styles = styles();
    String policy =
        "default-src 'none'; base-uri 'none'; form-action 'none'; script-src '%s'; style-src '%s'"
            .formatted(hash(script), hash(styles));
    String title = data.label().map(label -> data.name() + ": " + label).orElse(data.name());
    Element body =
        Element.of(
            "body",
            Element.of("main", Element.of("noscript", "This page needs JavaScript.")),
            Element.of("script", embedded(data))
                .with("type", "application/json")
                .with("id", "data"),
            Element.of("script", script).with("type", "module"));
    return "<!DOCTYPE html>\n"
        + Element.of("html", Page.head(title, policy, styles), body).with("lang", "en");
  }

  /**
   * Writes the page in UTF-8; an older one is replaced when the new one is complete.
   *
   * @throws io.github.mobilenet4j.MobileNetException if it cannot be written
   */
  public static void write(ExplanationData data, Path file) {
    AtomicFile.writeText(file, of(data));
  }

  /** JSON that cannot end its element, whatever the labels are. */
  private static String embedded(ExplanationData data) {
    return Json.text(data.json()).replace("<", "\\u003c");
  }

  /** Returns all modules as one: without what they import from each other. */
  private static String script() {
    return Stream.concat(
            MODULES.stream()
                .flatMap(name -> module(name).lines())
                .filter(line -> !line.startsWith("import "))
                .map(line -> line.replaceFirst("^export ", "")),
            Stream.of(START))
        .collect(Collectors.joining("\n"));
  }

  /** Returns what a Content-Security-Policy calls a text. */
  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
