package io.github.mobilenet4j.spring;

import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.weights.Model;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ResourceLoader;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Makes a {@link Model} and a {@link Classifier} of the properties, unless the application has its
 * own; with Actuator also their health and a timer, and with Spring MVC answers 400 and 503 to what
 * a request is to blame for.
 */
@AutoConfiguration(
    afterName =
        "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@EnableConfigurationProperties(MobileNetProperties.class)
public class MobileNetAutoConfiguration {
  /** Called by Spring. */
  public MobileNetAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  Model mobileNetModel(MobileNetProperties properties, ResourceLoader resources) {
    return ModelLocation.read(properties.model(), resources);
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  Classifier mobileNetClassifier(
      Model model,
      MobileNetProperties properties,
      ObjectProvider<ClassifierCustomizer> customizers) {
    Classifier.Builder builder = Classifier.builder(model).threads(properties.threads());
    if (properties.sessions() != null) {
      builder.sessions(properties.sessions());
    }
    if (properties.maxWait() != null) {
      builder.maxWait(properties.maxWait());
    }
    if (properties.precision() != null) {
      builder.precision(properties.precision());
    }
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    Classifier classifier = builder.build();
    if (properties.warmUp()) {
      classifier.warmUp();
    }
    return classifier;
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  static class Metrics {
    @Bean
    @ConditionalOnBean(MeterRegistry.class)
    ClassifierCustomizer mobileNetMetrics(MeterRegistry registry) {
      return new ClassifierMetrics(registry);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
  static class WithHealth {
    @Bean
    @ConditionalOnEnabledHealthIndicator("mobilenet4j")
    @ConditionalOnMissingBean(name = "mobilenet4jHealthIndicator")
    HealthIndicator mobilenet4jHealthIndicator(Classifier classifier) {
      return new ClassifierHealth(classifier);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
  @ConditionalOnClass(RestControllerAdvice.class)
  static class Web {
    @Bean
    ImageProblems mobileNetImageProblems() {
      return new ImageProblems();
    }
  }
}
