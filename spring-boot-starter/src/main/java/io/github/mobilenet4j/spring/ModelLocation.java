package io.github.mobilenet4j.spring;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.hub.Hub;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.ResourceUtils;

/** Where an application's model is. */
final class ModelLocation {
  private static final String BUNDLED = "bundled";

  private ModelLocation() {}

  /**
   * Reads the model.
   *
   * @param location as {@link MobileNetProperties#model} says
   * @throws MobileNetException if there is none, or it cannot be read
   */
  static Model read(String location, ResourceLoader resources) {
    if (location.equals(BUNDLED)) {
      return ModelFile.bundled();
    }
    if (location.startsWith(ResourceUtils.CLASSPATH_URL_PREFIX)) {
      Resource resource = resources.getResource(location);
      try (InputStream in = resource.getInputStream()) {
        return Models.read(location, in.readAllBytes());
      } catch (IOException e) {
        throw new MobileNetException("cannot read %s: %s".formatted(location, e.getMessage()), e);
      }
    }
    return Models.read(
        Hub.isName(location) ? Hub.fromEnvironment().fetch(location) : Path.of(location));
  }
}
