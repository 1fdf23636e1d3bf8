package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.BusyException;
import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;

/** How it is said that there is no answer. */
final class Refusals {
  private Refusals() {}

  /** Returns what a fault is for the caller. */
  static Refusal of(Throwable fault) {
    return switch (fault) {
      case Refusal refusal -> refusal;
      case ImageException image -> new Refusal(Reason.BAD_REQUEST, image.getMessage(), image);
      case BusyException busy -> new Refusal(Reason.OVERLOAD, busy.getMessage(), busy);
      case MobileNetException own -> new Refusal(Reason.INTERNAL, own.getMessage(), own);
      case HttpException http when http.getCode() == Reason.TOO_SLOW.http() ->
          new Refusal(Reason.TOO_SLOW, "the body comes too slowly", fault);
      case HttpException http when http.getCode() < 500 ->
          new Refusal(Reason.BAD_REQUEST, http.getReason(), fault);
      case IOException broken -> new Refusal(Reason.BAD_REQUEST, "the body breaks off", broken);
      case OutOfMemoryError memory ->
          new Refusal(Reason.OVERLOAD, "there is no memory for it now", memory);
      default -> new Refusal(Reason.INTERNAL, "an unexpected fault: " + fault, fault);
    };
  }

  /** Says in how many seconds it may be tried again: not all at the same time. */
  static void retryLater(Exchange exchange, Refusal refusal) {
    if (refusal.reason().passes()) {
      exchange.set(
          HttpHeader.RETRY_AFTER.asString(),
          Integer.toString(ThreadLocalRandom.current().nextInt(1, 4)));
    }
  }

  /** Answers as the protocol has it. */
  static void send(Exchange exchange, Refusal refusal) throws IOException {
    retryLater(exchange, refusal);
    if (refusal.reason() == Reason.UNAUTHENTICATED) {
      exchange.set(HttpHeader.WWW_AUTHENTICATE.asString(), "Bearer");
    }
    exchange.json(refusal.reason().http(), Map.of("error", refusal.getMessage()));
  }
}
