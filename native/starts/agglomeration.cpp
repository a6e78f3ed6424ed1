#include "agglomeration.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace gaussmix {
namespace {

constexpr ptrdiff_t width = 8;  // partners at a time; the compiler makes of it what the processor has
typedef double Lanes __attribute__((vector_size(width * sizeof(double))));

// A number of each group, side by side.
class Row {
 public:
  explicit Row(ptrdiff_t m) : lanes_(size_t((m + width - 1) / width)) {
    for (Lanes& each : lanes_) each = Lanes() + 1.0;  // what stands beyond the last group is computed with
  }
  double get(ptrdiff_t i) const { return lanes_[size_t(i / width)][i % width]; }
  void set(ptrdiff_t i, double value) { lanes_[size_t(i / width)][i % width] = value; }
  const Lanes& block(ptrdiff_t b) const { return lanes_[size_t(b)]; }

 private:
  std::vector<Lanes> lanes_;
};

// Balls of one size, as Ward (1963): a union costs its gain in scatter.
class Balls {
 public:
  explicit Balls(const Agglomeration& task) : weight(task.m), mean(size_t(task.d), Row(task.m)) {
    for (ptrdiff_t i = 0; i < task.m; ++i) {
      weight.set(i, task.weight[i]);
      for (ptrdiff_t p = 0; p < task.d; ++p) mean[size_t(p)].set(i, task.points[i * task.d + p]);
    }
  }

  // What the unions of group i with those before `count` cost.
  void costs(ptrdiff_t i, ptrdiff_t count, double* out) {
    const double own = weight.get(i);
    for (ptrdiff_t b = 0; b * width < count; ++b) {
      Lanes squares = {};
      for (const Row& each : mean) {
        const Lanes gap = each.block(b) - each.get(i);
        squares += gap * gap;
      }
      const Lanes cost = squares * (own * weight.block(b) / (own + weight.block(b)));
      for (ptrdiff_t j = b * width; j < count && j < (b + 1) * width; ++j) out[j] = cost[j % width];
    }
  }

  void unite(ptrdiff_t p, ptrdiff_t q, double) {
    const double sum = weight.get(p) + weight.get(q), part = weight.get(q) / sum;
    for (Row& each : mean) each.set(p, each.get(p) + part * (each.get(q) - each.get(p)));
    weight.set(p, sum);
  }

  void move(ptrdiff_t from, ptrdiff_t to) {
    for (Row& each : mean) each.set(to, each.get(from));
    weight.set(to, weight.get(from));
  }

  Row weight;
  std::vector<Row> mean;
};

// Ellipsoids of any kind, whose covariance has an inverse Wishart prior of one variance v and weight r: with the most
// likely covariance (W + r v I) / (n + r) put in, a group costs (n + r) log| that | (Fraley & Raftery 2007,
// section 2.1, in the classification likelihood). Without it a group of no more rows than features costs -infinity.
class Ellipsoids {
 public:
  // Of points that are in groups: group[i] is that of point i.
  Ellipsoids(const Agglomeration& task, const std::vector<ptrdiff_t>& group, Balls balls)
      : d_(task.d),
        prior_(task.prior_weight),
        diagonal_(task.prior_weight * task.prior_variance),
        balls_(std::move(balls)),
        cost_(task.n_groups),
        scatter_(size_t(d_ * (d_ + 1) / 2), Row(task.n_groups)),
        triangle_(scatter_.size()),
        line_(size_t(d_)) {
    std::vector<double> sum(size_t(task.n_groups) * scatter_.size()), z(static_cast<size_t>(d_));
    for (ptrdiff_t i = 0; i < task.m; ++i) {
      const ptrdiff_t g = group[size_t(i)];
      for (ptrdiff_t p = 0; p < d_; ++p) z[size_t(p)] = task.points[i * d_ + p] - balls_.mean[size_t(p)].get(g);
      double* out = sum.data() + size_t(g) * scatter_.size();
      for (ptrdiff_t p = 0; p < d_; ++p)
        for (ptrdiff_t q = 0; q <= p; ++q) *out++ += task.weight[i] * z[size_t(p)] * z[size_t(q)];
    }
    for (ptrdiff_t g = 0; g < task.n_groups; ++g) {
      for (size_t e = 0; e < scatter_.size(); ++e) scatter_[e].set(g, sum[size_t(g) * scatter_.size() + e]);
    }
    Lanes own;
    for (ptrdiff_t g = 0; g < task.n_groups; ++g) {  // a union with nothing
      for (ptrdiff_t p = 0; p < d_; ++p) line_[size_t(p)] = Lanes();
      fill(nullptr, Lanes(), g / width);
      own = value(balls_.weight.block(g / width));
      cost_.set(g, own[g % width]);
    }
  }

  void costs(ptrdiff_t i, ptrdiff_t count, double* out) {
    const double weight = balls_.weight.get(i), cost = cost_.get(i);
    for (const Row& each : scatter_) own_.push_back(each.get(i));
    for (ptrdiff_t b = 0; b * width < count; ++b) {
      const Lanes both = weight + balls_.weight.block(b);
      for (ptrdiff_t p = 0; p < d_; ++p) {
        const Row& mean = balls_.mean[size_t(p)];
        line_[size_t(p)] = mean.block(b) - mean.get(i);
      }
      fill(own_.data(), weight * balls_.weight.block(b) / both, b);
      const Lanes rise = value(both) - cost_.block(b) - cost;
      for (ptrdiff_t j = b * width; j < count && j < (b + 1) * width; ++j) out[j] = rise[j % width];
    }
    own_.clear();
  }

  void unite(ptrdiff_t p, ptrdiff_t q, double cost) {
    const double one = balls_.weight.get(p), other = balls_.weight.get(q), part = one * other / (one + other);
    size_t e = 0;
    for (ptrdiff_t r = 0; r < d_; ++r)
      for (ptrdiff_t s = 0; s <= r; ++s, ++e) {
        const Row &mean = balls_.mean[size_t(r)], &across = balls_.mean[size_t(s)];
        const double gain = part * (mean.get(q) - mean.get(p)) * (across.get(q) - across.get(p));
        scatter_[e].set(p, scatter_[e].get(p) + scatter_[e].get(q) + gain);
      }
    cost_.set(p, cost_.get(p) + cost_.get(q) + cost);
    balls_.unite(p, q, cost);
  }

  void move(ptrdiff_t from, ptrdiff_t to) {
    for (Row& each : scatter_) each.set(to, each.get(from));
    cost_.set(to, cost_.get(from));
    balls_.move(from, to);
  }

 private:
  // Scatter of the unions with a block of groups, from the gaps between means in line_.
  void fill(const double* own, Lanes part, ptrdiff_t b) {
    size_t e = 0;
    for (size_t p = 0; p < line_.size(); ++p) {
      const Lanes gap = part * line_[p];
      for (size_t q = 0; q <= p; ++q, ++e) {
        triangle_[e] = scatter_[e].block(b) + gap * line_[q];
        if (own) triangle_[e] += own[e];
      }
      triangle_[e - 1] += diagonal_;
    }
  }

  // What groups of these weights and this scatter cost, by the pivots of L D L^T.
  Lanes value(Lanes weight) {
    Lanes logs = {}, product = Lanes() + 1.0;
    Lanes* row = triangle_.data();
    for (ptrdiff_t p = 0; p < d_; row += ++p) {
      const Lanes* above = triangle_.data();
      for (ptrdiff_t q = 0; q < p; above += ++q) {
        Lanes sum = row[q];
        for (ptrdiff_t r = 0; r < q; ++r) sum -= row[r] * above[r];
        row[q] = sum;
      }
      Lanes pivot = row[p];
      for (ptrdiff_t q = 0; q < p; ++q) {
        const Lanes lower = row[q] * line_[size_t(q)];
        pivot -= row[q] * lower;
        row[q] = lower;
      }
      line_[size_t(p)] = 1.0 / pivot;
      product *= pivot;
      if (p % 8 == 7 || p + 1 == d_) {  // eight of them, sums of squares of weights to one, stay within the range of floats
        for (ptrdiff_t j = 0; j < width; ++j) logs[j] += std::log(product[j]);
        product = Lanes() + 1.0;
      }
    }
    Lanes cost;
    for (ptrdiff_t j = 0; j < width; ++j)
      cost[j] = (weight[j] + prior_) * (logs[j] - double(d_) * std::log(weight[j] + prior_));
    return cost;
  }

  ptrdiff_t d_;
  double prior_, diagonal_;
  Balls balls_;
  Row cost_;
  std::vector<Row> scatter_;
  std::vector<Lanes> triangle_, line_;
  std::vector<double> own_;
};

// Costs of all pairs and the best partner of each group among those before it. A group that is gone leaves its place
// to the last one, so that those that are left lie side by side.
template <class Groups>
class Pairs {
 public:
  Pairs(Groups& groups, std::vector<ptrdiff_t> leader)
      : groups_(groups), leader_(std::move(leader)), cost_(leader_.size()), best_(leader_.size()), fresh_(leader_.size()) {
    for (ptrdiff_t i = 1; i < count(); ++i) {
      cost_[size_t(i)].resize(size_t(i));
      groups_.costs(i, i, cost_[size_t(i)].data());
      find(i);
    }
  }

  ptrdiff_t count() const { return ptrdiff_t(leader_.size()); }
  const std::vector<ptrdiff_t>& leader() const { return leader_; }  // a point of each group, the first that led one

  // Unites the two groups for which this costs least.
  void unite(int64_t* merge) {
    ptrdiff_t q = 1;
    for (ptrdiff_t i = 2; i < count(); ++i)
      if (least(i) < least(q)) q = i;
    const ptrdiff_t p = best_[size_t(q)], last = count() - 1;
    merge[0] = leader_[size_t(p)];
    merge[1] = leader_[size_t(q)];
    groups_.unite(p, q, least(q));
    if (q != last) move(last, q);
    leader_.pop_back();
    cost_.pop_back();
    groups_.costs(p, count(), fresh_.data());
    for (ptrdiff_t j = 0; j < p; ++j) at(p, j) = fresh_[size_t(j)];
    if (p) find(p);
    for (ptrdiff_t i = p + 1; i < count(); ++i) {
      at(i, p) = fresh_[size_t(i)];
      const ptrdiff_t partner = best_[size_t(i)];
      if (i == q || partner == p || partner == q) find(i);
      else {
        if (at(i, p) < least(i)) best_[size_t(i)] = p;
        if (i > q && at(i, q) < least(i)) best_[size_t(i)] = q;
      }
    }
  }

 private:
  double& at(ptrdiff_t i, ptrdiff_t j) { return cost_[size_t(i)][size_t(j)]; }
  double least(ptrdiff_t i) { return at(i, best_[size_t(i)]); }

  void find(ptrdiff_t i) {
    ptrdiff_t best = 0;
    for (ptrdiff_t j = 1; j < i; ++j)
      if (at(i, j) < at(i, best)) best = j;
    best_[size_t(i)] = best;
  }

  void move(ptrdiff_t from, ptrdiff_t to) {
    groups_.move(from, to);
    leader_[size_t(to)] = leader_[size_t(from)];
    for (ptrdiff_t j = 0; j < to; ++j) at(to, j) = at(from, j);
    for (ptrdiff_t i = to + 1; i < from; ++i) at(i, to) = at(from, i);
  }

  Groups& groups_;
  std::vector<ptrdiff_t> leader_;
  std::vector<std::vector<double>> cost_;
  std::vector<ptrdiff_t> best_;
  std::vector<double> fresh_;
};

}  // namespace

void agglomerate(const Agglomeration& task) {
  std::vector<ptrdiff_t> leader(size_t(task.m)), group(size_t(task.m));
  for (ptrdiff_t i = 0; i < task.m; ++i) leader[size_t(i)] = i;
  Balls balls(task);
  int64_t* merge = task.merges;
  {
    Pairs<Balls> pairs(balls, std::move(leader));
    for (; pairs.count() > (task.n_groups < 1 ? 1 : task.n_groups); merge += 2) pairs.unite(merge);
    leader = pairs.leader();
  }
  Agglomeration rest = task;
  rest.n_groups = ptrdiff_t(leader.size());
  if (rest.n_groups == 1) return;
  // A point's group is that of whom it joined; who joined later leads to where those before went.
  for (ptrdiff_t g = 0; g < rest.n_groups; ++g) group[size_t(leader[size_t(g)])] = g;
  for (const int64_t* each = merge; each != task.merges;) {
    each -= 2;
    group[size_t(each[1])] = group[size_t(each[0])];
  }
  Ellipsoids ellipsoids(rest, group, std::move(balls));
  Pairs<Ellipsoids> pairs(ellipsoids, std::move(leader));
  for (; pairs.count() > 1; merge += 2) pairs.unite(merge);
}

}  // namespace gaussmix
