package io.github.mobilenet4j.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class MobileNetAutoConfigurationTest {
  @TempDir Path folder;

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(AutoConfigurations.of(MobileNetAutoConfiguration.class))
          .withPropertyValues("mobilenet4j.warm-up=false");

  @Test
  void allPropertiesAreHeeded() {
    Path file = folder.resolve("own.safetensors");
    ModelFile.write(file, ModelFile.bundled());
    runner
        .withPropertyValues(
            "mobilenet4j.model=" + file,
            "mobilenet4j.threads=2",
            "mobilenet4j.sessions=1",
            "mobilenet4j.max-wait=500ms",
            "mobilenet4j.precision=float32",
            "mobilenet4j.warm-up=true")
        .run(context -> {
          assertThat(context).hasSingleBean(Classifier.class);
          assertThat(context.getBean(Classifier.class).plan().precision())
              .isEqualTo(Precision.FLOAT32);
        });
  }

  @Test
  void whatIsWrongIsSaid() {
    runner
        .withPropertyValues("mobilenet4j.sessions=0")
        .run(context ->
            assertThat(context)
                .getFailure()
                .rootCause()
                .isInstanceOf(MobileNetException.class)
                .hasMessage("sessions is 0, expected >= 1"));
    runner
        .withPropertyValues("mobilenet4j.model=nowhere.onnx")
        .run(context ->
            assertThat(context)
                .getFailure()
                .hasStackTraceContaining("cannot read nowhere.onnx: no such file"));
    runner
        .withPropertyValues("mobilenet4j.model=classpath:nowhere.onnx")
        .run(context ->
            assertThat(context)
                .getFailure()
                .hasStackTraceContaining("cannot read classpath:nowhere.onnx: "));
  }

  @Test
  void theClassPathHasModelsToo() {
    runner
        .withPropertyValues(
            "mobilenet4j.model=classpath:io/github/mobilenet4j/model/photographs.safetensors")
        .run(context ->
            assertThat(context.getBean(Model.class).labels())
                .isEqualTo(ModelFile.bundled().labels()));
  }

  @Test
  void theApplicationsOwnBeansComeFirst() {
    runner
        .withBean(Classifier.class, () -> Classifier.of(ModelFile.bundled(), 1))
        .run(context -> assertThat(context).hasSingleBean(Classifier.class));
  }

  @Test
  void neitherActuatorNorMvcIsNeeded() {
    runner
        .withClassLoader(
            new FilteredClassLoader(
                MeterRegistry.class.getPackageName(),
                HealthIndicator.class.getPackageName(),
                "org.springframework.web"))
        .run(context -> assertThat(context).hasSingleBean(Classifier.class));
  }

  @Test
  void aClosedClassifierIsDown() {
    runner.run(context -> {
      HealthIndicator health = context.getBean(HealthIndicator.class);
      assertThat(health.health().getStatus()).isEqualTo(Status.UP);
      context.getBean(Classifier.class).close();
      assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
    });
  }
}
