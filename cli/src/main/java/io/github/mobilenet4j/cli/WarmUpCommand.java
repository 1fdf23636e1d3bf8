package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.RandomWeights;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;

/** What the launcher records for the start-up cache: a model and a photograph, classified. */
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    if (InferencePlan.kernelChoice().kernels().vectorBits() == 0) {
      // The launcher then tries other JVM flags.
      return Main.FAILURE;
    }
    try {
      Path folder = Files.createTempDirectory("mobilenet4j");
      Path photo = folder.resolve("photo.jpg");
      Path model = folder.resolve("model.safetensors");
      try {
        ImageIO.write(
            new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB), "jpg", photo.toFile());
        MobileNetV1 network = MobileNetV1.builder().build();
        ModelFile.write(
            model,
            new Model(
                network,
                RandomWeights.of(network, 1),
                Preprocessing.TENSORFLOW,
                Labels.numbered(network.classes()),
                Map.of()));
        String[] again = {"classify", "--model", model.toString(), photo.toString()};
        return Main.commandLine().execute(again);
      } finally {
        Files.deleteIfExists(photo);
        Files.deleteIfExists(model);
        Files.delete(folder);
      }
    } catch (IOException e) {
      throw new MobileNetException("warm-up: " + e.getMessage(), e);
    }
  }
}
