package io.github.mobilenet4j.spark;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A connection between two workers that know the same secret: each proves it by the HMAC-SHA-256 of
 * a number that the other has drawn. What follows is neither encrypted nor signed.
 *
 * @param rank of the worker at the other end
 * @param purpose what the connection is for
 */
record Peer(Socket socket, DataInputStream in, DataOutputStream out, int rank, Purpose purpose)
    implements AutoCloseable {
  /** What connections are for. */
  enum Purpose {
    GRADIENTS,
    IMAGES
  }

  private static final int MAGIC = 0x6d6e346a; // mn4j
  private static final int NONCE = 32;
  private static final int CONNECT_MILLIS = 30_000;

  /** A worker that says nothing for so long is gone; a validation may take a while. */
  private static final int SILENCE_MILLIS = 3_600_000;

  /** Who does not greet within this is no worker. */
  private static final int GREETING_MILLIS = 10_000;

  /**
   * Connects.
   *
   * @param from the rank of this worker
   * @param to the rank of the other
   * @throws IOException if there is none, or it does not know the secret
   */
  static Peer connect(InetSocketAddress address, byte[] secret, int from, int to, Purpose purpose)
      throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(
          new InetSocketAddress(address.getHostString(), address.getPort()), CONNECT_MILLIS);
      Peer peer = open(socket, to, purpose);
      byte[] mine = nonce();
      peer.out.writeInt(MAGIC);
      peer.out.writeInt(from);
      peer.out.writeByte(purpose.ordinal());
      peer.out.write(mine);
      peer.out.flush();
      byte[] theirs = peer.in.readNBytes(NONCE);
      requireProof(peer, secret, mine, "accepts", from);
      peer.out.write(proof(secret, theirs, "connects", from));
      peer.out.flush();
      peer.socket.setSoTimeout(SILENCE_MILLIS);
      return peer;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Greets who has connected.
   *
   * @throws IOException if it is no worker, or does not know the secret
   */
  static Peer accept(Socket socket, byte[] secret) throws IOException {
    Peer stranger = open(socket, -1, Purpose.GRADIENTS);
    if (stranger.in.readInt() != MAGIC) {
      throw new IOException("no worker");
    }
    int rank = stranger.in.readInt();
    int purpose = stranger.in.readUnsignedByte();
    byte[] theirs = stranger.in.readNBytes(NONCE);
    if (purpose >= Purpose.values().length) {
      throw new IOException("no worker");
    }
    byte[] mine = nonce();
    stranger.out.write(mine);
    stranger.out.write(proof(secret, theirs, "accepts", rank));
    stranger.out.flush();
    requireProof(stranger, secret, mine, "connects", rank);
    socket.setSoTimeout(SILENCE_MILLIS);
    return new Peer(socket, stranger.in, stranger.out, rank, Purpose.values()[purpose]);
  }

  private static Peer open(Socket socket, int rank, Purpose purpose) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setKeepAlive(true);
    socket.setSoTimeout(GREETING_MILLIS);
    return new Peer(
        socket,
        new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16)),
        new DataOutputStream(socket.getOutputStream()),
        rank,
        purpose);
  }

  private static byte[] nonce() {
    byte[] nonce = new byte[NONCE];
    new SecureRandom().nextBytes(nonce);
    return nonce;
  }

  private static void requireProof(Peer peer, byte[] secret, byte[] nonce, String side, int rank)
      throws IOException {
    byte[] expected = proof(secret, nonce, side, rank);
    if (!MessageDigest.isEqual(peer.in.readNBytes(expected.length), expected)) {
      throw new IOException("a worker that does not know the secret");
    }
  }

  private static byte[] proof(byte[] secret, byte[] nonce, String side, int rank) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      mac.update(nonce);
      mac.update(side.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, rank));
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has HMAC-SHA-256", e);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
