/**
 * Arithmetic on floats, and the threads that share it, without any knowledge of networks.
 *
 * <p>Three implementations of {@link io.github.mobilenet4j.kernels.Kernels} compute the bits that
 * its formulas define: plain loops, the Vector API, and machine code for x86-64 that this package
 * writes itself. {@link io.github.mobilenet4j.kernels.KernelChoice} picks one for the running
 * machine and says why. {@link io.github.mobilenet4j.kernels.Workers} runs it on several threads.
 */
@NullMarked
package io.github.mobilenet4j.kernels;

import org.jspecify.annotations.NullMarked;
