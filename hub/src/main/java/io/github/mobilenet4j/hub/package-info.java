/**
 * Models by name: {@link io.github.mobilenet4j.hub.Hub} downloads them once, checks them, and keeps
 * them in a cache.
 */
@NullMarked
package io.github.mobilenet4j.hub;

import org.jspecify.annotations.NullMarked;
