package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.image.ImageReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder with a folder for each class, or with folders for training, validation and test ({@link
 * Split}) that have those. Hidden files, those that computers put beside images, and files that are
 * not called like pictures do not count.
 */
final class ClassFolders {
  private static final System.Logger LOG = System.getLogger(ClassFolders.class.getName());

  /** What Synology, QNAP, macOS and Windows keep beside images. */
  private static final Set<String> OF_COMPUTERS =
      Set.of(
          "@eadir",
          "@recycle",
          "@recently-snapshot",
          "@tmp",
          "#recycle",
          "#snapshot",
          "__macosx",
          "__pycache__",
          "$recycle.bin",
          "system volume information",
          "lost+found");

  /** Not every file system's own order is the same everywhere. */
  private static final Comparator<Path> BY_CHARACTERS = Comparator.comparing(Path::toString);

  private static final int SHOWN = 10;

  private ClassFolders() {}

  static Listing list(Path root) {
    List<Path> folders = folders(root);
    Map<String, Path> byName = new HashMap<>();
    folders.forEach(folder -> byName.put(folder.getFileName().toString(), folder));
    Map<Split, List<String>> splits = Split.named(byName.keySet());
    splits.values().stream()
        .filter(names -> names.size() > 1)
        .findFirst()
        .ifPresent(names -> {
          throw new MobileNetException(
              "%s: both %s and %s, expected one of them"
                  .formatted(root, names.get(0), names.get(1)));
        });
    if (splits.isEmpty() && folders.size() == 1 && !folders(folders.getFirst()).isEmpty()) {
      return list(folders.getFirst()); // a folder around it, as archives have
    }
    List<Listing.Entry> entries = new ArrayList<>();
    // Beside other folders, a lone "train" is a class: perhaps of vehicles.
    if (splits.isEmpty() || splits.size() == 1 && folders.size() > 1) {
      warnOfSplits(root, folders);
      addClasses(Split.TRAIN, root, folders, entries);
    } else {
      if (splits.size() < folders.size()) {
        LOG.log(
            Level.WARNING,
            () ->
                "%s: only %s are read"
                    .formatted(root, splits.values().stream().flatMap(List::stream).toList()));
      }
      splits.forEach((split, names) -> addSplit(split, byName.get(names.getFirst()), entries));
    }
    return new Listing(root.toString(), root, entries);
  }

  /** Says so where folders look like splits with unusual names, and not like classes. */
  private static void warnOfSplits(Path root, List<Path> folders) {
    List<Set<String>> below =
        folders.stream()
            .map(folder ->
                folders(folder).stream()
                    .map(f -> f.getFileName().toString())
                    .collect(Collectors.toCollection(TreeSet::new)))
            .collect(Collectors.toList());
    if (below.size() > 1 && below.getFirst().size() > 1 && Set.copyOf(below).size() == 1) {
      LOG.log(
          Level.WARNING,
          () ->
              ("%s: %s all have the same folders, %s, and are taken for the classes; if those are"
                      + " the classes, call these train, validation and test")
                  .formatted(
                      root, names(folders), Visible.first(List.copyOf(below.getFirst()), SHOWN)));
    }
  }

  private static String names(List<Path> files) {
    return Visible.first(files.stream().map(file -> file.getFileName().toString()).toList(), SHOWN);
  }

  /** Adds what is for one purpose; validation and test may be without labels, as in contests. */
  private static void addSplit(Split split, Path root, List<Listing.Entry> entries) {
    Path folder = root;
    List<Path> classes = folders(folder);
    if (classes.size() == 1 && classes.getFirst().getFileName().equals(folder.getFileName())) {
      folder = classes.getFirst(); // as archives are often unpacked: seg_train/seg_train
      classes = folders(folder);
    }
    Set<String> known = entries.stream().map(Listing.Entry::className).collect(Collectors.toSet());
    if (split != Split.TRAIN
        && !known.isEmpty()
        && classes.stream().noneMatch(c -> known.contains(c.getFileName().toString()))) {
      LOG.log(
          Level.WARNING,
          () -> root + ": no folder of a class in it, left out: its pictures have no labels");
      return;
    }
    addClasses(split, folder, classes, entries);
  }

  private static void addClasses(
      Split split, Path root, List<Path> classes, List<Listing.Entry> entries) {
    if (classes.isEmpty()) {
      throw new MobileNetException(
          root + ": no folders in it, expected one with pictures for each class");
    }
    for (Path folder : classes) {
      ImageFiles files = ImageFiles.in(folder);
      if (files.images.isEmpty()) {
        LOG.log(
            Level.WARNING,
            () -> "%s: no pictures in it%s, left out".formatted(folder, files.others()));
      }
      String name = folder.getFileName().toString();
      files.images.forEach(file -> entries.add(new Listing.Entry(split, name, file)));
    }
  }

  private static List<Path> folders(Path root) {
    try (Stream<Path> files = Files.list(root)) {
      return files
          .filter(Files::isDirectory)
          .filter(ClassFolders::isVisible)
          .sorted(BY_CHARACTERS)
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw unreadable(root, e);
    }
  }

  /** The files in a folder, and in the folders in it. */
  private static final class ImageFiles extends SimpleFileVisitor<Path> {
    private final Path root;
    private final List<Path> images = new ArrayList<>();
    private final Map<String, Integer> endings = new TreeMap<>();

    private ImageFiles(Path root) {
      this.root = root;
    }

    static ImageFiles in(Path folder) {
      ImageFiles files = new ImageFiles(folder);
      try {
        Files.walkFileTree(folder, Set.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, files);
      } catch (IOException e) {
        throw unreadable(folder, e);
      }
      files.images.sort(BY_CHARACTERS);
      return files;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
        throws IOException {
      if (folder.equals(root)) {
        return FileVisitResult.CONTINUE;
      }
      // From a folder above, the images of other classes would be taken for this one's.
      if (Files.isSymbolicLink(folder) && root.toRealPath().startsWith(folder.toRealPath())) {
        leaveOut(folder);
        return FileVisitResult.SKIP_SUBTREE;
      }
      return isVisible(folder) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
    }

    private static void leaveOut(Path link) {
      LOG.log(Level.WARNING, () -> link + ": a link to a folder around it, left out");
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (attributes.isRegularFile() && isVisible(file)) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (ImageReader.endings().stream().anyMatch(name::endsWith)) {
          images.add(file);
        } else {
          int dot = name.lastIndexOf('.');
          endings.merge(dot < 0 ? "without ending" : name.substring(dot), 1, Integer::sum);
        }
      }
      return FileVisitResult.CONTINUE;
    }

    /** A link to a folder above would go round for ever. */
    @Override
    public FileVisitResult visitFileFailed(Path file, IOException fault) throws IOException {
      if (fault instanceof FileSystemLoopException) {
        leaveOut(file);
        return FileVisitResult.CONTINUE;
      }
      throw fault;
    }

    /** Returns what is there instead, by ending, in words. */
    private String others() {
      return endings.isEmpty()
          ? ""
          : endings.entrySet().stream()
              .limit(SHOWN)
              .map(e -> e.getValue() + " " + e.getKey())
              .collect(Collectors.joining(", ", " that can be read (", ")"));
    }
  }

  private static boolean isVisible(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && !OF_COMPUTERS.contains(name);
  }

  private static MobileNetException unreadable(Path folder, Exception cause) {
    return cause instanceof UncheckedIOException e
        ? unreadable(folder, e.getCause())
        : MobileNetException.cannot("read", folder, (IOException) cause);
  }
}
