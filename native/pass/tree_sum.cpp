#include "tree_sum.hpp"

#include <algorithm>

namespace gaussmix {

TreeSum::Sums TreeSum::take() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!free_.empty()) {
      Sums sums = std::move(free_.back());
      free_.pop_back();
      return sums;
    }
  }
  return Sums(new double[length_]);
}

void TreeSum::add(int64_t chunk, Sums sums) {
  int level = 0;
  int64_t index = chunk;
  for (;;) {
    Sums sibling;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      const auto found = pending_.find({level, index ^ 1});
      if (found == pending_.end()) {
        pending_.emplace(Place{level, index}, std::move(sums));
        return;
      }
      sibling = std::move(found->second);
      pending_.erase(found);
    }
    if (index & 1) std::swap(sums, sibling);  // now: sums is the left one
    double* left = sums.get();
    const double* right = sibling.get();
    for (size_t i = 0; i < length_; ++i) left[i] += right[i];
    {
      std::lock_guard<std::mutex> lock(mutex_);
      free_.push_back(std::move(sibling));
    }
    ++level;
    index >>= 1;
  }
}

std::vector<TreeSum::Node> TreeSum::finish() {
  std::vector<Node> nodes;
  for (auto& each : pending_) nodes.push_back({each.first.first, each.first.second, std::move(each.second)});
  pending_.clear();
  std::sort(nodes.begin(), nodes.end(),
            [](const Node& a, const Node& b) { return (a.index << a.level) < (b.index << b.level); });
  return nodes;
}

}  // namespace gaussmix
