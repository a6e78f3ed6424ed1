#include "threads.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gaussmix {

// Often enough to be noticed within 100 ms together with a tile, seldom enough to cost nothing.
static constexpr std::chrono::milliseconds ask_every{25};

void Control::ask() {
  const auto now = std::chrono::steady_clock::now();
  if (!interrupt_.asked || now - last_ < ask_every) return;
  last_ = now;
  if (interrupt_.asked(interrupt_.state)) interrupt_now();
}

bool run_threads(int n_threads, Control& control, const std::function<void(int thread)>& work) {
  std::mutex mutex;
  std::condition_variable ended;
  int running = 0;
  std::exception_ptr first;
  const auto guarded = [&](int thread) {
    try {
      work(thread);
    } catch (...) {
      control.stop();
      std::lock_guard<std::mutex> lock(mutex);
      if (!first) first = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  others.reserve(size_t(std::max(n_threads - 1, 0)));
  for (int thread = 1; thread < n_threads; ++thread) {
    try {
      others.emplace_back([&, thread] {
        guarded(thread);
        std::lock_guard<std::mutex> lock(mutex);
        --running;
        ended.notify_one();
      });
    } catch (const std::system_error&) {
      break;  // no more threads to be had: those that run share the work
    }
    std::lock_guard<std::mutex> lock(mutex);
    ++running;
  }
  guarded(0);
  {
    std::unique_lock<std::mutex> lock(mutex);
    while (!ended.wait_for(lock, ask_every, [&] { return running <= 0; })) {
      lock.unlock();
      if (!control.stopped()) control.ask();
      lock.lock();
    }
  }
  for (std::thread& other : others) other.join();
  if (first) std::rethrow_exception(first);
  return !control.interrupted();
}

int worthwhile_threads(int n_threads, double operations, int64_t pieces) {
  const double worth = std::min(operations / operations_per_thread, double(pieces));
  return std::max(1, std::min(n_threads, worth < 1e6 ? int(worth) : 1000000));
}

}  // namespace gaussmix
