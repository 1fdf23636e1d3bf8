package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.report.ExplanationPage;
import io.github.mobilenet4j.server.http.Access;
import io.github.mobilenet4j.server.http.Route;
import io.github.mobilenet4j.server.http.StaticFiles;
import io.github.mobilenet4j.server.models.ModelRepository;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pages at {@code /}, to try the models that are served, to teach them other classes, and to
 * understand what they do. The pages are anybody's; what they ask for is for who may manage the
 * server.
 *
 * <pre>{@code
 * try (InferenceServer server =
 *         new InferenceServer(options, specs, models -> new Studio(folder, models).routes())) { … }
 * }</pre>
 */
public final class Studio implements AutoCloseable {
  private final Workshop workshop;
  private volatile boolean closed;

  /**
   * Makes it.
   *
   * @param folder where projects lie; made when the first is
   * @param models that are served
   */
  public Studio(Path folder, ModelRepository models) {
    workshop = new Workshop(folder.toAbsolutePath().normalize(), models);
  }

  /** Returns its addresses. */
  public List<Route> routes() {
    List<Route> routes = new ArrayList<>(new StudioEndpoints(workshop, () -> closed).routes());
    for (String module : ExplanationPage.modules()) {
      routes.add(
          page(
              "explain/" + module,
              "text/javascript;charset=utf-8",
              ExplanationPage.module(module)));
    }
    routes.add(page("explain/explain.css", "text/css;charset=utf-8", ExplanationPage.styles()));
    StaticFiles files = new StaticFiles(Studio.class, "pages");
    routes.add(files.file("/", "index.html"));
    routes.add(files.folder("/studio/{file...}", "index.html"));
    return routes;
  }

  private static Route page(String name, String type, String text) {
    return new Route(
        "GET",
        "/studio/" + name,
        Access.PUBLIC,
        exchange -> {
          exchange.set("Cache-Control", "no-cache");
          exchange.text(200, type, text);
        });
  }

  /** Stops a training, which can go on later, and all else that is under way. */
  @Override
  public void close() {
    closed = true;
    workshop.close();
  }
}
