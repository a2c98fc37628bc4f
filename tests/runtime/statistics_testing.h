// How likely a chi-square statistic is.
#pragma once

#include <cmath>
#include <vector>

namespace headrace::testing {

/// Probability that a chi-square variable with `dof` degrees of freedom is at least `chi`: the regularised
/// incomplete gamma function Q(dof / 2, chi / 2), by its series or its continued fraction.
inline double chi_square_p(double chi, double dof) {
  const double a = dof / 2, x = chi / 2;
  if (x <= 0) return 1;
  const double scale = std::exp(-x + a * std::log(x) - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; term > sum * 1e-15; ++n) sum += term *= x / n;
    return 1 - sum * scale;
  }
  // Lentz's evaluation.
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / b, h = d;
  for (int i = 1; i < 100'000; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    c = b + an / c;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    if (std::abs(c) < kTiny) c = kTiny;
    const double step = d * c;
    h *= step;
    if (std::abs(step - 1) < 1e-14) break;
  }
  return scale * h;
}

/// The statistic of counts against what was expected of each.
inline double chi_square(const std::vector<double>& counts, const std::vector<double>& expected) {
  double chi = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    chi += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
  }
  return chi;
}

}  // namespace headrace::testing
