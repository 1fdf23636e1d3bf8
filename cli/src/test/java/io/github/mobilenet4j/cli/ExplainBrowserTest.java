package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.github.mobilenet4j.server.Chromium;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page of explain in a real browser: Debian's Chromium and Node, where they are installed. */
class ExplainBrowserTest {
  private static final Path ROOT = Path.of(System.getProperty("mobilenet4j.root"));
  @TempDir private static Path folder;

  private static Chromium chromium;

  @BeforeAll
  static void open() {
    Chromium.assumeInstalled();
    Run run = Run.of("explain", photo(), "--output", file().toString());
    assertThat(run.err()).isEmpty();
    chromium = Chromium.start();
  }

  @AfterAll
  static void close() {
    if (chromium != null) {
      chromium.close();
    }
  }

  private static String photo() {
    return ROOT.resolve("samples/red-panda.jpg").toString();
  }

  private static Path file() {
    return folder.resolve("explain.html");
  }

  private static Page page(int width, ColorScheme colors, String language) {
    Page page =
        chromium
            .browser()
            .newPage(
                new Browser.NewPageOptions()
                    .setViewportSize(width, 900)
                    .setColorScheme(colors)
                    .setLocale(language));
    page.navigate(file().toUri().toString());
    return page;
  }

  private static double number(Locator locator) {
    return Chromium.numbers(locator.innerText()).getFirst();
  }

  @Test
  void theMapAddsUpToTheLogit() {
    Page page = page(1300, ColorScheme.LIGHT, "en");
    double expected =
        Run.of("explain", "--json", photo())
            .json()
            .getFirst()
            .get("classes")
            .get(0)
            .get("logit")
            .asDouble();
    Locator equation = page.locator(".equation > span");
    double bias = number(equation.nth(0));
    double mean = number(equation.nth(1));
    double logit = number(equation.nth(2));
    assertThat(logit).isCloseTo(expected, within(0.0051));
    assertThat(bias + mean).isCloseTo(logit, within(0.0151));
    double sum = 0;
    int count = page.locator(".grid td").count();
    for (String cell : page.locator(".grid td").allInnerTexts()) {
      sum += Chromium.numbers(cell).getFirst();
    }
    assertThat(sum / count).isCloseTo(mean, within(0.055));
    page.close();
  }

  /** Wherever the arrow keys lead, the products that are written out add up to the value. */
  @Test
  void theSumsAddUp() {
    Page page = page(1300, ColorScheme.LIGHT, "en");
    Locator board = page.locator(".opened .board").first();
    board.focus();
    for (String key :
        List.of("ArrowLeft", "ArrowUp", "ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft")) {
      board.press(key);
      double sum = 0;
      for (String cell : page.locator(".opened .nine > div").allInnerTexts()) {
        List<Double> both = Chromium.numbers(cell);
        sum += both.get(0) * both.get(1);
      }
      Locator lines = page.locator(".opened .lines");
      requireLines(lines.nth(0), sum, 0.03);
      double products = 0;
      for (String row : page.locator(".opened .terms tbody tr").allInnerTexts()) {
        products += Chromium.numbers(row).getLast();
      }
      requireLines(lines.nth(1), products, 0.006);
    }
    page.close();
  }

  private static void requireLines(Locator lines, double products, double tolerance) {
    List<Double> values =
        lines.locator("dd").allInnerTexts().stream()
            .map(text -> Chromium.numbers(text).getFirst())
            .toList();
    assertThat(values.get(0)).isCloseTo(products, within(tolerance));
    assertThat(values.get(0) + values.get(1)).isCloseTo(values.get(2), within(0.0021));
    assertThat(Math.clamp(values.get(2), 0, 6)).isCloseTo(values.get(3), within(1e-9));
    // Rounded to a step; the last is what the network has, where a tie may go the other way.
    assertThat(values.get(4)).isCloseTo(values.get(5), within(0.0245));
  }

  @Test
  void nothingIsLoadedFromAnywhereAndNothingFails() {
    Page page = chromium.browser().newPage();
    List<String> seen = new ArrayList<>();
    page.onRequest(request -> seen.add(request.url()));
    List<String> faults = new ArrayList<>();
    page.onConsoleMessage(message -> faults.add(message.text()));
    page.onPageError(faults::add);
    page.navigate(file().toUri().toString());
    openEach(page);
    assertThat(seen).containsExactly(file().toUri().toString());
    assertThat(faults).isEmpty();
    page.close();
  }

  private static void openEach(Page page) {
    for (Locator row : page.locator("button.layer[aria-expanded=false]").all().reversed()) {
      row.press("Enter");
    }
    assertThat(page.locator("button.layer[aria-expanded=false]").count()).isZero();
    page.locator("summary").press("Enter");
  }

  @ParameterizedTest
  @CsvSource({"1300, LIGHT, en", "1300, DARK, zh-CN", "400, LIGHT, zh-CN", "400, DARK, en"})
  void anybodyCanUseIt(int width, ColorScheme colors, String language) throws IOException {
    Page page = page(width, colors, language);
    assertThat(page.locator("html").getAttribute("lang")).isEqualTo(language);
    assertThat(page.locator("h2").first().innerText())
        .isEqualTo(language.equals("en") ? "Where it looked" : "它在看哪里");
    page.locator("button.layer").first().press("Enter");
    page.locator("summary").press("Enter");
    assertThat(page.evaluate("document.documentElement.scrollWidth")).isEqualTo(width);
    assertThat(Chromium.barriers(page)).isEmpty();
    page.locator(".languages button").nth(language.equals("en") ? 1 : 0).press("Enter");
    assertThat(page.locator("html").getAttribute("lang")).isNotEqualTo(language);
    page.close();
  }
}
