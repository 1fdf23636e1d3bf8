package io.github.mobilenet4j.server.models;

import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.server.batching.Admission;
import io.github.mobilenet4j.server.batching.BatchQueue;
import io.github.mobilenet4j.server.batching.Job;
import io.github.mobilenet4j.server.protocol.InferRequest;
import io.github.mobilenet4j.server.protocol.InferResponse;
import io.github.mobilenet4j.server.protocol.Parameters;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import io.github.mobilenet4j.server.protocol.RequestedOutput;
import io.github.mobilenet4j.server.protocol.Tensor;
import io.github.mobilenet4j.server.protocol.TensorData;
import io.github.mobilenet4j.weights.Model;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * What a request for inference goes through: admitted or refused, decoded, queued, computed.
 *
 * <p>Safe for use by many threads; a call waits for its result.
 */
public final class InferenceService {
  /** Decoded images that wait: so many for each that is computed. */
  private static final int AHEAD = 4;

  private final ModelRepository repository;
  private final Admission admission;
  private final BatchQueue queue;
  private final ImageDecoder decoder;
  private final Duration deadline;
  private final int ahead;
  private final Semaphore decoded;

  /**
   * @param deadline how long a request waits at most that says nothing else
   * @param images the most that are computed at once
   */
  public InferenceService(
      ModelRepository repository,
      Admission admission,
      BatchQueue queue,
      ImageDecoder decoder,
      Duration deadline,
      int images) {
    this.repository = repository;
    this.admission = admission;
    this.queue = queue;
    this.decoder = decoder;
    this.deadline = deadline;
    this.ahead = AHEAD * images;
    this.decoded = new Semaphore(ahead, true);
  }

  /** What was computed of images. */
  private record Result(ServedModel model, int images, float[] values) {}

  /** Turns a result into an answer, while the model is held. */
  private interface Answer<T> {
    T of(Result result);
  }

  /**
   * Throws if a request would be refused whatever is in it: for who has not read its body yet.
   *
   * @throws Refusal if there is no such model, or no room or time for it
   */
  public void check(String name, Optional<String> version, Call call) {
    repository.lease(name, version).close();
    check(call);
  }

  /**
   * Throws if a request would be refused whatever model it is about.
   *
   * @throws Refusal if there is no room or time for it
   */
  public void check(Call call) {
    admission.check(deadline(call, Optional.empty()));
  }

  private long deadline(Call call, Optional<Duration> timeout) {
    long now = System.nanoTime();
    long end = now + deadline.toNanos();
    if (timeout.isPresent()) {
      end = now + timeout.get().toNanos();
    }
    if (call.timeout().isPresent()) {
      long theirs = call.begin() + call.timeout().get().toNanos();
      end = timeout.isPresent() ? Math.min(end, theirs) : theirs;
    }
    return end;
  }

  /**
   * Answers a request of the protocol.
   *
   * @throws Refusal if it gets no answer
   */
  public InferResponse infer(
      String name, Optional<String> version, InferRequest request, Call call) {
    try (ModelRepository.Lease lease = repository.lease(name, version)) {
      ServedModel model = lease.model();
      Tensor input = input(model, request);
      List<RequestedOutput> outputs = outputs(model, request);
      return compute(
          model,
          input.data(),
          call,
          deadline(call, request.timeout()),
          result ->
              new InferResponse(
                  model.name(),
                  model.version(),
                  request.id(),
                  outputs.stream().map(output -> tensor(result, output)).toList()));
    }
  }

  /**
   * Answers a request that is a single tensor, or a single image, and nothing else.
   *
   * @param isImage whether the caller says that it is an image
   * @throws Refusal if it gets no answer
   */
  public InferResponse infer(
      String name, Optional<String> version, byte[] body, boolean isImage, Call call) {
    Tensor tensor;
    try (ModelRepository.Lease lease = repository.lease(name, version)) {
      tensor = raw(lease.model(), body, isImage);
    }
    return infer(
        name,
        version,
        new InferRequest(Optional.empty(), Parameters.NONE, List.of(tensor), List.of()),
        call);
  }

  private Tensor raw(ServedModel model, byte[] body, boolean isImage) {
    int bytes = Float.BYTES * model.imageSize();
    boolean isTensor = !isImage && body.length > 0 && body.length % bytes == 0;
    if (!isTensor) {
      return new Tensor(
          ServedModel.INPUT,
          Tensor.BYTES,
          List.of(1L),
          Parameters.NONE,
          new TensorData.Elements(List.of(body)));
    }
    if (looksLikeImage(body)) {
      throw Refusal.bad(
          "the body may be an image, or a tensor: say which by Content-Type: image/jpeg, or by JSON"
              + " before the tensor");
    }
    float[] values = new float[body.length / Float.BYTES];
    ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    List<Long> shape = new ArrayList<>(model.imageShape());
    shape.addFirst((long) body.length / bytes);
    return new Tensor(
        ServedModel.INPUT, Tensor.FP32, shape, Parameters.NONE, new TensorData.Floats(values));
  }

  private boolean looksLikeImage(byte[] body) {
    try {
      decoder.pixels(List.of(body));
      return true;
    } catch (Refusal _) {
      return false;
    }
  }

  /**
   * Says what encoded images show.
   *
   * @param top how many classes of each, ≥ 1
   * @throws Refusal if there is no answer
   */
  public List<Predictions> classify(
      String name, Optional<String> version, List<byte[]> images, int top, Call call) {
    try (ModelRepository.Lease lease = repository.lease(name, version)) {
      Model model = lease.model().model();
      if (!model.network().hasClassifier()) {
        throw Refusal.bad("model %s has no classes".formatted(name));
      }
      return compute(
          lease.model(),
          new TensorData.Elements(images),
          call,
          deadline(call, Optional.empty()),
          result ->
              IntStream.range(0, result.images())
                  .mapToObj(i -> Predictions.of(model, row(result, i), top))
                  .toList());
    }
  }

  private static float[] row(Result result, int image) {
    int each = result.model().resultSize();
    return Arrays.copyOfRange(result.values(), image * each, (image + 1) * each);
  }

  private <T> T compute(ServedModel model, TensorData data, Call call, long end, Answer<T> answer) {
    boolean completed = false;
    try {
      int images = images(model, data);
      long area = data instanceof TensorData.Elements e ? decoder.pixels(e.elements()) : 0;
      try (Admission.Permit permit = admission.admit(images, area, call.client(), end)) {
        int slots = data instanceof TensorData.Elements ? Math.min(images, ahead) : 0;
        acquire(slots, end);
        try {
          T result = compute(model, data, call, end, permit, answer);
          completed = true;
          return result;
        } finally {
          decoded.release(slots);
        }
      }
    } finally {
      if (!completed) {
        model.statistics().failed(System.nanoTime() - call.begin());
      }
    }
  }

  private static int images(ServedModel model, TensorData data) {
    return switch (data) {
      case TensorData.Floats floats -> floats.count() / model.imageSize();
      case TensorData.Elements elements -> elements.count();
    };
  }

  private void acquire(int slots, long end) {
    try {
      if (slots > 0 && !decoded.tryAcquire(slots, end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        throw new Refusal(
            Reason.DEADLINE, "too many images were to be decoded before those of this request");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refusal(Reason.NOT_READY, "the server ends", e);
    }
  }

  private <T> T compute(
      ServedModel model,
      TensorData data,
      Call call,
      long end,
      Admission.Permit permit,
      Answer<T> answer) {
    long start = System.nanoTime();
    if (call.isCancelled()) {
      throw new Refusal(Reason.DEADLINE, "cancelled by the caller");
    }
    float[] x =
        switch (data) {
          case TensorData.Floats floats -> floats.values();
          case TensorData.Elements elements -> decoder.decode(model, elements.elements());
        };
    permit.decoded();
    int images = images(model, data);
    float[] values = new float[Math.multiplyExact(images, model.resultSize())];
    Job job = new Job(model, images, x, values, end);
    call.onCancel(job::cancel);
    long queued = System.nanoTime();
    queue.add(job);
    Job.Times times = job.await();
    permit.answered();
    long computed = System.nanoTime();
    T result = answer.of(new Result(model, images, values));
    long now = System.nanoTime();
    model
        .statistics()
        .succeeded(
            new ModelStatistics.Times(
                queued - start,
                times.queue(),
                times.compute(),
                now - computed,
                now - call.begin()));
    return result;
  }

  private static Tensor input(ServedModel model, InferRequest request) {
    if (request.inputs().size() != 1) {
      throw Refusal.bad(
          "the request has %s inputs, expected one".formatted(request.inputs().size()));
    }
    Tensor input = request.inputs().getFirst();
    if (!input.name().equals(ServedModel.INPUT)) {
      throw Refusal.bad(
          "there is no input %s, expected %s"
              .formatted(Refusal.abridged(input.name()), ServedModel.INPUT));
    }
    List<Long> shape = input.shape();
    List<Long> expected = model.imageShape();
    boolean fits =
        switch (input.data()) {
          case TensorData.Floats _ -> shape.size() == 4 && shape.subList(1, 4).equals(expected);
          case TensorData.Elements _ -> shape.size() == 1;
        };
    if (!fits || shape.getFirst() < 1) {
      throw Refusal.bad(
          "input %s is %s of shape %s, expected FP32 [n, %s, %s, %s] or BYTES [n], an encoded image each"
              .formatted(
                  input.name(),
                  input.datatype(),
                  shape,
                  expected.get(0),
                  expected.get(1),
                  expected.get(2)));
    }
    return input;
  }

  private static List<RequestedOutput> outputs(ServedModel model, InferRequest request) {
    List<String> names =
        ModelOutput.of(model.model().network()).stream().map(ModelOutput::label).toList();
    if (request.outputs().isEmpty()) {
      return names.stream().map(name -> new RequestedOutput(name, Parameters.NONE)).toList();
    }
    for (RequestedOutput output : request.outputs()) {
      if (!names.contains(output.name())) {
        throw Refusal.bad(
            "there is no output %s, expected of %s"
                .formatted(Refusal.abridged(output.name()), names));
      }
      if (output.classification() > 0 && !model.model().network().hasClassifier()) {
        throw Refusal.bad("output %s has no classes".formatted(output.name()));
      }
    }
    return request.outputs();
  }

  private static Tensor tensor(Result result, RequestedOutput requested) {
    Model model = result.model().model();
    ModelOutput output =
        ModelOutput.of(model.network()).stream()
            .filter(known -> known.label().equals(requested.name()))
            .findFirst()
            .orElseThrow();
    int n = result.images();
    float[] values = output.of(model, result.values(), n);
    int size = output.size(model.network());
    if (requested.classification() == 0) {
      return new Tensor(
          output.label(),
          Tensor.FP32,
          List.of((long) n, (long) size),
          Parameters.NONE,
          new TensorData.Floats(values));
    }
    // Outputs for other things are none of the classes.
    int named = Math.min(size, model.network().classes());
    int top = Math.min(requested.classification(), named);
    List<byte[]> classes = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      float[] own = Arrays.copyOfRange(values, i * size, i * size + named);
      for (int index : Logits.top(own, top)) {
        classes.add(
            "%s:%s:%s"
                .formatted(own[index], index, label(model, index, named))
                .getBytes(StandardCharsets.UTF_8));
      }
    }
    return new Tensor(
        output.label(),
        Tensor.BYTES,
        List.of((long) n, (long) top),
        Parameters.NONE,
        new TensorData.Elements(classes));
  }

  /** A single logit of two classes is none of them. */
  private static String label(Model model, int index, int size) {
    return size == model.network().classes() ? model.labels().name(index) : "";
  }
}
