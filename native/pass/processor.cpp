#include "processor.hpp"

#if defined(__x86_64__)
#include <cpuid.h>

// Asked of the processor itself: what __builtin_cpu_supports knows lies in a library of the compiler's, which programs
// for Windows are not linked with. Bits are numbered as in Intel's manual (volume 2A, CPUID), levels are made of features
// as in the psABI (table 3.1): -march=x86-64-v3 lets a compiler use each of them.

namespace gaussmix {

namespace {

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

// All zero where there is no such leaf.
Registers leaf(unsigned number) {
  Registers found;
  __get_cpuid_count(number, 0, &found.a, &found.b, &found.c, &found.d);
  return found;
}

template <class... Bits>
bool has(unsigned word, Bits... bits) {
  return ((word >> bits & 1) && ...);
}

// Which registers the operating system keeps when threads take turns (XCR0); none where it cannot say.
unsigned kept_registers(const Registers& basic) {
  if (!has(basic.c, 27)) return 0;  // OSXSAVE
  unsigned low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

int x86_64_level() {
  const Registers basic = leaf(1), structured = leaf(7), extended = leaf(0x80000001);
  const unsigned kept = kept_registers(basic);
  const bool keeps_256 = has(kept, 1, 2);
#if defined(__APPLE__)
  const bool keeps_512 = false;  // macOS before 12.2 loses mask registers where a signal comes
#else
  const bool keeps_512 = has(kept, 1, 2, 5, 6, 7);
#endif
  // SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF
  if (!has(basic.c, 0, 9, 13, 19, 20, 23) || !has(extended.c, 0)) return 1;
  // FMA, MOVBE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT
  if (!keeps_256 || !has(basic.c, 12, 22, 28, 29) || !has(structured.b, 3, 5, 8) || !has(extended.c, 5)) return 2;
  // AVX512F, DQ, CD, BW, VL
  if (!keeps_512 || !has(structured.b, 16, 17, 28, 30, 31)) return 3;
  return 4;
}

}  // namespace gaussmix

#endif
