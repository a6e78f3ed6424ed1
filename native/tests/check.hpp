// What a test needs: a check that says where it failed, and a count of failures for the exit status.
#pragma once

#include <cstdio>

static int failures = 0;

#define CHECK(condition, ...)                                       \
  do {                                                              \
    if (!(condition) && ++failures <= 20) {                         \
      std::printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);   \
      std::printf(__VA_ARGS__);                                     \
      std::printf("\n");                                            \
    }                                                               \
  } while (0)

static int report(const char* name) {
  std::printf("%s: %d failures\n", name, failures);
  return failures ? 1 : 0;
}
