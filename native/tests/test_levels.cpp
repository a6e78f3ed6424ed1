// The levels found are those that the compiler's own library finds.
#include <string>

#include "../pass/levels.hpp"
#include "check.hpp"

using gaussmix::Level;

#if defined(GAUSSMIX_X86_LEVELS)
// Features one by one: not every supported compiler knows the names of the levels here.
#define SUPPORTS(feature) (__builtin_cpu_supports(feature) != 0)

static std::string expected() {
  __builtin_cpu_init();
  const bool v2 = SUPPORTS("sse3") && SUPPORTS("ssse3") && SUPPORTS("sse4.1") && SUPPORTS("sse4.2") && SUPPORTS("popcnt");
  const bool v3 = v2 && SUPPORTS("avx2") && SUPPORTS("fma") && SUPPORTS("bmi") && SUPPORTS("bmi2");
  const bool v4 = v3 && SUPPORTS("avx512f") && SUPPORTS("avx512bw") && SUPPORTS("avx512cd") && SUPPORTS("avx512dq") &&
                  SUPPORTS("avx512vl");
  return std::string(v2 ? "x86-64-v2 " : "") + (v3 ? "x86-64-v3 " : "") + (v4 ? "x86-64-v4 " : "");
}
#else
static std::string expected() { return "baseline "; }
#endif

int main() {
  std::string joined;
  for (const Level* level : gaussmix::levels()) joined += std::string(level->name) + " ";
  std::printf("%s\n", joined.c_str());
  CHECK(joined == expected(), "found %s, not %s", joined.c_str(), expected().c_str());
  for (const Level* level : gaussmix::levels()) {
    CHECK(gaussmix::use_level(level->name) && &gaussmix::level() == level, "%s was not put in use", level->name);
  }
  CHECK(!gaussmix::use_level("none"), "a level of no name was put in use");
  return report("levels");
}
