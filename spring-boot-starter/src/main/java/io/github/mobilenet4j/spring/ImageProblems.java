package io.github.mobilenet4j.spring;

import io.github.mobilenet4j.BusyException;
import io.github.mobilenet4j.ImageException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** What a request is to blame for is answered 400, what too many of them are, 503. */
@RestControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
final class ImageProblems {
  @ExceptionHandler
  ProblemDetail unreadable(ImageException e) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, e.getMessage());
  }

  @ExceptionHandler
  ProblemDetail busy(BusyException e) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, e.getMessage());
  }
}
