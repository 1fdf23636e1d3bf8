/*
 * Runs the tiles of AMX on a processor without them, slowly: to test the machine code that uses
 * them. Every instruction raises SIGILL, is decoded and done here, with all that the manual says
 * is an error (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2).
 *
 *   gcc -O2 -shared -fPIC -o emulate-amx.so emulate-amx.c -ldl -lm
 *   sed '/^flags/s/$/ amx_tile amx_int8 amx_bf16/' /proc/cpuinfo > cpuinfo
 *   EMULATE_AMX_CPUINFO=$PWD/cpuinfo LD_PRELOAD=$PWD/emulate-amx.so java ...
 *
 * The processor needs AVX-512 with VNNI and BF16, and Linux on x86-64.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { TILES = 8, ROWS = 16, ROW_BYTES = 64 };
enum { SYS_ARCH_PRCTL = 158, ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

static __thread struct {
  uint8_t shapes[64];
  int configured;
  uint8_t tile[TILES][ROWS][ROW_BYTES];
} state;

/* What the JVM does with SIGILL. */
static struct sigaction others;

static unsigned long emulated;

static void fail(const char *what) {
  dprintf(2, "AMX: %s\n", what);
  _exit(99);
}

static int rows(int tile) {
  int n = state.shapes[48 + tile];
  if (!state.configured || n == 0 || n > ROWS) fail("a tile without rows");
  return n;
}

static int rowBytes(int tile) {
  int n = state.shapes[16 + 2 * tile] | state.shapes[17 + 2 * tile] << 8;
  if (n == 0 || n > ROW_BYTES) fail("a tile without columns");
  return n;
}

static void loadShapes(const uint8_t *from) {
  memcpy(state.shapes, from, sizeof state.shapes);
  memset(state.tile, 0, sizeof state.tile);
  state.configured = state.shapes[0] == 1;
  if (state.shapes[0] > 1 || state.shapes[1]) fail("palette");
  for (int i = 2; i < 64; i++) {
    if ((i < 16 || (i >= 32 && i < 48) || i >= 56) && state.shapes[i]) fail("reserved bytes");
  }
  for (int i = 0; i < TILES; i++) {
    int n = state.shapes[16 + 2 * i] | state.shapes[17 + 2 * i] << 8;
    if (!n != !state.shapes[48 + i] || n > ROW_BYTES || state.shapes[48 + i] > ROWS) fail("shape");
  }
}

/* Denormal numbers are zeros, in and out. */
static float flushed(float x) { return fpclassify(x) == FP_SUBNORMAL ? copysignf(0, x) : x; }

static float bfloat16(const uint8_t *at) {
  uint32_t bits = (uint32_t)(at[0] | at[1] << 8) << 16;
  float value;
  memcpy(&value, &bits, 4);
  return flushed(value);
}

static void dotBytes(uint8_t *sum, int a, int row, int b, int column) {
  int32_t s;
  memcpy(&s, sum, 4);
  for (int k = 0; k < 4 * rows(b); k++) {
    s += state.tile[a][row][k] * (int8_t)state.tile[b][k / 4][4 * column + k % 4];
  }
  memcpy(sum, &s, 4);
}

static void dotBfloat16(uint8_t *sum, int a, int row, int b, int column) {
  float s, first = 0, second = 0;
  memcpy(&s, sum, 4);
  for (int k = 0; k < rows(b); k++) {
    const uint8_t *x = &state.tile[a][row][4 * k], *y = &state.tile[b][k][4 * column];
    first = flushed(fmaf(bfloat16(x), bfloat16(y), first));
    second = flushed(fmaf(bfloat16(x + 2), bfloat16(y + 2), second));
  }
  s = flushed(s + flushed(first + second));
  memcpy(sum, &s, 4);
}

static void dot(int opcode, int to, int a, int b) {
  if (to == a || to == b || a == b) fail("the same tile twice");
  if (rows(to) != rows(a) || rowBytes(a) != 4 * rows(b) || rowBytes(to) != rowBytes(b)) {
    fail("shapes that do not fit");
  }
  for (int row = 0; row < rows(to); row++) {
    for (int column = 0; column < rowBytes(to) / 4; column++) {
      uint8_t *sum = &state.tile[to][row][4 * column];
      (opcode == 0x5E ? dotBytes : dotBfloat16)(sum, a, row, b, column);
    }
  }
}

static const int REGISTERS[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                REG_R12, REG_R13, REG_R14, REG_R15};

/* Does the instruction that was refused; returns 0 if it is none of AMX's. */
static int emulate(ucontext_t *context) {
  greg_t *registers = context->uc_mcontext.gregs;
  const uint8_t *code = (const uint8_t *)registers[REG_RIP];
  int x = !(code[1] & 0x40), b = !(code[1] & 0x20);
  int second = ~code[2] >> 3 & 15, prefix = code[2] & 3, opcode = code[3];
  /* VEX of three bytes, map 0F38, 128 bits, W0 */
  if (code[0] != 0xC4 || (code[1] & 31) != 2 || code[2] & 0x84) return 0;
  int mode = code[4] >> 6, reg = code[4] >> 3 & 7, rm = code[4] & 7, length = 5;
  uint8_t *address = 0;
  int64_t stride = 0;
  if (mode != 3) {
    if (second || (rm == 5 && mode == 0)) fail("operands");
    if (rm == 4) {
      int index = (code[5] >> 3 & 7) | x << 3;
      address = (uint8_t *)registers[REGISTERS[(code[5] & 7) | b << 3]];
      if (index != 4) stride = registers[REGISTERS[index]] << (code[5] >> 6);
      length = 6;
    } else {
      address = (uint8_t *)registers[REGISTERS[rm | b << 3]];
    }
    if (mode == 1) address += (int8_t)code[length++];
    if (mode == 2) {
      int32_t displacement;
      memcpy(&displacement, code + length, 4);
      address += displacement;
      length += 4;
    }
  }
  switch (opcode << 4 | prefix) {
    case 0x490: /* ldtilecfg, tilerelease */
      if (mode == 3) {
        memset(&state, 0, sizeof state);
      } else {
        loadShapes(address);
      }
      break;
    case 0x4B3: /* tileloadd */
      if (rm != 4) fail("no SIB");
      memset(state.tile[reg], 0, sizeof state.tile[reg]);
      for (int i = 0; i < rows(reg); i++) {
        memcpy(state.tile[reg][i], address + i * stride, rowBytes(reg));
      }
      break;
    case 0x4B2: /* tilestored */
      if (rm != 4) fail("no SIB");
      for (int i = 0; i < rows(reg); i++) {
        memcpy(address + i * stride, state.tile[reg][i], rowBytes(reg));
      }
      break;
    case 0x5E1: /* tdpbusd */
    case 0x5C2: /* tdpbf16ps */
      if (mode != 3) fail("operands");
      dot(opcode, reg, rm, second);
      break;
    default:
      return 0;
  }
  registers[REG_RIP] += length;
  emulated++;
  return 1;
}

static void handle(int signal, siginfo_t *information, void *context) {
  int before = errno;
  if (!emulate(context)) {
    if (!others.sa_sigaction) fail("an illegal instruction");
    others.sa_sigaction(signal, information, context);
  }
  errno = before;
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

typedef int Sigaction(int, const struct sigaction *, struct sigaction *);

int sigaction(int signal, const struct sigaction *action, struct sigaction *old) {
  if (signal != SIGILL || !action) return ((Sigaction *)next("sigaction"))(signal, action, old);
  if (old) memset(old, 0, sizeof *old);
  others = *action;
  return 0;
}

/* The system call that asks for tiles succeeds, all others are passed on. */
static long systemCall(long number, long a, long b, long c, long d, long e, long f) {
  if (number == SYS_ARCH_PRCTL && a == ARCH_REQ_XCOMP_PERM && b == XFEATURE_XTILEDATA) return 0;
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  if (result > -4096 && result < 0) {
    errno = -result;
    return -1;
  }
  return result;
}

static const char *redirected(const char *path) {
  const char *other = getenv("EMULATE_AMX_CPUINFO");
  return other && strcmp(path, "/proc/cpuinfo") == 0 ? other : path;
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int mode = va_arg(more, int);
  va_end(more);
  return ((int (*)(const char *, int, ...))next("open"))(redirected(path), flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int mode = va_arg(more, int);
  va_end(more);
  return ((int (*)(const char *, int, ...))next("open64"))(redirected(path), flags, mode);
}

__attribute__((constructor)) static void install(void) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER};
  ((Sigaction *)next("sigaction"))(SIGILL, &action, 0);
  /* Who looks syscall up in the C library itself finds a jump to ours. */
  uint8_t *function = next("syscall");
  uint8_t *page = (uint8_t *)((uintptr_t)function & ~4095UL);
  uint8_t jump[] = {0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xE0}; /* mov rax, ..; jmp rax */
  void *target = systemCall;
  memcpy(jump + 2, &target, 8);
  mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
  memcpy(function, jump, sizeof jump);
  mprotect(page, 8192, PROT_READ | PROT_EXEC);
}

__attribute__((destructor)) static void tell(void) {
  if (emulated) dprintf(2, "AMX instructions emulated: %lu\n", emulated);
}
