#include "levels.hpp"

#include <atomic>
#include <stdexcept>

#include "processor.hpp"

namespace gaussmix {

#if defined(GAUSSMIX_X86_LEVELS)
namespace level_v2 {
const Level& table();
}
namespace level_v3 {
const Level& table();
}
namespace level_v4 {
const Level& table();
}
#else
namespace level_baseline {
const Level& table();
}
#endif

namespace {

std::vector<const Level*> runnable() {
  std::vector<const Level*> found;
#if defined(GAUSSMIX_X86_LEVELS)
  const int runs = x86_64_level();
  if (runs >= 2) found.push_back(&level_v2::table());
  if (runs >= 3) found.push_back(&level_v3::table());
  if (runs >= 4) found.push_back(&level_v4::table());
#else
  found.push_back(&level_baseline::table());
#endif
  return found;
}

std::atomic<const Level*> in_use{nullptr};

}  // namespace

const std::vector<const Level*>& levels() {
  static const std::vector<const Level*> found = runnable();
  return found;
}

const Level& level() {
  if (const Level* chosen = in_use.load()) return *chosen;
  if (levels().empty()) throw std::runtime_error("this processor runs none of the instruction levels that were built");
  return *levels().back();
}

bool use_level(const std::string& name) {
  for (const Level* each : levels())
    if (name == each->name) {
      in_use.store(each);
      return true;
    }
  return false;
}

}  // namespace gaussmix
