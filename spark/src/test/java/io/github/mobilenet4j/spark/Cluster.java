package io.github.mobilenet4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;

/** A driver in a JVM of its own, with executors in JVMs of their own. */
final class Cluster {
  private static final String JAVA_OPTIONS =
      "--add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED";

  private Cluster() {}

  /**
   * Runs a class of the tests as a driver, and returns when it has ended well.
   *
   * @param folder where it may write
   */
  static void run(Class<?> main, Path folder, String... arguments) {
    Process driver = start(main, folder, arguments);
    try {
      boolean ended = driver.waitFor(5, TimeUnit.MINUTES);
      assertThat(ended && driver.exitValue() == 0)
          .as("the driver: %s", Files.readString(folder.resolve("driver.log")))
          .isTrue();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    } finally {
      driver.destroyForcibly();
    }
  }

  /** Starts a class of the tests as a driver, whose output goes to driver.log in the folder. */
  static Process start(Class<?> main, Path folder, String... arguments) {
    try {
      // Executors are started by a Spark that is installed; an empty folder is one that is on the
      // class path.
      Files.createDirectories(folder.resolve("spark/jars"));
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of(JAVA_OPTIONS.split(" ")));
      command.addAll(List.of("-Xmx1g", "-cp", System.getProperty("java.class.path")));
      command.add(main.getName());
      command.addAll(List.of(arguments));
      ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
      builder.environment().put("SPARK_HOME", folder.resolve("spark").toString());
      builder.environment().put("SPARK_SCALA_VERSION", "2.13");
      builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
      Path log = folder.resolve("driver.log");
      return builder.redirectErrorStream(true).redirectOutput(Redirect.to(log.toFile())).start();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the session of a driver that {@link #run} runs. */
  static SparkSession session(int executors) {
    return LocalSpark.builder("local-cluster[" + executors + ",1,1024]", Path.of("warehouse"))
        .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        .config("spark.executor.extraJavaOptions", JAVA_OPTIONS)
        .config("spark.executor.memory", "1g")
        .getOrCreate();
  }
}
