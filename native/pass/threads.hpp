// Plain threads for one pass: the calling thread works too, and asks from time to time whether to stop.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

namespace gaussmix {

// Asked by the calling thread only; true means: stop. The caller knows why.
struct Interrupt {
  bool (*asked)(void* state) = nullptr;
  void* state = nullptr;
};

class Control {
 public:
  explicit Control(Interrupt interrupt) : interrupt_(interrupt) {}

  // Called by every thread before each tile; false means: leave.
  bool go_on(bool calling_thread) {
    if (stopped()) return false;
    if (calling_thread) ask();
    return !stopped();
  }
  void stop() { stopped_.store(true, std::memory_order_relaxed); }
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  void interrupt_now() {
    interrupted_ = true;
    stop();
  }
  bool interrupted() const { return interrupted_; }
  void ask();

 private:
  Interrupt interrupt_;
  std::atomic<bool> stopped_{false};
  bool interrupted_ = false;  // touched by the calling thread only
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// Runs work(thread) for thread = 0 ... n_threads - 1, number 0 in the calling thread. The first exception of any
// of them stops the others and is thrown again here. Returns false if the pass was interrupted.
bool run_threads(int n_threads, Control& control, const std::function<void(int thread)>& work);

// Threads worth starting. A thread takes some 30 microseconds to start and to end, in which a core does of the
// order of a million operations: with less than this many for each further thread it is not worth it.
constexpr double operations_per_thread = 4e6;
int worthwhile_threads(int n_threads, double operations, int64_t pieces);

}  // namespace gaussmix
