package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.MobileNetException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys as web servers have them: in PEM files. */
final class Pem {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN ([A-Z ]*)PRIVATE KEY-----([^-]*)-----END");

  private Pem() {}

  /**
   * Returns a certificate and its key as Java has them.
   *
   * @param password under which they are kept in memory
   * @throws MobileNetException if a file cannot be read, or has something else
   */
  static KeyStore keyStore(Path certificate, Path key, char[] password) {
    try {
      Certificate[] chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes(certificate)))
              .toArray(Certificate[]::new);
      if (chain.length == 0) {
        throw new MobileNetException(certificate + ": has no certificate in PEM");
      }
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("server", privateKey(key), password, chain);
      return store;
    } catch (CertificateException e) {
      throw new MobileNetException(
          "%s: has no certificate in PEM: %s".formatted(certificate, e.getMessage()), e);
    } catch (GeneralSecurityException | IOException e) {
      throw new MobileNetException(
          "%s and %s: cannot be used: %s".formatted(certificate, key, e.getMessage()), e);
    }
  }

  private static PrivateKey privateKey(Path file) throws GeneralSecurityException {
    Matcher pem = KEY.matcher(new String(bytes(file), StandardCharsets.ISO_8859_1));
    if (!pem.find()) {
      throw new MobileNetException(file + ": has no private key in PEM");
    }
    if (!pem.group(1).isEmpty()) {
      throw new MobileNetException(
          "%s: a key of the kind %s, expected PKCS#8 without a password: openssl pkcs8 -topk8 -nocrypt"
              .formatted(file, pem.group(1).strip()));
    }
    byte[] der = Base64.getMimeDecoder().decode(pem.group(2));
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (InvalidKeySpecException _) {
        // Of another algorithm.
      }
    }
    throw new MobileNetException(file + ": a private key that is neither RSA, EC nor EdDSA");
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }
}
