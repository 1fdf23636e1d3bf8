package io.github.mobilenet4j.cli;

import picocli.CommandLine.IVersionProvider;

/** This build and the JVM that runs it. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "mobilenet4j " + (version == null ? "(development)" : version),
      "Java ${java.version} (${java.vendor}), ${os.name} ${os.arch}"
    };
  }
}
