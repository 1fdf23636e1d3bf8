package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder with a folder of images for each class, as a training takes it. What the studio adds
 * lies in a hidden folder beside them, which a training does not see.
 *
 * <p>Nothing is deleted: what is removed is moved into that folder.
 *
 * @param folder where it lies
 */
record Project(Path folder) {
  /** So many images of all classes together. */
  static final int MOST_IMAGES = 20_000;

  private static final int MOST_CLASSES = 1000;
  private static final String OWN = ".studio";
  private static final String MODEL = "model";
  private static final Comparator<Path> BY_CHARACTERS =
      Comparator.comparing(path -> path.getFileName().toString());

  /** Returns its name. */
  String name() {
    return folder.getFileName().toString();
  }

  /** Returns a file or folder of the studio's own. */
  Path own(String name) {
    return folder.resolve(OWN).resolve(name);
  }

  /** Makes it. */
  void create(String model) {
    try {
      Files.createDirectories(folder.getParent());
      Files.createDirectory(folder);
      Files.createDirectory(folder.resolve(OWN));
    } catch (FileAlreadyExistsException e) {
      throw new Refusal(Reason.BAD_REQUEST, "there is a project %s already".formatted(name()), e);
    } catch (IOException e) {
      throw MobileNetException.cannot("write", folder, e);
    }
    AtomicFile.writeText(settings(), Json.lines(Map.of(MODEL, model)));
  }

  private Path settings() {
    return own("settings.json");
  }

  /** Returns the name of the model that it begins with, if it says one. */
  Optional<String> model() {
    try {
      return Json.parse(settings().toString(), Files.readString(settings()))
                  instanceof Map<?, ?> map
              && map.get(MODEL) instanceof String name
          ? Optional.of(name)
          : Optional.empty();
    } catch (IOException | MobileNetException _) {
      return Optional.empty(); // a folder that somebody put there
    }
  }

  /** Looks at what is there now. */
  Contents contents() {
    List<String> classes = new ArrayList<>();
    List<Picture> pictures = new ArrayList<>();
    try {
      for (Path own : classFolders()) {
        classes.add(own.getFileName().toString());
        for (Path file : visible(own)) {
          add(own, file, pictures);
        }
      }
    } catch (IOException e) {
      throw MobileNetException.cannot("read", folder, e);
    }
    return new Contents(classes, pictures);
  }

  private List<Path> classFolders() throws IOException {
    return visible(folder).stream().filter(Files::isDirectory).toList();
  }

  private static List<Path> visible(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .sorted(BY_CHARACTERS)
          .toList();
    }
  }

  private static void add(Path own, Path file, List<Picture> pictures) throws IOException {
    if (isImage(file)) {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (attributes.isRegularFile()) {
        pictures.add(
            new Picture(
                own.getFileName().toString(),
                file,
                attributes.size(),
                attributes.lastModifiedTime().toMillis()));
      }
    }
  }

  /**
   * Returns the folder of a class. Which there are is said by the disk, and not by who asks.
   *
   * @throws Refusal if there is none of this name
   */
  private Path classFolder(String className) {
    try {
      return visible(folder).stream()
          .filter(own -> own.getFileName().toString().equals(className) && Files.isDirectory(own))
          .findFirst()
          .orElseThrow(() -> nothing("class", className));
    } catch (IOException e) {
      throw MobileNetException.cannot("read", folder, e);
    }
  }

  /**
   * Returns an image.
   *
   * @throws Refusal if there is none of this name
   */
  Path image(String className, String name) {
    Path own = classFolder(className);
    // A name of one part, as it stands in the folder: nothing that leads elsewhere.
    if (name.matches("[^./\\\\\\p{Cntrl}][^/\\\\\\p{Cntrl}]*")) {
      Path file = own.resolve(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    throw nothing("image", name);
  }

  private static Refusal nothing(String what, String name) {
    return new Refusal(
        Reason.NOT_FOUND, "there is no %s %s".formatted(what, Refusal.abridged(name)));
  }

  /** Makes a class. */
  void addClass(String given) {
    String className = Names.requireClass(given);
    Contents now = contents();
    if (now.classes().size() >= MOST_CLASSES) {
      throw Refusal.bad("there are %s classes, no more are allowed".formatted(MOST_CLASSES));
    }
    requireNew(className, now);
    try {
      Files.createDirectory(folder.resolve(className));
    } catch (IOException e) {
      throw MobileNetException.cannot("write", folder.resolve(className), e);
    }
  }

  /** On some file systems Cat and cat are one. */
  private static void requireNew(String className, Contents now) {
    if (now.classes().stream().anyMatch(className::equalsIgnoreCase)) {
      throw Refusal.bad("there is a class %s already".formatted(className));
    }
  }

  /** Gives a class another name. */
  void renameClass(String className, String given) {
    Path own = classFolder(className);
    String other = Names.requireClass(given);
    if (!other.equals(className)) {
      requireNew(other, contents());
      move(own, folder.resolve(other));
    }
  }

  /** Takes a class away, with its images. */
  void removeClass(String className) {
    Path own = classFolder(className);
    move(own, free(own("removed").resolve(className)));
  }

  /** Returns how many files with the ending of an image there are, without a look at them. */
  private int count() {
    int count = 0;
    try {
      for (Path own : classFolders()) {
        count += count(own);
      }
    } catch (IOException e) {
      throw MobileNetException.cannot("read", folder, e);
    }
    return count;
  }

  /**
   * Returns as many of a class.
   *
   * @throws Refusal if there is none of this name
   */
  int count(String className) {
    try {
      return count(classFolder(className));
    } catch (IOException e) {
      throw MobileNetException.cannot("read", folder, e);
    }
  }

  private static int count(Path own) throws IOException {
    try (Stream<Path> files = Files.list(own)) {
      return Math.toIntExact(files.filter(Project::isImage).count());
    }
  }

  private static boolean isImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && ImageReader.endings().stream().anyMatch(name::endsWith);
  }

  /**
   * Adds an image, called by its content: the same one twice is one.
   *
   * @param ending such as {@code .jpg}
   * @return its name
   */
  String add(String className, byte[] image, String ending) {
    Path own = classFolder(className);
    int count = count();
    if (count >= MOST_IMAGES) {
      throw Refusal.bad("there are %s images, no more are allowed".formatted(count));
    }
    Path file = own.resolve(hash(image).substring(0, 20) + ending);
    if (!Files.exists(file)) {
      AtomicFile.write(file, ByteBuffer.wrap(image));
    }
    return file.getFileName().toString();
  }

  /** Takes an image away. */
  void remove(String className, String name) {
    Path file = image(className, name);
    move(file, free(own("removed").resolve(className + " - " + name)));
  }

  /** Moves an image into another class. */
  void move(String className, String name, String other) {
    Path file = image(className, name);
    Path target = classFolder(other).resolve(file.getFileName());
    if (Files.exists(target)) {
      remove(className, name); // It is there already.
    } else {
      move(file, target);
    }
  }

  private static Path free(Path wanted) {
    Path path = wanted;
    for (int i = 2; Files.exists(path); i++) {
      path = wanted.resolveSibling(wanted.getFileName() + " (" + i + ")");
    }
    return path;
  }

  private static void move(Path from, Path to) {
    try {
      Files.createDirectories(to.getParent());
      Files.move(from, to);
    } catch (IOException e) {
      throw MobileNetException.cannot("move", from, e);
    }
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
