package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Blocker;

/** The files of a form (multipart/form-data). */
final class Form {
  private static final int MOST_PARTS = 256;

  private Form() {}

  /**
   * A file of a form.
   *
   * @param name what the sender calls it
   * @param bytes what is in it
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Upload(String name, byte[] bytes) {}

  /**
   * Returns the files of a form; other fields are left out.
   *
   * @param contentType of the body, with its boundary
   * @throws Refusal if it is not well formed
   */
  static List<Upload> files(String contentType, byte[] body) throws IOException {
    String boundary = MultiPart.extractBoundary(contentType);
    if (boundary == null || boundary.isEmpty()) {
      throw Refusal.bad("the form does not say its boundary");
    }
    MultiPartFormData.Parser parser = new MultiPartFormData.Parser(boundary);
    // It is in memory already, and nothing of it goes to the disk.
    parser.setMaxMemoryFileSize(-1);
    parser.setMaxLength(-1);
    parser.setMaxParts(MOST_PARTS);
    List<Upload> uploads = new ArrayList<>();
    try (MultiPartFormData.Parts parts = parts(parser, body)) {
      for (MultiPart.Part part : parts) {
        if (part.getFileName() != null) {
          try (InputStream in = Content.Source.asInputStream(part.getContentSource())) {
            uploads.add(new Upload(part.getFileName(), in.readAllBytes()));
          }
        }
      }
    }
    return uploads;
  }

  private static MultiPartFormData.Parts parts(MultiPartFormData.Parser parser, byte[] body) {
    try {
      return Blocker.blockWithPromise(
          promise -> parser.parse(Content.Source.from(ByteBuffer.wrap(body)), promise));
    } catch (IOException | RuntimeException e) {
      throw new Refusal(Reason.BAD_REQUEST, "the form is not well formed: " + e.getMessage(), e);
    }
  }
}
