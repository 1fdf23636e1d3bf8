/** Protobuf messages by field number, without generated classes. */
package io.github.mobilenet4j.formats.protobuf;
