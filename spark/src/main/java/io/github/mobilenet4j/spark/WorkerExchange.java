package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.training.run.ShardExchange;
import io.github.mobilenet4j.weights.DataType;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The workers of a training, each connected to each. They add up their shards' values by a
 * reduce-scatter and an all-gather: each adds up a slice of its own, of which it receives every
 * other's part, and sends the sum to all. So a worker sends and receives {@code 2 (n − 1) / n}
 * times the values, if it has one shard.
 *
 * <p>A worker also gives the others the images that it has.
 */
final class WorkerExchange implements ShardExchange, AutoCloseable {
  private static final long GATHER_MINUTES = 2;

  private final int rank;
  private final int count;
  private final int shards;
  private final byte[] secret;
  private final ImageStore images;
  private final ServerSocket server;
  private final Map<Integer, Peer> peers = new ConcurrentHashMap<>();
  private final Map<Integer, Peer> imagePeers = new ConcurrentHashMap<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(
          Thread.ofPlatform().daemon().name("mobilenet4j-worker-", 1).factory());

  /** One for each peer, so that what is sent arrives in its order. */
  private final Map<Integer, ExecutorService> senders = new ConcurrentHashMap<>();

  private List<InetSocketAddress> addresses;
  private volatile boolean closed;

  /**
   * Listens.
   *
   * @param rank of this worker
   * @param shards of a step
   * @param secret that all workers know
   * @param images that this worker has
   */
  WorkerExchange(int rank, int count, int shards, byte[] secret, ImageStore images)
      throws IOException {
    this.rank = rank;
    this.count = count;
    this.shards = shards;
    this.secret = secret;
    this.images = images;
    server = new ServerSocket(0);
    threads.execute(this::accept);
  }

  /** Returns where this worker listens. */
  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket socket = server.accept();
        threads.execute(() -> greet(socket));
      } catch (IOException e) {
        if (!closed) {
          throw new MobileNetException("the worker cannot listen: " + e.getMessage(), e);
        }
      }
    }
  }

  private void greet(Socket socket) {
    try {
      Peer peer = Peer.accept(socket, secret);
      switch (peer.purpose()) {
        case GRADIENTS -> {
          if (peer.rank() <= rank || peer.rank() >= count || peers.containsKey(peer.rank())) {
            throw new IOException("worker " + peer.rank() + " is not expected");
          }
          peers.put(peer.rank(), peer);
        }
        case IMAGES -> serve(peer);
      }
    } catch (IOException _) {
      closeQuietly(socket); // a stranger, or a worker that is gone, as its own connection tells
    }
  }

  /** Answers with images until the other needs no more. */
  private void serve(Peer peer) throws IOException {
    try (peer) {
      while (true) {
        int image = peer.in().readInt();
        byte[] bytes = images.read(image);
        peer.out().writeInt(bytes.length);
        peer.out().write(bytes);
      }
    } catch (EOFException _) {
      // It needs no more.
    }
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception _) {
      // It is of no use any more.
    }
  }

  /**
   * Connects to all others, which connect to this one.
   *
   * @param addresses of all workers, by rank
   * @throws MobileNetException if one cannot be reached
   */
  void connect(List<InetSocketAddress> addresses) {
    this.addresses = addresses;
    try {
      for (int other = 0; other < rank; other++) {
        peers.put(
            other, Peer.connect(addresses.get(other), secret, rank, other, Peer.Purpose.GRADIENTS));
      }
      long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(GATHER_MINUTES);
      while (peers.size() < count - 1) {
        if (System.nanoTime() > deadline) {
          throw new IOException("%s of %s are here".formatted(peers.size() + 1, count));
        }
        Thread.sleep(5);
      }
    } catch (IOException e) {
      throw new MobileNetException("the workers do not come together: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MobileNetException("interrupted while the workers come together", e);
    }
    peers.keySet().forEach(other -> senders.put(other, sender(other)));
  }

  private static ExecutorService sender(int other) {
    return Executors.newSingleThreadExecutor(
        Thread.ofPlatform().daemon().name("mobilenet4j-to-worker-" + other).factory());
  }

  /** Returns who computes a shard: neighbours, so that what they add up is one part of the tree. */
  private int owner(int shard) {
    return (int) ((long) shard * count / shards);
  }

  @Override
  public boolean isOwn(int shard) {
    return owner(shard) == rank;
  }

  /** A part of the values, of which one worker makes the sum. */
  private record Slice(int from, int to) {
    static Slice of(int from, int to, int rank, int count) {
      long size = to - from;
      return new Slice(
          (int) (from + size * rank / count), (int) (from + size * (rank + 1) / count));
    }

    int size() {
      return to - from;
    }
  }

  @Override
  public void sum(int from, int to, List<Block> blocks, float[] sums, Wire wire) {
    List<Future<?>> sent = new ArrayList<>();
    try {
      for (int other : peers.keySet()) {
        sent.add(send(other, message(blocks, Slice.of(from, to, other, count), wire)));
      }
      Slice own = Slice.of(from, to, rank, count);
      List<Block> all = new ArrayList<>(blocks);
      for (Peer peer : peers.values()) {
        all.addAll(receive(peer, own, wire));
      }
      all.sort(Comparator.comparingInt(Block::first));
      Block.fold(all, own.from, own.to, sums, own.from);
      wire.round(sums, own.from, own.to);
      ByteBuffer sum = buffer(bytes(wire) * own.size());
      put(sum, sums, own.from, own.size(), wire);
      for (int other : peers.keySet()) {
        sent.add(send(other, sum.duplicate()));
      }
      for (Peer peer : peers.values()) {
        Slice slice = Slice.of(from, to, peer.rank(), count);
        read(peer, sums, slice.from, slice.size(), wire);
      }
      for (Future<?> message : sent) {
        message.get();
      }
    } catch (IOException e) {
      throw new MobileNetException("another worker is gone: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MobileNetException("interrupted while waiting for other workers", e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new MobileNetException("another worker is gone: " + e.getCause(), e.getCause());
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Future<?> send(int other, ByteBuffer message) {
    Peer peer = peers.get(other);
    return senders
        .get(other)
        .submit(() -> {
          peer.out().write(message.array(), 0, message.capacity());
          return null;
        });
  }

  /** Returns the number of blocks, and of each what it is of and its values. */
  private static ByteBuffer message(List<Block> blocks, Slice slice, Wire wire) {
    ByteBuffer message =
        buffer(Integer.BYTES + blocks.size() * (2 * Integer.BYTES + bytes(wire) * slice.size()));
    message.putInt(blocks.size());
    for (Block block : blocks) {
      message.putInt(block.first()).putInt(block.size());
      put(message, block.values(), block.offset() + slice.from, slice.size(), wire);
    }
    return message;
  }

  private List<Block> receive(Peer peer, Slice slice, Wire wire) throws IOException {
    int count = Integer.reverseBytes(peer.in().readInt());
    if (count < 1 || count > shards) {
      throw new IOException("worker %s sends %s blocks".formatted(peer.rank(), count));
    }
    List<Block> blocks = new ArrayList<>();
    for (int b = 0; b < count; b++) {
      int first = Integer.reverseBytes(peer.in().readInt());
      int size = Integer.reverseBytes(peer.in().readInt());
      float[] values = new float[slice.size()];
      read(peer, values, 0, values.length, wire);
      blocks.add(new Block(first, size, values, -slice.from));
    }
    return blocks;
  }

  private static int bytes(Wire wire) {
    return switch (wire) {
      case FLOAT32 -> Float.BYTES;
      case BFLOAT16 -> Short.BYTES;
    };
  }

  private static void put(ByteBuffer message, float[] values, int from, int count, Wire wire) {
    switch (wire) {
      case FLOAT32 -> {
        message.asFloatBuffer().put(values, from, count);
        message.position(message.position() + Float.BYTES * count);
      }
      case BFLOAT16 -> {
        for (int i = from; i < from + count; i++) {
          message.putShort(DataType.bfloat16(values[i]));
        }
      }
    }
  }

  private static void read(Peer peer, float[] values, int from, int count, Wire wire)
      throws IOException {
    byte[] bytes = new byte[bytes(wire) * count];
    peer.in().readFully(bytes);
    ByteBuffer message = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    switch (wire) {
      case FLOAT32 -> message.asFloatBuffer().get(values, from, count);
      case BFLOAT16 -> {
        for (int i = from; i < from + count; i++) {
          values[i] = Float.intBitsToFloat(message.getShort() << 16);
        }
      }
    }
  }

  /**
   * Returns an image that another worker has.
   *
   * @param other its rank
   * @param image its number there
   * @throws MobileNetException if the worker is gone
   */
  byte[] image(int other, int image) {
    Peer peer =
        imagePeers.computeIfAbsent(
            other,
            _ -> {
              try {
                return Peer.connect(addresses.get(other), secret, rank, other, Peer.Purpose.IMAGES);
              } catch (IOException e) {
                throw gone(other, e);
              }
            });
    synchronized (peer) {
      try {
        peer.out().writeInt(image);
        byte[] bytes = new byte[peer.in().readInt()];
        peer.in().readFully(bytes);
        return bytes;
      } catch (IOException e) {
        throw gone(other, e);
      }
    }
  }

  private static MobileNetException gone(int other, IOException e) {
    return new MobileNetException("worker %s is gone: %s".formatted(other, e.getMessage()), e);
  }

  @Override
  public void close() {
    closed = true;
    closeQuietly(server);
    peers.values().forEach(WorkerExchange::closeQuietly);
    imagePeers.values().forEach(WorkerExchange::closeQuietly);
    senders.values().forEach(ExecutorService::shutdownNow);
    threads.shutdownNow();
  }
}
