// Sums of chunks, met in a binary tree over the global number of the chunk.
//
// Node (level, index) covers chunks [index * 2^level, (index + 1) * 2^level). Which sums are added to which, and
// in which order, follows from the numbers alone: the bits do not depend on threads or on how rows were cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace gaussmix {

class TreeSum {
 public:
  typedef std::unique_ptr<double[]> Sums;
  struct Node {
    int level;
    int64_t index;
    Sums sums;
  };

  explicit TreeSum(size_t length) : length_(length) {}

  // A buffer of `length` doubles, its contents not set.
  Sums take();

  // Adds the sums of a chunk; siblings that are both here are merged, left + right, outside the lock.
  // At most O(threads * log chunks) buffers are alive.
  void add(int64_t chunk, Sums sums);

  // The nodes left, by their first chunk.
  std::vector<Node> finish();

  size_t length() const { return length_; }

 private:
  typedef std::pair<int, int64_t> Place;  // level, index

  size_t length_;
  std::mutex mutex_;
  std::map<Place, Sums> pending_;
  std::vector<Sums> free_;
};

}  // namespace gaussmix
