package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The rows of a partition with what the network says of them. While a batch runs, the images of the
 * next are decoded on as many threads; no more than two batches are in memory.
 */
final class ClassifiedRows implements Iterator<Row>, AutoCloseable {
  private final ClassifyPartition plan;
  private final Model model;
  private final Iterator<Row> rows;
  private final ImageReader reader = new ImageReader();
  private final ExecutorService decoders;
  private final Session session;
  private final int imageSize;
  private final float[] logits;
  private final float[] features;
  private final Queue<Row> ready = new ArrayDeque<>();
  private Batch upcoming;
  private Batch spare;
  private boolean closed;

  /** Rows whose images are being decoded into x, {@code [batch, H, W, C]}. */
  private static final class Batch {
    final List<Row> rows = new ArrayList<>();
    final List<Future<Decoded>> images = new ArrayList<>();
    final float[] x;

    Batch(int values) {
      x = new float[values];
    }
  }

  /**
   * @param error why it could not be, null if it was
   */
  private record Decoded(long bytes, double seconds, String error) {}

  ClassifiedRows(ClassifyPartition plan, Classifier classifier, Iterator<Row> rows, int threads) {
    this.plan = plan;
    this.model = classifier.model();
    this.rows = rows;
    MobileNetV1 network = model.network();
    int batch = plan.settings().batch();
    imageSize = Math.toIntExact(network.input().size());
    if ((long) batch * imageSize > Integer.MAX_VALUE - 8) {
      throw new MobileNetException(
          "batchSize is %s, expected less for images of %s".formatted(batch, network.input()));
    }
    upcoming = new Batch(batch * imageSize);
    spare = new Batch(batch * imageSize);
    logits = new float[batch * network.outputs()];
    features = new float[batch * network.features()];
    session = new Session(classifier.plan(), batch, threads);
    decoders =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("mobilenet4j-decoder-", 1).factory());
  }

  /** Begins with the first rows, when somebody is there to close this. */
  ClassifiedRows begin() {
    decodeAhead();
    return this;
  }

  private void decodeAhead() {
    Batch batch = upcoming;
    batch.rows.clear();
    batch.images.clear();
    while (batch.rows.size() < plan.settings().batch() && rows.hasNext()) {
      Row row = rows.next();
      int slot = batch.rows.size();
      batch.rows.add(row);
      InputImage image = plan.input().of(row);
      batch.images.add(decoders.submit(() -> decode(image, batch.x, slot * imageSize)));
    }
  }

  private Decoded decode(InputImage image, float[] x, int offset) {
    long start = System.nanoTime();
    String error = null;
    try {
      MobileNetV1 network = model.network();
      model.preprocessing().apply(image.read(reader), network.height(), network.width(), x, offset);
    } catch (ImageException e) {
      error = e.getMessage();
    }
    return new Decoded(image.bytes(), (System.nanoTime() - start) / 1e9, error);
  }

  @Override
  public boolean hasNext() {
    while (ready.isEmpty() && !closed) {
      if (upcoming.rows.isEmpty()) {
        close();
      } else {
        Batch batch = upcoming;
        List<Decoded> decoded = batch.images.stream().map(ClassifiedRows::await).toList();
        upcoming = spare;
        spare = batch;
        decodeAhead();
        classify(batch, decoded);
      }
    }
    return !ready.isEmpty();
  }

  private static Decoded await(Future<Decoded> image) {
    try {
      return image.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MobileNetException("interrupted while images are decoded", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new MobileNetException("decoding failed: " + e.getCause(), e.getCause());
    }
  }

  private void classify(Batch batch, List<Decoded> decoded) {
    report(decoded);
    int[] readable =
        IntStream.range(0, decoded.size()).filter(i -> decoded.get(i).error() == null).toArray();
    for (int i = 0; i < readable.length; i++) {
      if (readable[i] > i) { // One before it could not be read.
        System.arraycopy(batch.x, readable[i] * imageSize, batch.x, i * imageSize, imageSize);
      }
    }
    if (readable.length > 0) {
      long start = System.nanoTime();
      session.run(batch.x, readable.length, logits);
      session.features(readable.length, features);
      plan.metrics().inferenceSeconds().add((System.nanoTime() - start) / 1e9);
    }
    int place = 0;
    for (int i = 0; i < decoded.size(); i++) {
      String error = decoded.get(i).error();
      if (error == null) {
        ready.add(row(batch.rows.get(i), result(place++)));
      } else {
        switch (plan.settings().invalid()) {
          case KEEP -> ready.add(row(batch.rows.get(i), Result.failed(error)));
          case ERROR ->
              throw new ImageException(error + " (handleInvalid keep or skip goes on without it)");
          case SKIP -> {}
        }
      }
    }
  }

  private void report(List<Decoded> decoded) {
    TaskMetrics metrics = plan.metrics();
    for (Decoded image : decoded) {
      metrics.images().add(1);
      metrics.unreadable().add(image.error() == null ? 0 : 1);
      metrics.bytes().add(image.bytes());
      metrics.decodeSeconds().add(image.seconds());
    }
  }

  private Result result(int place) {
    return Result.of(
        model,
        part(logits, place, model.network().outputs()),
        part(features, place, model.network().features()),
        plan.settings().topK());
  }

  private static float[] part(float[] all, int place, int each) {
    return Arrays.copyOfRange(all, place * each, (place + 1) * each);
  }

  private Row row(Row row, Result result) {
    Object[] values = new Object[row.size() + plan.outputs().size()];
    for (int i = 0; i < row.size(); i++) {
      values[i] = row.get(i);
    }
    for (int i = 0; i < plan.outputs().size(); i++) {
      values[row.size() + i] = plan.outputs().get(i).value(result);
    }
    return RowFactory.create(values);
  }

  @Override
  public Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.remove();
  }

  /** Ends the threads and gives the memory back; also of a task that ends before its rows do. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      decoders.shutdownNow();
      session.close();
    }
  }
}
