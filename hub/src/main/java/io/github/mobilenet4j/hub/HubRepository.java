package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.hub.ModelName.HuggingFace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A repository of the Hugging Face hub and what the cache has of it: a folder for each commit with
 * what the hub says of it in {@code hub.json}, and for each branch and tag a file {@code
 * NAME.commit} with the commit that it was when its model was downloaded.
 *
 * @param hub the hub's address
 * @param home the folder of all that is cached of it
 */
record HubRepository(URI hub, CacheFolder home, HuggingFace name) {
  private static final String LISTING = "hub.json";
  private static final int MOST_OF_A_LISTING = 1 << 22;
  private static final int MOST_FOLDERS = 4;

  /**
   * Returns the weights if they are there, and so is what belongs to them: where a listing says so,
   * or else in a folder that somebody made by hand and named after the revision.
   */
  Optional<Path> cached() {
    CacheFolder folder = folder();
    Optional<HubListing> listing = listing(folder);
    if (listing.isEmpty()) {
      return HubListing.weights(name, files(folder.path())).flatMap(folder::find);
    }
    Optional<Path> weights = Optional.empty();
    for (HubListing.File file : listing.get().model(name)) {
      weights = folder.find(file.path());
      if (weights.isEmpty()) {
        return weights;
      }
    }
    return weights;
  }

  /** Returns what to do where nothing can be downloaded. */
  String byHand() {
    return "get %s and what is there of config.json and preprocessor_config.json into %s"
        .formatted(
            url(name.revision(), name.file().isEmpty() ? "model.safetensors" : name.file()),
            home.path().resolve(name.revision()));
  }

  /**
   * Returns the weights; downloads what is missing.
   *
   * @param newest whether to ask the hub what the revision is now
   * @param retries makes one for each thing that is asked for
   */
  Path download(Http http, boolean newest, Supplier<Retry> retries, DownloadListener listener) {
    HubListing listing =
        (newest ? Optional.<HubListing>empty() : listing(folder()))
            .orElseGet(() -> ask(http, retries.get()));
    CacheFolder folder = new CacheFolder(home.path().resolve(listing.commit()));
    Path weights = null;
    for (HubListing.File file : listing.model(name)) {
      Optional<Path> cached = folder.find(file.path());
      weights =
          cached.isPresent()
              ? cached.get()
              : new Download(
                      http,
                      url(listing.commit(), file.path()),
                      folder,
                      file.path(),
                      file.size(),
                      answer -> file.checksum().or(answer::hubChecksum),
                      listener)
                  .run(retries.get(), true);
    }
    if (!name.isPinned()) {
      write(reference(), listing.commit() + "\n");
    }
    return weights;
  }

  /** Asks the hub what the revision is now, and keeps the answer if there is a model. */
  private HubListing ask(Http http, Retry retry) {
    URI url =
        URI.create(
            "%s/api/models/%s/%s/revision/%s?blobs=true"
                .formatted(hub, name.owner(), name.name(), escaped(name.revision())));
    String json =
        retry.until(() -> {
          try (Http.Answer answer = http.get(url, Map.of())) {
            return new String(answer.all(MOST_OF_A_LISTING), StandardCharsets.UTF_8);
          }
        });
    HubListing listing = HubListing.parse(url.toString(), json);
    if (name.isPinned() && !listing.commit().equals(name.revision())) {
      throw new MobileNetException(
          "%s: is about commit %s, expected %s".formatted(url, listing.commit(), name.revision()));
    }
    listing.model(name);
    write(home.path().resolve(listing.commit()).resolve(LISTING), json);
    return listing;
  }

  private URI url(String revision, String path) {
    return URI.create(
        "%s/%s/%s/resolve/%s/%s"
            .formatted(hub, name.owner(), name.name(), escaped(revision), path));
  }

  private static String escaped(String revision) {
    return revision.replace("/", "%2F");
  }

  /** Returns the folder of the commit that the revision was when it was downloaded. */
  private CacheFolder folder() {
    String commit =
        read(reference()).map(String::strip).filter(HuggingFace::isCommit).orElse(name.revision());
    return new CacheFolder(home.path().resolve(commit));
  }

  private Path reference() {
    return home.path().resolve(name.revision() + ".commit");
  }

  private static Optional<HubListing> listing(CacheFolder folder) {
    Path file = folder.path().resolve(LISTING);
    return read(file).map(json -> HubListing.parse(file.toString(), json));
  }

  private static List<String> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder, MOST_FOLDERS)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString().replace('\\', '/'))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw new MobileNetException("cannot read %s: %s".formatted(folder, e.getMessage()), e);
    }
  }

  private static Optional<String> read(Path file) {
    try {
      return Files.isRegularFile(file) && Files.size(file) <= MOST_OF_A_LISTING
          ? Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8))
          : Optional.empty();
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw MobileNetException.cannot("write", file, e);
    }
    AtomicFile.writeText(file, text);
  }
}
