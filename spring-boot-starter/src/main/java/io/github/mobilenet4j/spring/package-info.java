/**
 * A {@link io.github.mobilenet4j.inference.Classifier} as a bean of Spring Boot: {@code
 * mobilenet4j.model=pets.onnx} is all that an application says. {@link
 * io.github.mobilenet4j.spring.MobileNetProperties} lists what else it may.
 */
@NullMarked
package io.github.mobilenet4j.spring;

import org.jspecify.annotations.NullMarked;
