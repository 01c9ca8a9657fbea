#pragma once

// One measured thing, and the statistics by which it is made of samples.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace interlock::host {

struct Figure {
    std::string name{};  ///< "context_switch"
    double value = 0;
    std::string unit{};  ///< ns, B/s, ratio, count, 1/s
    std::size_t samples = 0;
    double spread = 0;  ///< half the range of the middle half, or a mean's error, as a share of it
    std::string how{};  ///< one sentence
    bool sound = true;  ///< quiet enough to rely on
};

/// The median of the samples; sound if their spread is at most a quarter.
Figure figure(std::string name, std::string unit, std::vector<double> samples, std::string how);

/// Of what varies widely by nature: the mean without the least and the greatest twentieth, not
/// below 0. Its spread is its standard error, as a share of it.
Figure mean_figure(std::string name, std::string unit, std::vector<double> samples,
                   std::string how);

/// One that follows from others: not below 0.
Figure derived(std::string name, std::string unit, double value, const Figure& from,
               std::string how);

/// Difference between the 75 % and the 25 % of the samples; 0 for fewer than 4.
double interquartile_range(std::vector<double> samples);

/// y = first + second * x, by least squares. At least two points of different x.
std::pair<double, double> linear_fit(const std::vector<std::pair<double, double>>& points);

/// The kernel's ticks a second, of 100, 250, 300 and 1000, under which runs of
/// this length (seconds) come out for a slice of `slice` seconds noticed at ticks.
unsigned ticks_for_run(double run, double slice);

/// Where a rising curve of (x, y) passes half way from its least to its
/// greatest y, linearly between its points, which are sorted by x.
double half_way(const std::vector<std::pair<double, double>>& curve);

}  // namespace interlock::host
