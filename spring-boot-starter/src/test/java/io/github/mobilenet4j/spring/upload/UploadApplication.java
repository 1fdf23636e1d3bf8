package io.github.mobilenet4j.spring.upload;

import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.Prediction;
import java.io.IOException;
import java.util.List;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

/** A service that says what is in an upload: a form's, or the bytes alone. */
@SpringBootApplication
@RestController
class UploadApplication {
  private final Classifier classifier;

  UploadApplication(Classifier classifier) {
    this.classifier = classifier;
  }

  @PostMapping("/classify")
  List<Prediction> classify(@RequestParam MultipartFile image) throws IOException {
    return classifier.classify(image.getBytes(), 3);
  }

  @PostMapping("/bytes")
  List<Prediction> classify(@RequestBody byte[] image) {
    return classifier.classify(image, 3);
  }
}
