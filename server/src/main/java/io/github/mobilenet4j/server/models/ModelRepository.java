package io.github.mobilenet4j.server.models;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.server.metrics.ServerMetrics;
import io.github.mobilenet4j.server.protocol.ModelMetadata;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The models that are served. Which there may be is said at the beginning; a caller may have them
 * unloaded and loaded again, from the file that was named then and from nowhere else.
 *
 * <p>Safe for use by many threads: a model that is replaced or unloaded finishes what was asked of
 * it before.
 */
public final class ModelRepository implements AutoCloseable {
  /** Of two versions the later: by number where both are numbers. */
  private static final Comparator<String> BY_VERSION =
      Comparator.<String>comparingInt(version -> version.matches("\\d{1,9}") ? 1 : 0)
          .thenComparingInt(version -> version.matches("\\d{1,9}") ? Integer.parseInt(version) : 0)
          .thenComparing(Comparator.naturalOrder());

  private enum State {
    LOADING,
    READY,
    UNAVAILABLE
  }

  /** What is known of a file, to see whether it is another. */
  private record Stamp(FileTime time, long size) {}

  /** A place for a model, which may be there or not. */
  private static final class Slot {
    private final ModelSpec spec;
    private final ModelStatistics statistics;
    private volatile State state = State.LOADING;
    private volatile String reason = "";

    /** Whether it was unloaded because somebody asked for that. */
    private volatile boolean unloaded;

    private volatile @Nullable ServedModel current;
    private @Nullable Stamp stamp;

    private Slot(ModelSpec spec, ModelStatistics statistics) {
      this.spec = spec;
      this.statistics = statistics;
    }
  }

  /** A model that is held until this is closed. */
  public static final class Lease implements AutoCloseable {
    private final ServedModel model;

    private Lease(ServedModel model) {
      this.model = model;
    }

    /** Returns it. */
    public ServedModel model() {
      return model;
    }

    @Override
    public void close() {
      model.letGo();
    }
  }

  private final ServedModel.Settings settings;
  private final Consumer<Duration> expected;

  /** By name, in the order in which they were given, then by version. */
  private final Map<String, TreeMap<String, Slot>> slots = new LinkedHashMap<>();

  /**
   * @param specs the models there may be
   * @param expected is told how long an image takes, when a model was loaded
   * @throws MobileNetException if two have the same name and version
   */
  public ModelRepository(
      List<ModelSpec> specs,
      ServedModel.Settings settings,
      ServerMetrics metrics,
      Consumer<Duration> expected) {
    this.settings = settings;
    this.expected = expected;
    for (ModelSpec spec : specs) {
      Slot slot = new Slot(spec, new ModelStatistics(metrics.model(spec.name())));
      if (slots
              .computeIfAbsent(spec.name(), _ -> new TreeMap<>(BY_VERSION))
              .put(spec.version(), slot)
          != null) {
        throw new MobileNetException(
            "model %s has version %s twice".formatted(spec.name(), spec.version()));
      }
    }
  }

  private List<Slot> all() {
    return slots.values().stream().flatMap(versions -> versions.values().stream()).toList();
  }

  /**
   * Loads every model.
   *
   * @throws MobileNetException if one cannot be read
   */
  public void loadAll() {
    all().forEach(this::load);
  }

  /** Returns whether every model is ready that was not unloaded on purpose. */
  public boolean isReady() {
    return all().stream().allMatch(slot -> slot.unloaded || slot.state == State.READY);
  }

  /** Returns the names of all models, in the order in which they were given. */
  public List<String> names() {
    return List.copyOf(slots.keySet());
  }

  /**
   * Holds a model.
   *
   * @param version empty for the latest that is ready
   * @throws Refusal if there is no such model, or it is not ready
   */
  public Lease lease(String name, Optional<String> version) {
    List<Slot> candidates = candidates(name, version);
    for (Slot slot : candidates) {
      // Between the two it may be replaced; then there is another.
      for (ServedModel model = slot.current; model != null; model = slot.current) {
        if (model.hold()) {
          return new Lease(model);
        }
      }
    }
    Slot slot = candidates.getFirst();
    throw slot.unloaded
        ? new Refusal(Reason.NOT_FOUND, "model %s is not loaded".formatted(name))
        : new Refusal(Reason.NOT_READY, "model %s is not ready yet".formatted(name));
  }

  /** Returns the slots of a model, latest version first. */
  private List<Slot> candidates(String name, Optional<String> version) {
    TreeMap<String, Slot> versions = slots.get(name);
    if (versions == null) {
      throw new Refusal(
          Reason.NOT_FOUND,
          "there is no model %s; there are %s"
              .formatted(MobileNetException.abridged(name), names()));
    }
    if (version.isEmpty()) {
      return List.copyOf(versions.descendingMap().values());
    }
    Slot slot = versions.get(version.get());
    if (slot == null) {
      throw new Refusal(
          Reason.NOT_FOUND,
          "model %s has no version %s; there are %s"
              .formatted(name, MobileNetException.abridged(version.get()), versions.keySet()));
    }
    return List.of(slot);
  }

  /**
   * Returns whether a model is ready.
   *
   * @param version empty for any
   * @throws Refusal if there is no such model
   */
  public boolean isReady(String name, Optional<String> version) {
    return candidates(name, version).stream().anyMatch(slot -> slot.state == State.READY);
  }

  /**
   * Returns what a model is.
   *
   * @param version empty for the latest that is ready
   * @throws Refusal as {@link #lease}
   */
  public ModelMetadata metadata(String name, Optional<String> version) {
    try (Lease lease = lease(name, version)) {
      return lease.model().metadata(List.copyOf(slots.get(name).keySet()));
    }
  }

  /**
   * Returns the statistics of models as JSON.
   *
   * @param name empty for all
   * @param version empty for all
   * @throws Refusal if there is no such model
   */
  public Map<String, Object> statistics(Optional<String> name, Optional<String> version) {
    List<Slot> chosen = name.map(only -> candidates(only, version)).orElseGet(this::all);
    return Map.of(
        "model_stats",
        chosen.stream()
            .map(slot -> slot.statistics.json(slot.spec.name(), slot.spec.version()))
            .toList());
  }

  /** Returns all models and their state as JSON. */
  public List<Map<String, Object>> index(boolean onlyReady) {
    List<Map<String, Object>> index = new ArrayList<>();
    for (Slot slot : all()) {
      if (!onlyReady || slot.state == State.READY) {
        Map<String, Object> entry = new TreeMap<>();
        entry.put("name", slot.spec.name());
        entry.put("version", slot.spec.version());
        entry.put("state", slot.state.name());
        entry.put("reason", slot.reason);
        index.add(entry);
      }
    }
    return index;
  }

  /**
   * Loads all versions of a model, and again those whose file has changed. The one that is there
   * answers until the new one is warm, and stays if that cannot be read.
   *
   * @throws Refusal if there is no such model, or a file cannot be read
   */
  public void load(String name) {
    for (Slot slot : candidates(name, Optional.empty())) {
      try {
        load(slot);
      } catch (MobileNetException e) {
        throw new Refusal(Reason.BAD_REQUEST, e.getMessage(), e);
      }
    }
  }

  private void load(Slot slot) {
    synchronized (slot) {
      Stamp stamp = stamp(slot.spec);
      if (slot.current != null && Objects.equals(stamp, slot.stamp)) {
        return;
      }
      if (slot.current == null) {
        slot.state = State.LOADING;
      }
      ServedModel loaded;
      try {
        Model model = slot.spec.reader().get();
        loaded = new ServedModel(slot.spec, model, settings, slot.statistics);
        expected.accept(loaded.warmUp());
      } catch (MobileNetException e) {
        slot.reason = e.getMessage();
        if (slot.current == null) {
          slot.state = State.UNAVAILABLE;
        }
        throw e;
      }
      replace(slot, loaded);
      slot.stamp = stamp;
      slot.unloaded = false;
      slot.reason = "";
      slot.state = State.READY;
    }
  }

  private static void replace(Slot slot, @Nullable ServedModel other) {
    ServedModel before = slot.current;
    slot.current = other;
    if (before != null) {
      before.letGo();
    }
  }

  private static @Nullable Stamp stamp(ModelSpec spec) {
    if (spec.file().isEmpty()) {
      return null;
    }
    try {
      return new Stamp(Files.getLastModifiedTime(spec.file().get()), Files.size(spec.file().get()));
    } catch (IOException e) {
      throw MobileNetException.cannot("read", spec.file().get(), e);
    }
  }

  /**
   * Unloads all versions of a model; what was asked of it before is still answered.
   *
   * @throws Refusal if there is no such model
   */
  public void unload(String name) {
    for (Slot slot : candidates(name, Optional.empty())) {
      synchronized (slot) {
        slot.unloaded = true;
        slot.state = State.UNAVAILABLE;
        slot.reason = "unloaded";
        slot.stamp = null;
        replace(slot, null);
      }
    }
  }

  @Override
  public void close() {
    names().forEach(this::unload);
  }
}
