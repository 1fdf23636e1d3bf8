package io.github.mobilenet4j.spring;

import io.github.mobilenet4j.inference.Precision;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the properties {@code mobilenet4j.…} say.
 *
 * @param model where the model is: a file; {@code classpath:pets.onnx}, of a format that is one
 *     file; a name that is downloaded once, such as {@code hf:OWNER/NAME}; or {@code bundled}
 * @param threads the most threads that work on an image, ≥ 1; in a server one does most
 * @param sessions the most calls that run at once, ≥ 1; not set: as many as there are processors
 *     for
 * @param maxWait how long a call waits for others, such as {@code 500ms}, before it is told that
 *     the classifier is busy; not set: as long as it takes
 * @param precision what the network computes in; not set: what its weights are made for
 * @param warmUp whether the application starts with a warm classifier, a second or two later
 */
@ConfigurationProperties("mobilenet4j")
public record MobileNetProperties(
    @DefaultValue("bundled") String model,
    @DefaultValue("1") int threads,
    @Nullable Integer sessions,
    @Nullable Duration maxWait,
    @Nullable Precision precision,
    @DefaultValue("true") boolean warmUp) {}
