import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Makes a folder that has all that the command needs, its own small Java too, for the system that
 * this runs on. The jar stays on the class path: libraries without modules cannot be linked.
 */
final class Dist {
  /** What nothing in the jar names: the Vector API is looked for when the command runs. */
  private static final List<String> MORE_MODULES =
      List.of("jdk.incubator.vector", "jdk.crypto.cryptoki", "jdk.zipfs");

  private Dist() {}

  /** Takes the jar, the folder of the launchers, the project's root, and the folder to make. */
  public static void main(String[] args) throws IOException {
    Path jar = Path.of(args[0]);
    Path launchers = Path.of(args[1]);
    Path root = Path.of(args[2]);
    Path target = Path.of(args[3]);
    remove(target);
    Set<String> modules = new TreeSet<>(MORE_MODULES);
    modules.addAll(
        List.of(
            tool(
                    "jdeps",
                    "--ignore-missing-deps",
                    "--multi-release",
                    "base",
                    "--print-module-deps",
                    jar.toString())
                .strip()
                .split(",")));
    tool(
        "jlink",
        "--add-modules",
        String.join(",", modules),
        "--strip-debug",
        "--no-header-files",
        "--no-man-pages",
        "--compress",
        "zip-6",
        "--output",
        target.resolve("runtime").toString());
    copy(jar, target.resolve("lib"));
    for (String name : List.of("LICENSE", "NOTICE")) {
      copy(root.resolve(name), target);
    }
    for (String name : List.of("mobilenet4j", "mobilenet4j.cmd")) {
      Path launcher = copy(launchers.resolve(name), target.resolve("bin"));
      launcher.toFile().setExecutable(true, false);
    }
    System.out.println(target + ": " + String.join(", ", modules));
  }

  private static Path copy(Path file, Path folder) throws IOException {
    Files.createDirectories(folder);
    return Files.copy(
        file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static String tool(String name, String... words) {
    StringWriter out = new StringWriter();
    int status =
        ToolProvider.findFirst(name)
            .orElseThrow()
            .run(new PrintWriter(out, true), new PrintWriter(System.err, true), words);
    if (status != 0) {
      throw new IllegalStateException(name + " failed: " + out);
    }
    return out.toString();
  }
}
