package io.github.mobilenet4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubEnvironmentTest {
  private static final String NAME = "hf:timm/net";

  @TempDir Path folder;

  private static String offlineMessage(Map<String, String> environment) {
    Map<String, String> offline = new HashMap<>(environment);
    offline.putIfAbsent("MOBILENET4J_OFFLINE", "1");
    try {
      return new Hub.Builder(offline).build().fetch(NAME).toString();
    } catch (MobileNetException e) {
      return e.getMessage();
    }
  }

  @Test
  void theCacheIsWhereTheEnvironmentSays() {
    String home = System.getProperty("user.home");
    String there = "/hf/timm/net/main";
    assertThat(offlineMessage(Map.of("MOBILENET4J_CACHE", "" + folder, "XDG_CACHE_HOME", "/x")))
        .endsWith(" into " + folder + there);
    assertThat(offlineMessage(Map.of("XDG_CACHE_HOME", "" + folder)))
        .endsWith(" into " + folder + "/mobilenet4j" + there);
    assertThat(offlineMessage(Map.of("XDG_CACHE_HOME", "relative")))
        .endsWith(" into " + home + "/.cache/mobilenet4j" + there);
  }

  @Test
  void whereThereIsNoHomeTheCacheHasToBeNamed() {
    String home = System.getProperty("user.home");
    System.setProperty("user.home", "?");
    try {
      assertThatThrownBy(() -> new Hub.Builder(Map.of("XDG_CACHE_HOME", "relative")).build())
          .isInstanceOf(MobileNetException.class)
          .hasMessageContainingAll("no home folder", "MOBILENET4J_CACHE");
      assertThat(offlineMessage(Map.of("XDG_CACHE_HOME", "" + folder)))
          .contains("" + folder.resolve("mobilenet4j"));
      assertThat(new Hub.Builder(Map.of()).cache(folder).build()).isNotNull();
    } finally {
      System.setProperty("user.home", home);
    }
  }

  @Test
  void mirrorsAreWhereTheEnvironmentSays() {
    assertThat(offlineMessage(Map.of())).contains(" https://huggingface.co/timm/net/resolve/main/");
    assertThat(offlineMessage(Map.of("HF_ENDPOINT", "https://hub.example.org/mirror/")))
        .contains(" https://hub.example.org/mirror/timm/net/resolve/main/model.safetensors ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "true", "YES", "On"})
  void huggingFacesOwnSwitchForbidsDownloadsToo(String yes) {
    assertThat(offlineMessage(Map.of("HF_HUB_OFFLINE", yes, "MOBILENET4J_OFFLINE", "0")))
        .contains("downloads are forbidden");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "huggingface.co",
        "ftp://a.org",
        "https://",
        "https://a b",
        "http://a/?x",
        "https://me:secret@a.org",
        "https://a.org:70000"
      })
  void refusesMirrorsThatAreNone(String address) {
    assertThatThrownBy(() -> new Hub.Builder(Map.of("HF_ENDPOINT", address)))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContainingAll("HF_ENDPOINT", "expected")
        .hasMessageNotContaining("secret");
  }

  @Test
  void refusesATokenThatFitsNoHeaderWithoutShowingIt() {
    assertThatThrownBy(() -> new Hub.Builder(Map.of("HF_TOKEN", "hf_\nsecret")))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("HF_TOKEN")
        .hasMessageNotContaining("secret");
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    Hub hub = new Hub.Builder(Map.of("MOBILENET4J_CACHE", file + "/cache")).build();
    assertThatThrownBy(() -> hub.fetch(NAME))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContainingAll("cannot write", file.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "https://huggingface.co/x, secure:8080",
    "http://huggingface.co/x, plain:80",
    "https://example.org/x, ''",
    "https://a.example.org/x, ''",
    "https://notexample.org/x, secure:8080",
    "https://b.net:444/x, ''",
    "https://b.net:443/x, secure:8080",
    "https://b.net/x, secure:8080",
    "https://d.net/x, ''",
    "https://c.com/x, ''",
  })
  void proxiesAreThoseOfTheEnvironment(URI url, String expected) {
    ProxySelector proxies =
        EnvironmentProxies.of(
            Map.of(
                "https_proxy", "http://secure:8080/",
                "HTTPS_PROXY", "http://other:1",
                "ALL_PROXY", "plain",
                "NO_PROXY", "localhost, .Example.org, b.net:444, d.net:443, *.c.com"));
    assertThat(proxies.select(url))
        .singleElement()
        .satisfies(proxy -> {
          if (expected.isEmpty()) {
            assertThat(proxy).isEqualTo(Proxy.NO_PROXY);
          } else {
            InetSocketAddress address = (InetSocketAddress) proxy.address();
            assertThat(address.getHostString() + ":" + address.getPort()).isEqualTo(expected);
          }
        });
  }

  @Test
  void noProxyMayBeForAll() {
    ProxySelector proxies =
        EnvironmentProxies.of(Map.of("HTTPS_PROXY", "http://p:1", "NO_PROXY", "*"));
    assertThat(proxies.select(URI.create("https://a.org"))).containsExactly(Proxy.NO_PROXY);
    assertThat(EnvironmentProxies.of(Map.of())).isSameAs(ProxySelector.getDefault());
  }

  @ParameterizedTest
  @ValueSource(strings = {"socks5://me:secret@p:1", "http://me:secret@", "http://me:secret@a b:1"})
  void refusesOtherProxiesWithoutShowingTheirPassword(String address) {
    assertThatThrownBy(() -> EnvironmentProxies.of(Map.of("HTTPS_PROXY", address)))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContainingAll("HTTPS_PROXY", "expected")
        .hasMessageNotContaining("secret");
  }
}
