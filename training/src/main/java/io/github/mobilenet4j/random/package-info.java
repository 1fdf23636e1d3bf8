/** What chance is made of, where the same seed must give the same bits. Not exported. */
package io.github.mobilenet4j.random;
