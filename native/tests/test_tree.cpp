// The same bits for any number of threads and any cutting into calls; interrupts.
#include <algorithm>
#include <map>

#include "check.hpp"
#include "naive.hpp"

using namespace gaussmix;

typedef std::map<std::pair<int, int64_t>, std::vector<double>> Nodes;

static void collect(Nodes& nodes, const std::vector<TreeSum::Node>& found, size_t length) {
  for (const TreeSum::Node& node : found) {
    std::pair<int, int64_t> place(node.level, node.index);
    std::vector<double> sums(node.sums.get(), node.sums.get() + length);
    for (Nodes::iterator other; (other = nodes.find({place.first, place.second ^ 1})) != nodes.end();) {
      std::vector<double>&left = place.second & 1 ? other->second : sums, &right = place.second & 1 ? sums : other->second;
      for (size_t i = 0; i < length; ++i) left[i] += right[i];
      if (place.second & 1) sums = left;
      nodes.erase(other);
      place = {place.first + 1, place.second >> 1};
    }
    nodes[place] = sums;
  }
}

// Rows [first_chunk, end_chunk) of the problem as a call of their own.
static std::vector<TreeSum::Node> part(const Level& level, const Problem& p, int64_t length, int64_t first, int64_t end,
                                       int n_threads) {
  ExpectTask task = p.task(form_full, mode_soft, form_full, length, n_threads);
  task.rows.x = p.x.data() + first * length * p.d;
  task.rows.weight = p.weight.data() + first * length;
  task.rows.n = ptrdiff_t(std::min<int64_t>(end * length, p.n) - first * length);
  task.first_chunk = first;
  bool interrupted = false;
  return expect(level, task, {}, interrupted);
}

static void test_bits(const Level& level) {
  const Problem p(20000, 3, 5, 1);
  const int64_t length = 128, chunks = (p.n + length - 1) / length;
  const size_t size = packed_length(level, p.task(form_full, mode_soft, form_full));
  Nodes wanted;
  collect(wanted, part(level, p, length, 0, chunks, 1), size);
  CHECK(wanted.size() == size_t(__builtin_popcountll(uint64_t(chunks))), "%zu nodes", wanted.size());
  for (int n_threads : {1, 2, 3, 7})
    for (int64_t cut : {int64_t(1), int64_t(5), int64_t(64), chunks}) {
      Nodes found;
      for (int64_t first = 0; first < chunks; first += cut)
        collect(found, part(level, p, length, first, std::min(first + cut, chunks), n_threads), size);
      CHECK(found == wanted, "%s: %d threads, cut at %d chunks", level.name, n_threads, int(cut));
    }
  std::vector<TreeSum::Node> nodes = part(level, p, length, 3, 12, 2);  // 3 | 4-7 | 8-11
  CHECK(nodes.size() == 3 && nodes[0].level == 0 && nodes[1].level == 2 && nodes[1].index == 1 && nodes[2].index == 2,
        "%zu nodes", nodes.size());
}

static void test_interrupt(const Level& level) {
  const Problem p(200000, 8, 16, 1);
  int asked = 0;
  bool interrupted = false;
  const auto at_once = [](void* state) { return ++*static_cast<int*>(state) == 1; };
  ExpectTask task = p.task(form_full, mode_soft, form_full, 1024, 2);
  while (!asked && task.rows.n < 1 << 30) {  // the pass must last long enough to be asked
    expect(level, task, {at_once, &asked}, interrupted);
    if (!asked) break;
  }
  CHECK(!asked || interrupted, "asked %d times", asked);
}

static void test_exception() {
  Control control({});
  bool caught = false;
  try {
    run_threads(3, control, [](int thread) {
      if (thread == 2) throw std::bad_alloc();
    });
  } catch (const std::bad_alloc&) {
    caught = true;
  }
  CHECK(caught, "an exception of a thread was lost");
}

int main() {
  for (const Level* level : levels()) test_bits(*level);
  test_interrupt(level());
  test_exception();
  return report("tree");
}
