/** The {@code mobilenet4j} command. */
@SuppressWarnings("requires-automatic") // The bar's library declares no module.
module io.github.mobilenet4j.cli {
  requires info.picocli;
  requires io.github.mobilenet4j.formats;
  requires io.github.mobilenet4j.hub;
  requires io.github.mobilenet4j.server;
  requires io.github.mobilenet4j.training;
  requires java.desktop;
  requires java.logging;
  requires java.management;
  requires org.jline.terminal;
  requires me.tongfei.progressbar;

  opens io.github.mobilenet4j.cli to
      info.picocli;
}
