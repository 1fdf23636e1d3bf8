package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.InferencePlan;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What the launcher records for the start-up cache: a photograph, classified. */
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Callable<Integer> {
  /** The exit code that tells the launcher to begin again with the Vector API. */
  private static final int NEEDS_VECTOR_API = 3;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (InferencePlan.kernelChoice().kernels().vectorBits() == 0
        && ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return NEEDS_VECTOR_API;
    }
    try {
      Path folder = Files.createTempDirectory("mobilenet4j");
      Path photo = folder.resolve("photo.jpg");
      try {
        ImageIO.write(
            new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB), "jpg", photo.toFile());
        return spec.parent().commandLine().execute("classify", photo.toString());
      } finally {
        Files.deleteIfExists(photo);
        Files.delete(folder);
      }
    } catch (IOException e) {
      throw new MobileNetException("warm-up: " + e.getMessage(), e);
    }
  }
}
