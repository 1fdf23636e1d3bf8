package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.FolderLock;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.hub.ModelName.HuggingFace;
import io.github.mobilenet4j.hub.ModelName.Keras;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Models by name. A name is one of
 *
 * <ul>
 *   <li>{@code hf:OWNER/NAME}, a repository of the Hugging Face hub, such as {@code
 *       hf:timm/mobilenetv1_100.ra4_e3600_r224_in1k}; also with {@code /FILE} for weights that have
 *       no usual name, and {@code @REVISION} for a branch, a tag or a commit;
 *   <li>{@code keras:WIDTH_RESOLUTION}, the weights of Keras' applications, such as {@code
 *       keras:1.0_224}.
 * </ul>
 *
 * <p>What a name stands for is downloaded once, checked and kept in a cache. From then on the
 * network is not touched; {@link #refresh} asks whether there is something newer. Immutable, and
 * safe to share between threads; nothing is downloaded but by {@link #fetch} and {@link #refresh}.
 *
 * <pre>{@code
 * Path file = Hub.fromEnvironment().fetch("hf:timm/mobilenetv1_100.ra4_e3600_r224_in1k");
 * Model model = Models.read(file);
 * }</pre>
 */
public final class Hub {
  private final Path cache;
  private final boolean offline;
  private final URI huggingFace;
  private final URI keras;
  private final Optional<String> token;
  private final ProxySelector proxies;
  private final Duration patience;
  private final Duration pause;

  private Hub(Builder builder) {
    cache = builder.cache;
    offline = builder.offline;
    huggingFace = builder.huggingFace;
    keras = builder.keras;
    token = builder.token;
    proxies = builder.proxies;
    patience = builder.patience;
    pause = builder.pause;
  }

  /** Returns a hub as the environment says; see {@link #builder()}. */
  public static Hub fromEnvironment() {
    return builder().build();
  }

  /**
   * Returns settings as the environment says:
   *
   * <ul>
   *   <li>the cache: {@code MOBILENET4J_CACHE}, else {@code mobilenet4j} in {@code XDG_CACHE_HOME},
   *       else in {@code .cache} in the home folder;
   *   <li>no downloads: {@code MOBILENET4J_OFFLINE} or {@code HF_HUB_OFFLINE}, if 1, true, yes, on;
   *   <li>mirrors: {@code HF_ENDPOINT} and {@code MOBILENET4J_KERAS_URL};
   *   <li>a token: {@code HF_TOKEN}, sent to the Hugging Face hub or its mirror alone;
   *   <li>proxies: Java's properties ({@code https.proxyHost}), else {@code HTTPS_PROXY}, {@code
   *       HTTP_PROXY}, {@code ALL_PROXY}, {@code NO_PROXY}.
   * </ul>
   *
   * @throws MobileNetException if an address in it is none
   */
  public static Builder builder() {
    return new Builder(System.getenv());
  }

  /** Returns whether a text is meant to be a model's name, right or not; else it is a file's. */
  public static boolean isName(String text) {
    return ModelName.is(text);
  }

  /**
   * Throws the exception that {@link #fetch} would throw, if a text is no model's name.
   *
   * @throws MobileNetException naming what was expected
   */
  public static void requireName(String text) {
    ModelName.of(text);
  }

  /** As {@link #fetch(String, DownloadListener)}, without a listener. */
  public Path fetch(String name) {
    return fetch(name, DownloadListener.SILENT);
  }

  /**
   * Returns the weights of a model, from the cache if they are there. What lies beside them is what
   * their source keeps beside them, for {@code Models.read}.
   *
   * @throws MobileNetException if the text is no name, if the weights are neither in the cache nor
   *     to be had, or if they are not what they should be
   */
  public Path fetch(String name, DownloadListener listener) {
    return get(name, listener, false);
  }

  /**
   * Returns the newest weights of a model: as {@link #fetch(String, DownloadListener)}, but the
   * server is asked what a branch or a tag stands for now, unless downloads are forbidden.
   *
   * @throws MobileNetException as {@link #fetch(String, DownloadListener)}
   */
  public Path refresh(String name, DownloadListener listener) {
    return get(name, listener, !offline);
  }

  private Path get(String text, DownloadListener listener, boolean newest) {
    ModelName name = ModelName.of(text);
    try {
      return Reading.of(
          text,
          () ->
              switch (name) {
                case HuggingFace hub -> get(hub, listener, newest && !hub.isPinned());
                case Keras application -> get(application, listener);
              });
    } catch (MobileNetException e) {
      throw e.in(text);
    }
  }

  private Path get(Keras name, DownloadListener listener) {
    CacheFolder folder = new CacheFolder(cache.resolve("keras"));
    String file = name.file();
    Optional<Path> cached = folder.find(file);
    if (cached.isPresent()) {
      return cached.get();
    }
    URI url = URI.create(keras + "/" + file);
    requireOnline("get %s into %s".formatted(url, folder.path()));
    try (FolderLock _ = folder.lock(listener);
        Http http = new Http(proxies, patience, keras, Optional.empty())) {
      // Another process may have been faster.
      return folder
          .find(file)
          .orElseGet(() ->
              new Download(http, url, folder, file, -1, Http.Answer::googleChecksum, listener)
                  .run(new Retry(listener, pause), false));
    }
  }

  private Path get(HuggingFace name, DownloadListener listener, boolean newest) {
    Path home = cache.resolve("hf").resolve(name.owner()).resolve(name.name());
    HubRepository repository = new HubRepository(huggingFace, new CacheFolder(home), name);
    Optional<Path> cached = newest ? Optional.empty() : repository.cached();
    if (cached.isPresent()) {
      return cached.get();
    }
    requireOnline(repository.byHand());
    try (FolderLock _ = repository.home().lock(listener);
        Http http = new Http(proxies, patience, huggingFace, token)) {
      Optional<Path> meanwhile = newest ? Optional.empty() : repository.cached();
      return meanwhile.orElseGet(
          () -> repository.download(http, newest, () -> new Retry(listener, pause), listener));
    }
  }

  private void requireOnline(String byHand) {
    if (offline) {
      throw new MobileNetException(
          "is not in the cache, and downloads are forbidden (--offline, MOBILENET4J_OFFLINE or "
              + "HF_HUB_OFFLINE). To put it there by hand, "
              + byHand);
    }
  }

  /** Settings of a {@link Hub}; those not set are the environment's. */
  public static final class Builder {
    private static final Set<String> YES = Set.of("1", "true", "yes", "on");

    /** Null if the environment names none and the user has no home folder. */
    private Path cache;

    private boolean offline;
    private URI huggingFace;
    private URI keras;
    private Optional<String> token;
    private ProxySelector proxies;
    private Duration patience = Duration.ofSeconds(30);
    private Duration pause = Duration.ofSeconds(1);

    Builder(Map<String, String> environment) {
      cache = cache(environment);
      offline =
          Stream.of("MOBILENET4J_OFFLINE", "HF_HUB_OFFLINE")
              .map(name -> environment.getOrDefault(name, "").strip().toLowerCase(Locale.ROOT))
              .anyMatch(YES::contains);
      huggingFace = address("HF_ENDPOINT", environment, "https://huggingface.co");
      keras =
          address(
              "MOBILENET4J_KERAS_URL",
              environment,
              "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet");
      token(environment.getOrDefault("HF_TOKEN", "").strip());
      boolean javaKnows =
          Stream.of("http.proxyHost", "https.proxyHost", "java.net.useSystemProxies")
              .anyMatch(name -> System.getProperty(name) != null);
      proxies = javaKnows ? ProxySelector.getDefault() : EnvironmentProxies.of(environment);
    }

    private static Path cache(Map<String, String> environment) {
      try {
        String own = environment.getOrDefault("MOBILENET4J_CACHE", "");
        if (!own.isBlank()) {
          return Path.of(own);
        }
        // The XDG specification has relative paths ignored; Java says "?" where it finds no home.
        Path home = Path.of(System.getProperty("user.home"));
        return Stream.of(
                Path.of(environment.getOrDefault("XDG_CACHE_HOME", "")), home.resolve(".cache"))
            .filter(Path::isAbsolute)
            .findFirst()
            .map(parent -> parent.resolve("mobilenet4j"))
            .orElse(null);
      } catch (InvalidPathException e) {
        throw new MobileNetException(
            "MOBILENET4J_CACHE or XDG_CACHE_HOME is no folder: " + e.getMessage(), e);
      }
    }

    private static URI address(String name, Map<String, String> environment, String usual) {
      String text = environment.getOrDefault(name, "").strip();
      return text.isEmpty() ? URI.create(usual) : web(name, text);
    }

    private static URI web(String name, String text) {
      try {
        URI url = URI.create(text.replaceFirst("/+$", ""));
        if (Http.isWeb(url) && url.getUserInfo() == null && url.getQuery() == null) {
          return url;
        }
      } catch (IllegalArgumentException _) {
        // As for an address with another scheme.
      }
      // Not shown: it may hold a password.
      throw new MobileNetException(
          name + ": expected an address such as https://mirror.example.org");
    }

    /** Sets the folder of what was downloaded. */
    public Builder cache(Path folder) {
      cache = folder;
      return this;
    }

    /** Sets whether nothing may be downloaded. */
    public Builder offline(boolean forbidden) {
      offline = forbidden;
      return this;
    }

    /**
     * Sets where the Hugging Face hub is, or a mirror of it.
     *
     * @throws MobileNetException if it is no address of http or https
     */
    public Builder huggingFace(URI address) {
      huggingFace = web("huggingFace", address.toString());
      return this;
    }

    /**
     * Sets where the files of Keras' applications are.
     *
     * @throws MobileNetException if it is no address of http or https
     */
    public Builder keras(URI address) {
      keras = web("keras", address.toString());
      return this;
    }

    /**
     * Sets the Hugging Face hub's access token, empty for none.
     *
     * @throws MobileNetException if it has other characters than ASCII's visible ones
     */
    public Builder token(String secret) {
      if (!secret.matches("[!-~]*")) {
        throw new MobileNetException(
            "HF_TOKEN: expected a text of letters, digits and signs, such as hf_…");
      }
      token = Optional.of(secret).filter(text -> !text.isEmpty());
      return this;
    }

    /** Sets the proxies through which the network is reached. */
    public Builder proxies(ProxySelector selector) {
      proxies = selector;
      return this;
    }

    /** Sets how long to wait for a server, and before trying again for the first time. */
    Builder waits(Duration forServer, Duration firstPause) {
      patience = forServer;
      pause = firstPause;
      return this;
    }

    /**
     * Returns the hub of these settings.
     *
     * @throws MobileNetException if no folder is set for the cache, and the user has no home folder
     */
    public Hub build() {
      if (cache == null) {
        throw new MobileNetException(
            "there is no home folder that downloads could be kept in; set MOBILENET4J_CACHE to a"
                + " folder");
      }
      return new Hub(this);
    }
  }
}
