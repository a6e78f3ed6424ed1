// What this processor runs, of the levels of the x86-64 psABI.
#pragma once

namespace gaussmix {

// 4, 3 or 2, each of which includes those below it; 1 for x86-64 and no more.
int x86_64_level();

}  // namespace gaussmix
