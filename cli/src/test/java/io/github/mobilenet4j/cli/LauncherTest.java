package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher, in a checkout whose build takes no time and mostly with a JDK of a few lines, which
 * writes down how it was called. {@code -Dlauncher.shell="busybox sh"} tries another shell.
 */
@Timeout(60)
class LauncherTest {
  private static final Path ROOT = Path.of(System.getProperty("mobilenet4j.root"));
  private static final List<String> SHELL =
      List.of(System.getProperty("launcher.shell", "sh").split(" "));

  /** Builds a jar that is one of its sources; two in one folder break each other. */
  private static final String MVNW =
      """
      echo built >>"$TEST/builds"
      mkdir -p cli/target
      mkdir cli/target/classes || exit 9
      sleep "${BUILD_SECONDS-0}"
      rmdir cli/target/classes
      cp "${JAR-cli/src/main/Main.java}" cli/target/mobilenet4j.jar
      exit "${BUILD_STATUS-0}"
      """;

  /** Says how it was called; makes a start-up cache of its arguments. */
  private static final String JAVA =
      """
      #!/bin/sh
      case "$*" in
      *AOTCacheOutput=*)
        echo "$* ${JAVA_TOOL_OPTIONS-}" >>"$TEST/caches"
        sleep "${CACHE_SECONDS-0}"
        case "$*" in
        *incubator*) ;;
        *) [ -z "${NEEDS_VECTOR_API-}" ] || exit 3 ;;
        esac
        for argument; do
          case $argument in
          -XX:AOTCacheOutput=*) echo "$*" >"${argument#*=}" ;;
          esac
        done
        exit "${CACHE_STATUS-0}"
        ;;
      *AOTMode=on*) ;;
      *)
        printf '%s\\n' "$@"
        echo "LC_ALL=${LC_ALL-}"
        ;;
      esac
      """;

  @TempDir private Path temporary;
  private Path checkout;
  private Path made;
  private Path jdk;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void checkout() throws IOException {
    checkout = temporary.resolve("a checkout's \"$folder\"");
    made = checkout.resolve("cli/target/command");
    copy("mobilenet4j");
    copy(".mvn/jdk.sh");
    write(checkout.resolve("mvnw"), MVNW);
    write(checkout.resolve("LICENSE"), "");
    write(checkout.resolve("NOTICE"), "");
    write(checkout.resolve("pom.xml"), "<project/>");
    write(checkout.resolve("cli/pom.xml"), "<project/>");
    write(source(), "class Main {}");
    jdk = jdk("jdk", "Some Vendor");
    environment.put("PATH", System.getenv("PATH"));
    environment.put("HOME", Files.createDirectories(temporary.resolve("home")).toString());
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("TEST", temporary.toString());
    environment.put("LANG", "C.UTF-8");
  }

  private void copy(String file) throws IOException {
    write(checkout.resolve(file), Files.readString(ROOT.resolve(file)));
  }

  private static Path write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path source() {
    return checkout.resolve("cli/src/main/Main.java");
  }

  private Path jdk(String name, String vendor) throws IOException {
    Path folder = temporary.resolve(name);
    write(
        folder.resolve("release"),
        "IMPLEMENTOR=\"%s\"\nJAVA_RUNTIME_VERSION=\"25.0.9+1-LTS\"\n".formatted(vendor));
    write(folder.resolve("bin/javac"), "");
    write(folder.resolve("bin/java"), JAVA);
    return folder;
  }

  private Running start(Path folder, List<String> command) throws IOException {
    Path out = Files.createTempFile(temporary, "out", "");
    Path err = Files.createTempFile(temporary, "err", "");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new Running(
        builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start(), out, err);
  }

  private record Running(Process process, Path out, Path err) {
    int exitCode() throws InterruptedException {
      return process.waitFor();
    }

    /** Returns the lines that it printed. */
    List<String> finish() throws IOException, InterruptedException {
      assertThat(exitCode()).as(Files.readString(err)).isZero();
      return Files.readAllLines(out);
    }
  }

  private Running start() throws IOException {
    return start(temporary, command("classify", "a *.png"));
  }

  private List<String> command(String... arguments) {
    List<String> command = new ArrayList<>(SHELL);
    command.add(checkout.resolve("mobilenet4j").toString());
    command.addAll(List.of(arguments));
    return command;
  }

  /** Returns what the JVM was called with. */
  private List<String> run() throws IOException, InterruptedException {
    return start().finish();
  }

  private long lines(String file) throws IOException {
    Path path = temporary.resolve(file);
    return Files.exists(path) ? Files.readAllLines(path).size() : 0;
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.exists(made) ? Files.list(made) : Stream.empty()) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** There is one jar and its start-up cache, and nothing else. */
  private void assertTidy() throws IOException {
    List<String> names = names();
    assertThat(names).hasSize(2);
    assertThat(names.get(0)).matches("mobilenet4j-\\d+-\\d+\\.jar");
    assertThat(names.get(1))
        .matches("start-up-\\d+-\\d+-\\d+-\\d+\\.\\d+-\\d+\\.(machine-code|vector)");
  }

  private static boolean usesCache(List<String> call) {
    return call.stream().anyMatch(argument -> argument.startsWith("-XX:AOTCache="));
  }

  @Test
  void buildsOnceAndHandsTheArgumentsOver() throws IOException, InterruptedException {
    List<String> first = run();
    assertThat(first).containsSubsequence("-jar", "classify", "a *.png");
    assertThat(first).contains("-XX:+UseSerialGC").anyMatch(a -> a.startsWith("-XX:AOTCache="));
    assertTidy();
    assertThat(run()).isEqualTo(first);
    assertThat(lines("builds")).isEqualTo(1);
    assertThat(lines("caches")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 300, 700})
  void twoAtFirstUse(int milliseconds) throws IOException, InterruptedException {
    environment.put("BUILD_SECONDS", "0.5");
    environment.put("CACHE_SECONDS", "0.5");
    Running one = start();
    Thread.sleep(milliseconds);
    Running other = start();
    assertThat(one.finish()).contains("classify");
    assertThat(other.finish()).contains("classify");
    long caches = lines("caches");
    assertThat(run()).anyMatch(argument -> argument.startsWith("-XX:AOTCache="));
    assertThat(lines("caches")).isEqualTo(caches);
    // Two that are finished in the same moment each leave a start-up cache.
    assertThat(names()).hasSizeBetween(2, 3).noneMatch(name -> name.startsWith("work"));
  }

  @Test
  void whatIsEditedIsBuiltAgainWhateverItsDate() throws IOException, InterruptedException {
    run();
    List<String> before = names();
    Files.setLastModifiedTime(source(), FileTime.from(Instant.now().plus(Duration.ofDays(9999))));
    run();
    assertThat(lines("builds")).isEqualTo(1);
    Files.writeString(source(), "class Main { int old; }");
    Files.setLastModifiedTime(source(), FileTime.fromMillis(1_000_000_000_000L));
    run();
    assertThat(lines("builds")).isEqualTo(2);
    assertTidy();
    assertThat(names()).doesNotContainAnyElementsOf(before);
    assertThat(made.resolve(names().get(0))).hasSameBinaryContentAs(source());
  }

  @Test
  void theFirstRunsFlagsDecideNothing() throws IOException, InterruptedException {
    String odd = "-Dmobilenet4j.kernels=plain -Xmx8m";
    environment.put("MOBILENET4J_OPTS", odd);
    environment.put("JAVA_TOOL_OPTIONS", "-Dodd");
    assertThat(run()).contains(odd.split(" ")).contains("--add-modules=jdk.incubator.vector");
    assertThat(temporary.resolve("caches"))
        .content()
        .doesNotContain("plain")
        .doesNotContain("-Xmx8m")
        .doesNotContain("-Dodd")
        .contains("-Djava.io.tmpdir=" + made);
    environment.remove("MOBILENET4J_OPTS");
    environment.remove("JAVA_TOOL_OPTIONS");
    assertThat(run()).doesNotContain("--add-modules=jdk.incubator.vector");
    assertThat(lines("caches")).isEqualTo(1);
  }

  @Test
  void aCacheThatCannotBeMadeIsMadeLater() throws IOException, InterruptedException {
    environment.put("CACHE_STATUS", "1");
    assertThat(usesCache(run())).isFalse();
    assertThat(names()).hasSize(1);
    environment.remove("CACHE_STATUS");
    assertThat(usesCache(run())).isTrue();
    assertTidy();
  }

  @Test
  void aMachineThatNeedsTheVectorApiGetsIt() throws IOException, InterruptedException {
    environment.put("NEEDS_VECTOR_API", "yes");
    for (int i = 0; i < 2; i++) {
      assertThat(run())
          .contains("--add-modules=jdk.incubator.vector")
          .anyMatch(argument -> argument.startsWith("-XX:AOTCache="));
    }
    assertThat(lines("caches")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"0", "7"})
  void whatIsDamagedIsMadeAgain(int place) throws IOException, InterruptedException {
    run();
    Path cache = made.resolve(names().get(1));
    byte[] bytes = Files.readAllBytes(cache);
    bytes[place] ^= 1;
    Files.write(cache, bytes);
    for (int i = 0; i < 2; i++) {
      assertThat(usesCache(run())).isTrue();
      assertTidy();
    }
    assertThat(lines("caches")).isEqualTo(2);
  }

  @Test
  void twoJdksEachHaveTheirCache() throws IOException, InterruptedException {
    Path other = jdk("other", "Other Vendor");
    for (int i = 0; i < 4; i++) {
      environment.put("JAVA_HOME", (i % 2 == 0 ? jdk : other).toString());
      assertThat(usesCache(run())).isTrue();
    }
    assertThat(lines("caches")).isEqualTo(2);
    assertThat(lines("builds")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"25+36", "25.0.3+9-LTS", "26-ea+12", "26.0.1+8", "100+1"})
  void aNewerJdkWillDo(String version) throws IOException, InterruptedException {
    write(jdk.resolve("release"), "JAVA_RUNTIME_VERSION=\"%s\"\n".formatted(version));
    assertThat(run()).contains("classify");
    assertThat(lines("caches")).isEqualTo(1);
  }

  /** Another JDK of this machine is used, or none is there. */
  @ParameterizedTest
  @ValueSource(strings = {"24.0.2+12", "2.5", "17", "", "x"})
  void anOlderJdkWillNot(String version) throws IOException, InterruptedException {
    write(jdk.resolve("release"), "JAVA_RUNTIME_VERSION=\"%s\"\n".formatted(version));
    start().exitCode();
    assertThat(lines("caches")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"C", "POSIX", "", "xx_XX.UTF-8"})
  void withoutALocaleItIsUtf8(String locale) throws IOException, InterruptedException {
    environment.put("LANG", locale);
    assertThat(run()).contains("LC_ALL=C.UTF-8");
  }

  @Test
  void aLocaleThatIsInstalledStays() throws IOException, InterruptedException {
    assertThat(run()).contains("LC_ALL=");
  }

  @Test
  void isFoundHoweverItIsCalled() throws IOException, InterruptedException {
    Path link = temporary.resolve("links/m4");
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, Path.of("../second"));
    Files.createSymbolicLink(temporary.resolve("second"), checkout.resolve("mobilenet4j"));
    environment.put("CDPATH", temporary.toString());
    for (String name : List.of("mobilenet4j", "./mobilenet4j")) {
      start(checkout, Stream.concat(SHELL.stream(), Stream.of(name)).toList()).finish();
    }
    start(link.getParent(), Stream.concat(SHELL.stream(), Stream.of("m4")).toList()).finish();
    start(checkout.resolve("cli"), List.of("../mobilenet4j")).finish();
    environment.merge("PATH", link.getParent().toString(), (path, folder) -> folder + ":" + path);
    start(temporary, List.of("sh", "-c", "m4 info")).finish();
    assertThat(lines("builds")).isEqualTo(1);
  }

  @Test
  void theUsersFlagsGoBeforeOurs() throws IOException, InterruptedException {
    Files.createFile(temporary.resolve("-Dx=a file"));
    environment.put("MOBILENET4J_OPTS", " -XX:+UseZGC  -Dx=*\t-Xmx1g ");
    assertThat(run())
        .contains("-XX:+UseZGC", "-Dx=*", "-Xmx1g")
        .doesNotContain("-XX:+UseSerialGC", "");
    environment.put("MOBILENET4J_OPTS", "-Xshare:off");
    assertThat(usesCache(run())).isFalse();
    environment.remove("MOBILENET4J_OPTS");
    environment.put("JAVA_TOOL_OPTIONS", "-XX:+UseG1GC");
    assertThat(run()).doesNotContain("-XX:+UseSerialGC");
  }

  /** Whatever the launcher's own variables are before. */
  @Test
  void variablesOfTheEnvironmentMeanNothing() throws IOException, InterruptedException {
    List<String> expected = run();
    String script =
        Files.readString(ROOT.resolve("mobilenet4j"))
            + Files.readString(ROOT.resolve(".mvn/jdk.sh"));
    List<String> variables =
        Stream.concat(
                Stream.of("exec"),
                Pattern.compile("\\$\\{?([a-z_]+)").matcher(script).results().map(r -> r.group(1)))
            .toList();
    assertThat(variables).contains("root", "cache", "modules", "work");
    variables.forEach(variable -> environment.put(variable, "touch hurt;"));
    environment.put("work", temporary.resolve("home").toString());
    assertThat(run()).isEqualTo(expected);
    assertThat(temporary.resolve("home")).exists();
    Files.delete(made.resolve(names().get(1)));
    assertThat(usesCache(run())).isTrue();
    assertTidy();
  }

  @Test
  void aBuildThatFailsLeavesNothing() throws IOException, InterruptedException {
    environment.put("BUILD_STATUS", "7");
    assertThat(start().exitCode()).isEqualTo(7);
    assertThat(names()).isEmpty();
    environment.remove("BUILD_STATUS");
    run();
    assertTidy();
  }

  /** A limit of the size of files stands for a full disk. */
  @Test
  void diskFull() throws IOException, InterruptedException {
    Files.writeString(source(), "//".repeat(100_000));
    List<String> limited =
        new ArrayList<>(List.of("sh", "-c", "ulimit -f 100 && exec \"$@\"", "sh"));
    limited.addAll(command("info"));
    assertThat(start(temporary, limited).exitCode()).isNotZero();
    assertThat(names()).isEmpty();
    run();
    assertTidy();
  }

  /** SIGINT goes to all processes of a terminal. */
  @ParameterizedTest
  @CsvSource({"BUILD_SECONDS, builds, 0", "CACHE_SECONDS, caches, 1"})
  void ctrlC(String slow, String begun, int made) throws IOException, InterruptedException {
    environment.put(slow, "20");
    // Not ignored, as it is in the background of a script.
    List<String> group = new ArrayList<>(List.of("env", "--default-signal=INT", "setsid"));
    group.addAll(command("info"));
    Process process = start(temporary, group).process();
    while (lines(begun) == 0 && process.isAlive()) {
      Thread.sleep(20);
    }
    Thread.sleep(100);
    new ProcessBuilder("kill", "-INT", "--", "-" + process.pid()).start().waitFor();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(names()).hasSize(made);
    environment.remove(slow);
    run();
    assertTidy();
  }

  /** Another user built it, with another JDK; this one may not write there. */
  @Test
  void readOnly() throws IOException, InterruptedException {
    run();
    environment.put("JAVA_HOME", jdk("other", "Other Vendor").toString());
    assertThat(new ProcessBuilder("chmod", "-R", "a=rX", checkout.toString()).start().waitFor())
        .isZero();
    try {
      Path home = temporary.resolve("home");
      List<String> command = command("classify");
      if ("root".equals(System.getProperty("user.name"))) {
        // Whom nothing is forbidden.
        assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")));
        for (Path folder : List.of(temporary, home)) {
          Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        Files.setPosixFilePermissions(
            temporary.resolve("caches"), PosixFilePermissions.fromString("rw-rw-rw-"));
        command.addAll(0, List.of("setpriv", "--reuid=4242", "--regid=4242", "--clear-groups"));
      }
      for (int i = 0; i < 2; i++) {
        assertThat(start(temporary, command).finish())
            .anyMatch(argument -> argument.startsWith("-XX:AOTCache=" + home.resolve(".cache")));
      }
      assertThat(lines("caches")).isEqualTo(2);
      environment.remove("HOME");
      assertThat(usesCache(start(temporary, command).finish())).isFalse();
      assertThat(lines("builds")).isEqualTo(1);
    } finally {
      new ProcessBuilder("chmod", "-R", "u+w", checkout.toString()).start().waitFor();
    }
  }

  /** With a real JVM: a cache that it takes, other collectors, a jar that is replaced meanwhile. */
  @Test
  void aRealJvm() throws IOException, InterruptedException {
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    Path jar = temporary.resolve("real.jar");
    environment.put("JAR", jar.toString());
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry("META-INF/MANIFEST.MF"));
      out.write(
          ("Manifest-Version: 1.0\nMain-Class: " + LauncherProgram.class.getName() + "\n")
              .getBytes());
      for (Class<?> type : List.of(LauncherProgram.class, LauncherProgram.Later.class)) {
        String name = type.getName().replace('.', '/') + ".class";
        out.putNextEntry(new JarEntry(name));
        out.write(type.getClassLoader().getResourceAsStream(name).readAllBytes());
      }
    }
    environment.put("MOBILENET4J_OPTS", "-Xlog:class+load");
    assertThat(run())
        .anyMatch(line -> line.contains("LauncherProgram source: shared objects file"));
    environment.put("MOBILENET4J_OPTS", "-XX:+UseZGC");
    assertThat(run()).contains("[classify, a *.png]");
    environment.put("MOBILENET4J_OPTS", "-Xshare:off");
    assertThat(run()).contains("[classify, a *.png]");
    environment.remove("MOBILENET4J_OPTS");

    Running running = start(temporary, command("wait"));
    while (Files.size(running.out()) == 0 && running.process().isAlive()) {
      Thread.sleep(20);
    }
    Files.writeString(source(), "class Main { int other; }");
    run();
    running.process().getOutputStream().close();
    assertThat(running.finish()).contains("later");
  }
}
