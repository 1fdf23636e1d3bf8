package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A project that somebody teaches: what has changed in its folder is noticed when somebody asks,
 * features are computed of what is new, a head is trained of all of them, then reviewed.
 *
 * <p>Safe for use by many threads; the work is done on one.
 */
final class Teaching {
  private static final System.Logger LOG = System.getLogger(Teaching.class.getName());

  /** So many new images at least, and a head is trained before the others are there. */
  private static final int BETWEEN = 64;

  /** Nor so few that a training learns of fewer than a quarter more. */
  private static final int PART = 4;

  /** Looking at a folder of many images takes at most this part of the time. */
  private static final int PATIENCE = 10;

  private final Project project;
  private final Backbone backbone;
  private final Pictures reader;
  private final FeatureStore store;
  private final Executor worker;
  private final AtomicBoolean working = new AtomicBoolean();
  private final Set<String> unreadable = ConcurrentHashMap.newKeySet();
  private final Object looking = new Object();
  private volatile Contents contents = Contents.NONE;

  /** Whether the studio itself has changed something since it looked. */
  private volatile boolean changed = true;

  // Guarded by looking.
  private long looked;
  private long took;

  /** New images since a head was trained; of the worker. */
  private int fresh;

  private volatile Optional<Learned> learned = Optional.empty();
  private volatile Optional<Reviewed> reviewed = Optional.empty();
  private volatile boolean closed;

  /**
   * A head, and what it was trained of.
   *
   * @param from what was there
   * @param images that it has learned from
   */
  record Learned(
      Contents from, List<String> classes, SoftmaxHead head, int images, double milliseconds) {}

  private record Reviewed(Contents from, Review review, List<Advice> advice) {}

  /**
   * @param worker does the work, one task after the other
   */
  Teaching(Project project, Backbone backbone, Pictures reader, Executor worker) {
    this.project = project;
    this.backbone = backbone;
    this.reader = reader;
    this.worker = worker;
    this.store =
        new FeatureStore(project.own("features.safetensors"), backbone.hash(), backbone.features());
  }

  Project project() {
    return project;
  }

  Backbone backbone() {
    return backbone;
  }

  /** Looks at the folder, and has the work done that is left. */
  Contents refresh() {
    Contents now = look();
    if (reviewed.map(known -> !known.from.equals(now)).orElse(true)) {
      begin();
    }
    return now;
  }

  private void begin() {
    if (!closed && working.compareAndSet(false, true)) {
      worker.execute(this::work);
    }
  }

  /** What is there now; what others have put there is seen a moment later if there is much. */
  private Contents look() {
    synchronized (looking) {
      long now = System.nanoTime();
      if (changed || now - looked > PATIENCE * took) {
        changed = false;
        Contents found = project.contents();
        looked = System.nanoTime();
        took = looked - now;
        if (!found.equals(contents)) {
          contents = found;
        }
      }
      return contents;
    }
  }

  /** Somebody has changed the folder: it is looked at anew before anything is said of it. */
  void changed() {
    changed = true;
    begin();
  }

  /**
   * Adds an image, as {@link Project#add}. The folder is looked at later, once for all that come
   * meanwhile.
   */
  String add(String className, byte[] image, String ending) {
    String name = project.add(className, image, ending);
    changed();
    return name;
  }

  /** Ends what is under way. */
  void close() {
    closed = true;
  }

  private void work() {
    try {
      Contents before;
      do {
        before = look();
        work(before);
      } while (!closed && before != look());
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, project.folder().toString(), e);
    } finally {
      working.set(false);
      if (changed) {
        begin(); // It was between the last look and now.
      }
    }
  }

  private void work(Contents now) {
    for (Picture picture : now.pictures()) {
      if (closed || now != contents) {
        return; // Something else is there by now.
      }
      if (store.get(picture).isEmpty() && !unreadable.contains(picture.key())) {
        compute(picture);
        if (++fresh >= Math.max(BETWEEN, store.size() / PART)) {
          train(now);
        }
      }
    }
    store.save(now.pictures());
    train(now);
    review(now);
  }

  private void compute(Picture picture) {
    try {
      store.put(picture, backbone.engine().features(reader.read(picture.file())));
    } catch (ImageException e) {
      LOG.log(System.Logger.Level.DEBUG, picture.file().toString(), e);
      unreadable.add(picture.key());
    } catch (MobileNetException e) {
      // It may just have been taken away: then there is something else to do.
      if (Files.exists(picture.file())) {
        unreadable.add(picture.key());
      }
    }
  }

  /** The images whose features are known. */
  private record Known(List<String> classes, List<Picture> pictures, List<float[]> x) {}

  private Known known(Contents now) {
    List<Picture> pictures = new ArrayList<>();
    List<float[]> x = new ArrayList<>();
    for (Picture picture : now.pictures()) {
      store
          .get(picture)
          .ifPresent(features -> {
            pictures.add(picture);
            x.add(features);
          });
    }
    return new Known(new Contents(now.classes(), pictures).used(), pictures, x);
  }

  private void train(Contents now) {
    fresh = 0;
    Known known = known(now);
    if (known.classes.size() < 2) {
      learned = Optional.empty();
      return;
    }
    long start = System.nanoTime();
    int[] labels =
        known.pictures.stream().mapToInt(p -> known.classes.indexOf(p.className())).toArray();
    SoftmaxHead head = SoftmaxHead.train(known.x, labels, known.classes.size());
    learned =
        Optional.of(
            new Learned(
                now, known.classes, head, labels.length, (System.nanoTime() - start) / 1e6));
  }

  private void review(Contents now) {
    Known known = known(now);
    Review review =
        known.classes.size() < 2
            ? new Review(known.classes, List.of())
            : Review.of(known.classes, known.pictures, known.x);
    List<Twins.Pair> twins = Twins.of(known.pictures, known.x);
    reviewed = Optional.of(new Reviewed(now, review, Advice.looking(review, twins)));
  }

  /** Returns the head, if there is one. */
  Optional<Learned> learned() {
    return learned;
  }

  /**
   * Returns the whole model.
   *
   * @throws Refusal if nothing was learned yet
   */
  Model model() {
    Learned known = requireLearned();
    return backbone.with(known.head, known.classes);
  }

  private Learned requireLearned() {
    return learned.orElseThrow(() ->
        new Refusal(
            Reason.BAD_REQUEST, "nothing is learned yet: two classes with images are needed"));
  }

  /** Says what an image shows, most probable first. */
  List<Object> predict(RgbImage image) {
    Learned known = requireLearned();
    return probabilities(
        known.classes, known.head.probabilities(backbone.engine().features(image)));
  }

  /** Returns classes with their probabilities as JSON, in the order of the classes. */
  static List<Object> probabilities(List<String> classes, float[] probabilities) {
    List<Object> json = new ArrayList<>();
    for (int k = 0; k < probabilities.length; k++) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("label", classes.get(k));
      one.put("probability", probabilities[k]);
      json.add(one);
    }
    return json;
  }

  /** Returns which classes the head takes for which. */
  Map<String, Object> confusion() {
    return reviewed
        .map(known -> known.review.confusion())
        .orElseThrow(() -> new Refusal(Reason.NOT_FOUND, "the images are not reviewed yet"));
  }

  /** Returns what the page shows of it. */
  Map<String, Object> json() {
    Contents now = refresh();
    Map<String, Integer> counts = new LinkedHashMap<>();
    now.classes().forEach(name -> counts.put(name, 0));
    int done = 0;
    List<Picture> broken = new ArrayList<>();
    for (Picture picture : now.pictures()) {
      counts.merge(picture.className(), 1, Integer::sum);
      if (unreadable.contains(picture.key())) {
        broken.add(picture);
        done++;
      } else {
        done += store.get(picture).isPresent() ? 1 : 0;
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", project.name());
    List<Object> classes = new ArrayList<>();
    counts.forEach((name, count) -> classes.add(Map.of("name", name, "images", count)));
    json.put("classes", classes);
    json.put("images", now.pictures().size());
    json.put("done", done);
    json.put("busy", working.get());
    learned.ifPresent(known -> {
      Map<String, Object> head = new LinkedHashMap<>();
      head.put("classes", known.classes);
      head.put("images", known.images);
      head.put("milliseconds", known.milliseconds);
      head.put("current", known.from.equals(now));
      json.put("head", head);
    });
    List<Advice> advice = new ArrayList<>(Advice.counting(now, broken));
    reviewed.ifPresent(known -> {
      json.put("accuracy", known.review.accuracy());
      json.put("reviewed", known.from.equals(now));
      if (known.from.equals(now)) {
        advice.addAll(known.advice);
      }
    });
    json.put("advice", advice.stream().map(Advice::json).toList());
    return json;
  }
}
